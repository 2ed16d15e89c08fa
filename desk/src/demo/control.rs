//! The positive control: the same scenario with devices that neither encrypt nor compress nor pad, in a build that exists
//! for tests only. It promises that a search which finds nothing in the real run would have found everything.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::checks::{self, Searched};
use super::folder::RunFolder;
use super::run::Run;
use super::scenario::Scenario;
use super::story::Story;
use crate::DeskError;

const PROGRAM: &str = "vigil-positive-control";

/// Builds the test-only program from the source tree that this program was built from.
pub(crate) async fn build() -> Result<PathBuf, DeskError> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    if !manifest.exists() {
        return Err(DeskError::DoesNotHold(
            "the positive control needs Vigil's source tree, which is not where this program was built".to_owned(),
        ));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--message-format=json", "--bin", PROGRAM, "--features", "positive-control"])
        .arg("--manifest-path")
        .arg(&manifest)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| DeskError::file("cargo, which builds the positive control", error))?;
    let built = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message.pointer("/target/name").and_then(|name| name.as_str()) == Some(PROGRAM))
        .filter_map(|message| message.get("executable").and_then(|path| path.as_str()).map(PathBuf::from))
        .next_back();
    match built {
        Some(program) if output.status.success() => Ok(program),
        _ => {
            let errors = String::from_utf8_lossy(&output.stderr);
            let first: String =
                errors.lines().filter(|line| line.contains("error")).take(3).collect::<Vec<_>>().join("; ");
            Err(DeskError::DoesNotHold(format!("the positive control could not be built: {first}")))
        }
    }
}

/// What the search of the positive control found.
#[derive(Debug)]
pub(crate) struct Control {
    /// How many strings stand in records.
    pub(crate) seeded: usize,
    /// How many of them were found on the server, on the wire and on disk.
    pub(crate) found: usize,
    /// Where how many were found.
    pub(crate) searched: Searched,
    /// What did not hold.
    pub(crate) failures: Vec<String>,
}

/// Plays the scenario with the test-only program and searches its files.
pub(crate) async fn run(
    scenario: &Scenario,
    server_program: &Path,
    program: &Path,
    to_generate: u64,
) -> Result<Control, DeskError> {
    let folder = RunFolder::temporary()?;
    let mut run = Run::start(scenario, Story::muted(), &folder, (server_program, program), to_generate).await?;
    run.play().await?;
    run.end().await?;
    let seeded = run.seeds.kept().count();
    let searched = checks::search(&folder, &run.seeds)?;
    let found = searched.in_all_places(seeded);
    Ok(Control { seeded, found, searched, failures: std::mem::take(&mut run.failures) })
}
