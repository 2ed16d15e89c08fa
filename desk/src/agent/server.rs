//! The sync server beside agents, under a clock that they share: each line of standard input sets it, in milliseconds since
//! 1970, and is answered when it counts. It is for tests, and ends in good order when standard input does.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use vigil_core::Timestamp;
use vigil_sync_server::{ServerConfig, start_with_clock};

use super::SetClock;
use crate::cli::Output;
use crate::error::DeskError;

/// Serves on a free port of the loopback interface.
///
/// # Errors
/// If it cannot be started, or a line is no time.
pub(crate) fn serve(output: &Output, data: &Path) -> Result<(), DeskError> {
    let clock = Arc::new(SetClock::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the network", error))?;
    let server = runtime.block_on(start_with_clock(ServerConfig::loopback(data), Arc::clone(&clock) as _))?;
    let (address, card) = (server.address(), server.card_path().to_owned());
    output.answer(&json!({"listening": address, "server_card": card}), [format!("Serving on https://{address}.")])?;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| DeskError::file("standard input", error))?;
        let now = line.trim().parse().map_err(|_| DeskError::Usage("a line is no time".to_owned()))?;
        clock.set(Timestamp(now));
        output.answer(&json!({"now": now}), [format!("It is {now}.")])?;
    }
    runtime.block_on(server.shutdown());
    Ok(())
}
