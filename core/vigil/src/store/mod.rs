//! The encrypted store: the only place of this crate with SQL.
//! It promises that a commit that returned survives a power cut, that there is one writer, and that a wrong key, a damaged
//! file and a newer schema are different errors.

pub(crate) mod audit;
pub(crate) mod carried;
pub(crate) mod cells;
pub(crate) mod chains;
mod connection;
pub(crate) mod drafts;
pub(crate) mod erasures;
pub(crate) mod evidence;
pub(crate) mod generations;
pub(crate) mod handed_over;
#[allow(dead_code, reason = "what brings instruments in stands on top of it")]
pub(crate) mod instruments;
mod integrity;
pub(crate) mod log;
mod migrate;
pub(crate) mod opinions;
pub(crate) mod outbox;
pub(crate) mod receipts;
pub(crate) mod records;
mod sealed_copies;
pub(crate) mod settings;
pub(crate) mod sharing;
mod wiping_allocator;

pub(crate) use chains::Parked;
pub(crate) use connection::Store;
pub(crate) use generations::Generation;
pub(crate) use integrity::damage;
pub(crate) use records::{Columns, ListFilter, Row, SearchText};
pub(crate) use sealed_copies::SealedCopies;
pub(crate) use settings::Setting;

use thiserror::Error;

/// Makes SQLite wipe its memory when it frees it. Opening a home does this by itself; a program that uses SQLite for
/// something else, too, calls it before anything else does. Says whether it is in force; otherwise opening a home falls
/// back to SQLCipher's own way, which is several times slower.
pub fn wipe_freed_memory() -> bool {
    wiping_allocator::install()
}

/// What went wrong below SQL.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    #[error("the database is damaged: {0}")]
    Damaged(&'static str),
    #[error("the database is not the one that was opened last")]
    Stale,
    #[error("schema {found} is newer than {known}")]
    NewerSchema { found: u32, known: u32 },
    #[error("the database is not encrypted")]
    NotEncrypted,
    #[error("the disk cannot be written: {0}")]
    Disk(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("database error")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Damaged("the first page cannot be read"),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged("a page is inconsistent"),
            Some(ErrorCode::DiskFull) => Self::Disk("full".into()),
            Some(ErrorCode::ReadOnly) => Self::Disk("read-only".into()),
            Some(ErrorCode::SystemIoFailure) => Self::Disk("I/O error".into()),
            _ => Self::Sqlite(error),
        }
    }
}
