//! The dependency rules of `deny.toml`: licences, sources, and which package may depend on which.

use crate::{process, tally::Tally};
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "0.20.2";

/// Where `--with-deny` installs to.
fn tools() -> PathBuf {
    process::target().join("tools")
}

/// The program, if there is one.
fn installed() -> Option<PathBuf> {
    let ours = tools().join("bin").join("cargo-deny");
    if ours.is_file() {
        return Some(ours);
    }
    process::on_path("cargo-deny").then(|| PathBuf::from("cargo-deny"))
}

fn install() -> Result<PathBuf, String> {
    println!("installing cargo-deny {VERSION} into target/tools; this takes about three minutes");
    let mut command = process::cargo();
    command.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--quiet", "--root"]).arg(tools());
    // Its own build folder: a compiler flag of ours must not build it twice.
    command.arg("--target-dir").arg(tools().join("build"));
    process::succeed(command)?;
    installed().ok_or_else(|| "cargo-deny was installed and is not there".to_owned())
}

/// Checks the rules. `None` if there is nothing to check them with and it was not asked for.
pub(crate) fn check(with_deny: bool) -> Option<Tally> {
    let program = match installed() {
        Some(program) => program,
        None if with_deny => match install() {
            Ok(program) => program,
            Err(message) => {
                println!("{message}");
                return Some(Tally::one(false));
            }
        },
        None => return None,
    };
    let mut command = Command::new(program);
    command.current_dir(process::root());
    command.args(["--locked", "--workspace", "--features", "xtask/bench", "check", "bans", "licenses", "sources"]);
    let ran = process::streamed(command).inspect_err(|message| println!("{message}"));
    Some(Tally::one(ran.is_ok_and(|ran| ran.success)))
}
