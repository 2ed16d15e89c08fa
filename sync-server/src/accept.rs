//! The accept loop: connections in bounded number, each with a time limit on every step.
//! It promises that a client that is slow on purpose costs a place for seconds, and that a shutdown lets requests finish.

use crate::limits;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// Serves until `stop` becomes true or its sender is gone, then drains.
pub(crate) async fn run(listener: TcpListener, tls: TlsAcceptor, routes: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(limits::MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    let stop_each = stop.clone();
    loop {
        while connections.try_join_next().is_some() {}
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            match listener.accept().await {
                Ok((stream, _)) => Some((stream, place)),
                Err(_) => {
                    sleep(limits::ACCEPT_PAUSE).await;
                    None
                }
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = next => {
                let Some((stream, place)) = accepted else { continue };
                let (tls, routes, stop) = (tls.clone(), routes.clone(), stop_each.clone());
                connections.spawn(async move {
                    // Whatever the client does, its place becomes free.
                    let _ = timeout(limits::CONNECTION_LIFETIME, serve(stream, tls, routes, stop)).await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    let drained = timeout(limits::DRAIN_TIMEOUT, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!(connections = connections.len(), "cut connections that did not end in time");
    }
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, routes: Router, mut stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(limits::HANDSHAKE_TIMEOUT, tls.accept(stream)).await else { return };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIMEOUT)
        .max_buf_size(limits::MAX_HEAD_BYTES)
        .max_headers(limits::MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
