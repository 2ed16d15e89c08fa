//! The real server in a process of its own, as it is in life: it shares neither memory nor SQLite's settings with a device.

use crate::committee::Said;
use crate::{Outcome, arguments::Arguments};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use vigil_sync_server::{ServerConfig, card_to_text, start};

/// Name of the task that [`ServerProcess`] starts; nobody types it.
pub(crate) const TASK: &str = "bench-server";

/// A running server. Dropping it stops it.
pub(crate) struct ServerProcess {
    child: Child,
    /// Its card, as text.
    pub(crate) card: String,
}

impl ServerProcess {
    /// Starts one with its files in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let program = std::env::current_exe().said()?;
        let mut child =
            Command::new(program).arg(TASK).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().said()?;
        let mut card = String::new();
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        BufReader::new(stdout).read_line(&mut card).said()?;
        if card.trim().is_empty() {
            return Err("the server did not start".to_owned());
        }
        Ok(Self { child, card: card.trim().to_owned() })
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// The server's side: prints its card and runs until its input ends.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let folder = arguments.positional().ok_or("the server needs a folder")?;
    arguments.finish()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().said()?;
    let server = runtime.block_on(start(ServerConfig::loopback(folder))).said()?;
    println!("{}", card_to_text(&server.card()));
    std::io::stdin().read_to_end(&mut Vec::new()).said()?;
    runtime.block_on(server.shutdown());
    Ok(ExitCode::SUCCESS)
}
