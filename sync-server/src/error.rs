//! The few ways in which the server itself can fail, as opposed to refusing a request.
//! Each promises a stable code, and a text that says what to do and holds nothing of a record.

use std::path::PathBuf;
use thiserror::Error;

/// Why the server could not start, or could not do its work.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A file or folder could not be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is there and is not what the server once wrote.
    #[error("{path} is damaged: {why}. Restore it from a backup; a new one would cut off every device")]
    DamagedFile {
        /// Which.
        path: PathBuf,
        /// In what way.
        why: &'static str,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The configuration contradicts itself.
    #[error("the configuration does not fit: {why}")]
    Config {
        /// In what way, and what to do.
        why: String,
    },
    /// The database was written by a newer server.
    #[error("the database has schema {found}, this server knows up to {known}: start a newer server")]
    NewerSchema {
        /// The version in the file.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// Another server has the database open.
    #[error("another server is using the database: stop it first")]
    InUse,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[source] rusqlite::Error),
    /// Something in the database is not what this server wrote.
    #[error("the database holds a damaged {what}")]
    DamagedRow {
        /// What was being read.
        what: &'static str,
    },
    /// Certificates could not be made or loaded.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    Random,
}

impl ServerError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "server.file",
            Self::DamagedFile { .. } => "server.damaged_file",
            Self::Listen { .. } => "server.listen",
            Self::Config { .. } => "server.config",
            Self::NewerSchema { .. } => "server.newer_schema",
            Self::InUse => "server.in_use",
            Self::Database(_) => "server.database",
            Self::DamagedRow { .. } => "server.damaged_row",
            Self::Tls(_) => "server.tls",
            Self::Random => "server.random",
        }
    }

    /// Whether the disk or the file is full: space may come back, so the client may come back.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Database(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}

impl From<rusqlite::Error> for ServerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::InUse,
            _ => Self::Database(error),
        }
    }
}
