//! A transport that keeps every body that passes, so that a stranger can search what went through TLS.
//! It promises to pass bodies on unchanged, and to have written a request down before it leaves.

use std::fs;
use std::io::{self, Write};
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

fn problem(error: &io::Error) -> TransportError {
    TransportError::Unreachable(format!("recording: {error}"))
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

    /// Keeps a request under the next number that is free, also after a restart, and gives the number.
    fn keep_request(&self, body: &[u8]) -> Result<u64, TransportError> {
        let mut number = 1;
        loop {
            match self.keep(number, "request", body) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(problem(&error)),
                Ok(()) => return Ok(number),
            }
        }
    }

    fn keep(&self, number: u64, what: &str, body: &[u8]) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut file = fs::File::create_new(folder.join(format!("{}-{number:05}-{what}", self.prefix)))?;
        file.write_all(body)
    }

    fn count(&self, add: impl FnOnce(&mut Traffic)) {
        add(&mut self.traffic.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<T: Transport> Transport for Recording<T> {
    async fn post(&self, path: &str, body: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let number = self.keep_request(&body)?;
        self.count(|traffic| {
            traffic.requests += 1;
            traffic.up += body.len() as u64;
        });
        let answer = self.inner.post(path, body).await?;
        self.count(|traffic| traffic.down += answer.len() as u64);
        self.keep(number, "response", &answer).map_err(|error| problem(&error))?;
        Ok(answer)
    }
}
