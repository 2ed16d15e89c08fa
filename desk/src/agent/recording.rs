//! A transport that keeps every body that passes, so that a stranger can search what went through TLS.
//! It promises to pass bodies on unchanged, and to have written a request down before it leaves.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use vigil_core::sync::{Transport, TransportError};

/// Bodies and bytes that passed.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Traffic {
    /// Requests that were tried.
    pub(super) requests: u64,
    /// Bytes of their bodies.
    pub(super) up: u64,
    /// Bytes of the answers' bodies.
    pub(super) down: u64,
}

/// Wraps another transport.
pub(super) struct Recording<T> {
    inner: T,
    folder: Option<PathBuf>,
    prefix: String,
    traffic: Mutex<Traffic>,
}

impl<T: Transport> Recording<T> {
    pub(super) fn new(inner: T, folder: Option<PathBuf>, prefix: String) -> Self {
        Self { inner, folder, prefix, traffic: Mutex::default() }
    }

    /// What has passed since the last call.
    pub(super) fn take_traffic(&self) -> Traffic {
        std::mem::take(&mut *self.traffic.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, what: &str, body: &[u8]) -> Result<(), TransportError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        // Numbered after what is there, also when a process was restarted.
        let mut number = 1;
        loop {
            let path = folder.join(format!("{}-{number:05}-{what}", self.prefix));
            match fs::File::create_new(&path) {
                Ok(mut file) => {
                    return std::io::Write::write_all(&mut file, body)
                        .map_err(|error| TransportError::Unreachable(format!("recording: {error}")));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(TransportError::Unreachable(format!("recording: {error}"))),
            }
        }
    }

    fn count(&self, add: impl FnOnce(&mut Traffic)) {
        add(&mut self.traffic.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<T: Transport> Transport for Recording<T> {
    async fn post(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        self.keep("request", &body)?;
        self.count(|traffic| {
            traffic.requests += 1;
            traffic.up += body.len() as u64;
        });
        let answer = self.inner.post(path, body).await?;
        self.count(|traffic| traffic.down += answer.len() as u64);
        self.keep("response", &answer)?;
        Ok(answer)
    }
}
