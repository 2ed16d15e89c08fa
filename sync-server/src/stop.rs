//! When to stop: one answer for every program that runs a server.
//! It promises to hear Ctrl-C and, where there is such a thing, SIGTERM.

/// Returns when the program is asked to stop, by Ctrl-C or SIGTERM.
///
/// # Errors
/// If signals cannot be received; then only ending the process stops it.
pub async fn stop_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
