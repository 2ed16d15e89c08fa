//! Starting and stopping a whole server: files, TLS, listener, accept loop.
//! A server that was started promises to be reachable when `start` returns, and to have everything on disk when
//! `shutdown` returns.

use crate::accept;
use crate::card::{self, CARD_FILE};
use crate::clock::{ServerClock, SystemClock};
use crate::config::ServerConfig;
use crate::engine::Engine;
use crate::error::ServerError;
use crate::files::DataFolder;
use crate::routes;
use crate::tls;
use axum::http::Uri;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use vigil_protocol::ServerCard;

/// A server at work.
pub struct RunningServer {
    address: SocketAddr,
    card: ServerCard,
    card_path: PathBuf,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    engine: Arc<Engine>,
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a device needs to reach it and to know it.
    pub fn card(&self) -> ServerCard {
        self.card.clone()
    }

    /// The file that holds the card as text.
    pub fn card_path(&self) -> &Path {
        &self.card_path
    }

    /// Stops taking connections, lets requests finish for a bounded time, and closes the files.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
        let engine = self.engine;
        let closed = tokio::task::spawn_blocking(move || engine.checkpoint()).await;
        if let Ok(Err(error)) = closed {
            tracing::warn!(code = error.code(), "the last checkpoint failed; the next start will do its work");
        }
    }
}

/// The base address and the host in it that devices will ask for.
fn public_address(config: &ServerConfig, address: SocketAddr) -> Result<(String, String), ServerError> {
    let Some(url) = &config.public_url else {
        if address.ip().is_unspecified() {
            let why = "a server that listens on all addresses needs the public URL that devices use".to_owned();
            return Err(ServerError::Config { why });
        }
        return Ok((format!("https://{address}"), address.ip().to_string()));
    };
    let url = url.trim_end_matches('/');
    let parsed: Option<Uri> = url.parse().ok();
    let host = parsed.as_ref().filter(|uri| uri.scheme_str() == Some("https") && uri.path() == "/").and_then(Uri::host);
    match host {
        Some(host) => Ok((url.to_owned(), host.trim_matches(['[', ']']).to_owned())),
        None => Err(ServerError::Config { why: "the public URL must look like https://sync.example.org".to_owned() }),
    }
}

/// Starts a server. It runs on the current Tokio runtime until it is shut down or dropped.
///
/// # Errors
/// [`ServerError`]: files, address or configuration cannot be used. Nothing is running then.
pub async fn start(config: ServerConfig) -> Result<RunningServer, ServerError> {
    start_with_clock(config, Arc::new(SystemClock)).await
}

/// As [`start`], with a clock of the caller's: for tests in which weeks pass in no time.
///
/// # Errors
/// As [`start`].
pub async fn start_with_clock(config: ServerConfig, clock: Arc<dyn ServerClock>) -> Result<RunningServer, ServerError> {
    let listen_error = |source| ServerError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let (url, host) = public_address(&config, address)?;
    let mut hosts: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    if !hosts.contains(&host) {
        hosts.push(host);
    }
    let opened = tokio::task::spawn_blocking(move || {
        let folder = DataFolder::open(&config.data)?;
        let engine = Engine::open_folder(&folder, config.quotas)?.with_clock(clock);
        let tls = tls::set_up(&folder, hosts, engine.is_in_use()?)?;
        let card = ServerCard { url, identity: engine.identity(), authorities: vec![tls.authority] };
        card::write(&folder, &card)?;
        Ok::<_, ServerError>((engine, tls.config, card, folder.file(CARD_FILE)))
    });
    let (engine, tls, card, card_path) = match opened.await {
        Ok(opened) => opened?,
        Err(_) => return Err(ServerError::Config { why: "the start was interrupted".to_owned() }),
    };
    let engine = Arc::new(engine);
    let (stop, stopped) = watch::channel(false);
    let routes = routes::routes(Arc::clone(&engine));
    let task = tokio::spawn(accept::run(listener, TlsAcceptor::from(tls), routes, stopped));
    Ok(RunningServer { address, card, card_path, stop, task, engine })
}
