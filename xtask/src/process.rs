//! Running other programs: with their output passed through while it appears, so that nobody waits in front of nothing.

use crate::Outcome;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // What cargo set for this program would make every build script of the tree run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).unwrap_or_default()
}

/// Where everything that is built goes.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Whether a program of this name is on the path.
pub(crate) fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// What one command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Whether it ended with status 0.
    pub(crate) success: bool,
    /// Its standard output.
    pub(crate) output: String,
}

/// Runs a command. Its standard output is passed through line by line and kept; its standard error is passed through.
pub(crate) fn streamed(mut command: Command) -> Result<Ran, String> {
    let name = shown(&command);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("`{name}` does not start: {error}"))?;
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).map_err(|error| format!("`{name}`: {error}"))? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            // A closed terminal is no reason to stop counting.
            let _ = std::io::stdout().flush();
            output.push_str(&text);
            line.clear();
        }
    }
    let status = child.wait().map_err(|error| format!("`{name}`: {error}"))?;
    Ok(Ran { success: status.success(), output })
}

/// Runs a command in silence and gives back its standard output, if it succeeded.
pub(crate) fn answer<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command in this one's place, with its status as the result.
#[cfg(not(feature = "bench"))]
pub(crate) fn hand_over(mut command: Command) -> Outcome {
    let status = command.status().map_err(|error| format!("`{}` does not start: {error}", shown(&command)))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a command with its output passed through, and fails unless it succeeds.
pub(crate) fn succeed(mut command: Command) -> Result<(), String> {
    let name = shown(&command);
    let status = command.stdin(Stdio::null()).status().map_err(|error| format!("`{name}` does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` failed")) }
}

/// The status of a task that counted failures.
pub(crate) fn status(failed: u64) -> Outcome {
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|argument| argument.to_string_lossy().into_owned()));
    words.join(" ")
}
