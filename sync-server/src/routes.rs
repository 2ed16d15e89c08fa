//! HTTP: the two routes, the size and time limits of bodies, and one log line for each request.
//! It promises that a body over the limit is never held in memory and that no line holds content, names or addresses.

use crate::engine::{Engine, Reply, Report};
use crate::identity;
use crate::limits;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::body::Body as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use vigil_protocol::{RefusalCode, limits::MAX_BODY_BYTES, sync::SYNC_PATH};

/// What the routes share.
#[derive(Clone)]
struct Shared {
    engine: Arc<Engine>,
    large_bodies: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// The routes of a server.
pub(crate) fn routes(engine: Arc<Engine>) -> Router {
    let shared = Shared {
        engine,
        large_bodies: Arc::new(Semaphore::new(limits::MAX_LARGE_BODIES)),
        waiting: Arc::new(Semaphore::new(limits::MAX_WAITING_REQUESTS)),
    };
    Router::new().route(SYNC_PATH, post(sync)).route("/healthz", get(health)).with_state(shared)
}

async fn health() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], "{\"status\":\"ok\"}\n")
}

/// Why a body was not read to its end.
enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

fn stated_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn read_body(mut body: Body) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        let data: Bytes = data;
        if bytes.len() + data.len() > MAX_BODY_BYTES {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

async fn sync(State(shared): State<Shared>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let (bytes_in, reply) = answer(&shared, stated_length(&parts.headers), body).await;
    let Reply { status, body, report } = reply;
    log_line(status, &report, (bytes_in, body.len()), started);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, "application/cbor")], body).into_response();
    if status != StatusCode::OK && bytes_in == 0 {
        // The rest of the body, if there is one, is not worth reading.
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    response
}

async fn answer(shared: &Shared, length: Option<usize>, body: Body) -> (usize, Reply) {
    let engine = &shared.engine;
    if length.is_some_and(|length| length > MAX_BODY_BYTES) {
        return (0, engine.refuse(&[], RefusalCode::TooLarge, 0));
    }
    let read = async {
        let _turn = match length {
            Some(length) if length <= limits::SMALL_BODY_BYTES => None,
            _ => Some(shared.large_bodies.acquire().await.map_err(|_| BodyError::Broken)?),
        };
        read_body(body).await
    };
    let read = tokio::time::timeout(limits::BODY_TIMEOUT, read).await.unwrap_or(Err(BodyError::TooSlow));
    let body = match read {
        Ok(body) => body,
        Err(BodyError::TooLarge) => return (0, engine.refuse(&[], RefusalCode::TooLarge, 0)),
        Err(BodyError::TooSlow) => return (0, Reply { status: 408, ..engine.refuse(&[], RefusalCode::Busy, 0) }),
        Err(BodyError::Broken) => return (0, engine.refuse(&[], RefusalCode::Malformed, 0)),
    };
    let bytes_in = body.len();
    let Ok(_place) = shared.waiting.try_acquire() else {
        return (bytes_in, engine.refuse(&body, RefusalCode::Busy, 0));
    };
    let worker = Arc::clone(engine);
    let reply = tokio::task::spawn_blocking(move || worker.handle(&body)).await;
    (bytes_in, reply.unwrap_or_else(|_| engine.refuse(&[], RefusalCode::Internal, 0)))
}

fn log_line(status: u16, report: &Report, (bytes_in, bytes_out): (usize, usize), started: Instant) {
    let request = identity::random::<8>().map_or(0, u64::from_be_bytes);
    tracing::info!(
        request = format_args!("{request:016x}"),
        outcome = report.outcome,
        status,
        bytes_in,
        bytes_out,
        batches = report.batches,
        stored = report.stored,
        log_appended = report.log_appended,
        log_sent = report.log_sent,
        items_sent = report.items_sent,
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "sync"
    );
}
