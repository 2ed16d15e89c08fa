//! One program for all breaks of a part: written, compiled, and compiled again without those that do not compile.
//! What it gives promises to hold every break that is not named as unviable.

use super::{Mutant, Part, process, switched, tree};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Programs with their names, and the numbers of the breaks that do not compile.
pub(super) struct Built {
    pub(super) programs: BTreeMap<String, PathBuf>,
    pub(super) unviable: BTreeSet<u32>,
}

/// Compiles a part with all of its breaks.
pub(super) fn build(part: &Part, mutants: &[Mutant]) -> Result<Built, String> {
    let mut unviable = BTreeSet::new();
    loop {
        let lines = write(mutants, &unviable)?;
        match compile(part)? {
            Compiled::Programs(programs) => return Ok(Built { programs, unviable }),
            Compiled::Errors(errors) => {
                let bad: BTreeSet<u32> = errors
                    .iter()
                    .flat_map(|(file, line)| {
                        lines.iter().filter(move |(of, _, lines)| of == file && lines.contains(line))
                    })
                    .map(|(_, number, _)| *number)
                    .collect();
                if bad.is_empty() {
                    return Err(format!("the tree does not compile: {errors:?}"));
                }
                unviable.extend(bad);
            }
        }
    }
}

fn write(mutants: &[Mutant], unviable: &BTreeSet<u32>) -> Result<Vec<(String, u32, Range<usize>)>, String> {
    let (copy, root) = (tree::place(), process::root());
    let mut files: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        let breaks = files.entry(&mutant.file).or_default();
        if !unviable.contains(&mutant.number) {
            breaks.push(mutant);
        }
    }
    let mut places = Vec::new();
    let mut crates = BTreeSet::new();
    for (file, breaks) in files {
        let (text, lines) = switched::file(&read(&root.join(file))?, &breaks)?;
        tree::put(&copy.join(file), text.as_bytes())?;
        places.extend(lines.into_iter().map(|(number, lines)| (file.to_owned(), number, lines)));
        crates.extend(file.split_once("/src/").map(|(name, _)| format!("{name}/src/lib.rs")));
    }
    for library in crates {
        let text = read(&root.join(&library))? + switched::READER;
        tree::put(&copy.join(library), text.as_bytes())?;
    }
    Ok(places)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

enum Compiled {
    Programs(BTreeMap<String, PathBuf>),
    /// Files and lines.
    Errors(Vec<(String, usize)>),
}

fn compile(part: &Part) -> Result<Compiled, String> {
    let mut command = process::cargo();
    command.current_dir(tree::place()).args(["test", "--locked", "--no-run", "--quiet", "--message-format=json"]);
    command.args(part.build).stdin(Stdio::null()).stderr(Stdio::null());
    // Apart from what is compiled for the tree itself: cargo would take one for the other.
    command.env("CARGO_TARGET_DIR", process::target().join("mutants").join("build"));
    let output = command.output().map_err(|error| format!("cargo does not start: {error}"))?;
    let (mut programs, mut errors) = (BTreeMap::new(), Vec::new());
    for message in String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse::<Value>().ok()) {
        if message["profile"]["test"] == true
            && let (Some(name), Some(path)) = (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            programs.insert(name.to_owned(), PathBuf::from(path));
        }
        if message["message"]["level"] == "error" {
            let spans = message["message"]["spans"].as_array().cloned().unwrap_or_default();
            errors.extend(spans.iter().filter(|span| span["is_primary"] == true).filter_map(|span| {
                Some((span["file_name"].as_str()?.to_owned(), usize::try_from(span["line_start"].as_u64()?).ok()?))
            }));
        }
    }
    Ok(if output.status.success() { Compiled::Programs(programs) } else { Compiled::Errors(errors) })
}
