//! The edge to the network: a request body goes out, an answer body comes back.
//! Everything above it is the same over HTTP, over a test's wire, and later over a bundle.

use std::future::Future;
use thiserror::Error;

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection, or it broke: trying again may help.
    #[error("{0}")]
    Unreachable(String),
    /// The other end is not the server that the committee named: trying again does not help.
    #[error("{0}")]
    NotTrusted(String),
    /// An answer came that is larger than any honest one.
    #[error("the answer is too large")]
    TooLarge,
}

/// Carries one request and its answer.
pub trait Transport {
    /// Sends `body` to `path` and gives the answer's body, whatever its status.
    fn post(&self, path: &str, body: Vec<u8>) -> impl Future<Output = Result<Vec<u8>, TransportError>>;
}
