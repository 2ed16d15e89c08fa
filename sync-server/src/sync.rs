//! The one request, step by step: who asks, the log, the push, the page.
//! Each step is a plain function on an open transaction; together they promise to store all or nothing of a batch.

pub(crate) mod admission;
pub(crate) mod cursor;
pub(crate) mod deliver;
pub(crate) mod log;
pub(crate) mod page;
pub(crate) mod place;
pub(crate) mod push;

use crate::error::ServerError;
use vigil_protocol::{ProtocolError, RefusalCode};

/// Why a request gets no sync response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request was not accepted; nothing was stored but a counter that rose.
    Refused {
        /// Why.
        code: RefusalCode,
        /// The highest request counter held, 0 before the device is known.
        counter: u64,
    },
    /// The server itself failed.
    Server(ServerError),
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Server(error.into())
    }
}

/// A refusal of someone who is not known yet.
pub(crate) fn refused<T>(code: RefusalCode) -> Result<T, Failure> {
    Err(Failure::Refused { code, counter: 0 })
}

/// How the protocol's errors are told to a client.
pub(crate) fn code_of(error: &ProtocolError) -> RefusalCode {
    match error {
        ProtocolError::TooLarge { .. } => RefusalCode::TooLarge,
        ProtocolError::UnknownVersion { .. } => RefusalCode::UnknownVersion,
        ProtocolError::BadSignature { .. } => RefusalCode::BadSignature,
        ProtocolError::BrokenChain { .. } | ProtocolError::NotAllowed { .. } => RefusalCode::NotAllowed,
        _ => RefusalCode::Malformed,
    }
}
