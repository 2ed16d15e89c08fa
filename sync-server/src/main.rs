//! The sync server as a program: options, logs, and a shutdown that lets requests finish.
//! Without any option it promises to work on a laptop: loopback only, files in `./vigil-server`.

use clap::Parser;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use vigil_sync_server::logging::{self, LogLevel};
use vigil_sync_server::{Quotas, ServerConfig, ServerError, keep_memory_private, limits, start, stop_signal};

const EXAMPLES: &str = "\
Examples:
  vigil-sync-server
      Files in ./vigil-server, loopback only: for trying things out on one machine.
  vigil-sync-server --data /var/lib/vigil --listen 0.0.0.0:8443 --public-url https://sync.example.org:8443
      For devices elsewhere. Give the file /var/lib/vigil/server-card to the founding desk.

Every option can also be set in the environment, for example VIGIL_SERVER_DATA=/var/lib/vigil.
Logs go to standard error as JSON lines. The server stops on Ctrl-C or SIGTERM and lets requests finish.";

/// Vigil's blind sync server: orders, stores and hands out signed ciphertext.
#[derive(Parser)]
#[command(name = "vigil-sync-server", version, after_help = EXAMPLES)]
struct Options {
    /// Folder with all the server's files; made at the first start.
    #[arg(long, value_name = "DIR", env = "VIGIL_SERVER_DATA", default_value = "vigil-server")]
    data: PathBuf,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "VIGIL_SERVER_LISTEN", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Address that devices use, if it is another than the one it listens on. Example: https://sync.example.org
    #[arg(long, value_name = "URL", env = "VIGIL_SERVER_PUBLIC_URL")]
    public_url: Option<String>,
    /// Most spaces: whoever reaches the server can create one.
    #[arg(long, value_name = "N", env = "VIGIL_SERVER_MAX_SPACES", default_value_t = limits::DEFAULT_MAX_SPACES)]
    max_spaces: u64,
    /// Most bytes that one space may take.
    #[arg(long, value_name = "BYTES", env = "VIGIL_SERVER_MAX_SPACE_BYTES", default_value_t = limits::DEFAULT_MAX_BYTES_PER_SPACE)]
    max_space_bytes: u64,
    /// Most bytes that one device may have stored.
    #[arg(long, value_name = "BYTES", env = "VIGIL_SERVER_MAX_DEVICE_BYTES", default_value_t = limits::DEFAULT_MAX_BYTES_PER_DEVICE)]
    max_device_bytes: u64,
    /// How much to log: off, error, warn or info.
    #[arg(long, value_name = "LEVEL", env = "VIGIL_SERVER_LOG", default_value = "info", value_parser = level)]
    log: LogLevel,
}

fn level(name: &str) -> Result<LogLevel, String> {
    LogLevel::from_name(name).ok_or_else(|| "expected off, error, warn or info".to_owned())
}

async fn run(options: Options) -> Result<(), ServerError> {
    let quotas = Quotas {
        spaces: options.max_spaces,
        bytes_per_space: options.max_space_bytes,
        bytes_per_device: options.max_device_bytes,
        ..Quotas::default()
    };
    let server =
        start(ServerConfig { data: options.data, listen: options.listen, public_url: options.public_url, quotas })
            .await?;
    let mut out = std::io::stdout().lock();
    // Nobody may be reading; the server runs all the same.
    let _ = writeln!(out, "Serving {} on {}", server.card().url, server.address());
    let _ = writeln!(out, "Server card: {}", server.card_path().display());
    let _ = out.flush();
    drop(out);
    if stop_signal().await.is_err() {
        tracing::warn!("signals cannot be received; stop the server by ending its process");
        std::future::pending::<()>().await;
    }
    server.shutdown().await;
    Ok(())
}

fn main() -> ExitCode {
    // Where the system does not know how, the server works all the same.
    let _ = keep_memory_private();
    let options = Options::parse();
    let _ = tracing::subscriber::set_global_default(logging::subscriber(options.log, std::io::stderr));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error} ({})", error.code());
            ExitCode::FAILURE
        }
    }
}
