//! The database: one SQLite file, one connection, every statement with bound parameters.
//! It promises that what was committed survives a power cut, that what was destroyed is overwritten, and that no other
//! process writes to the file meanwhile.

pub(crate) mod aside;
pub(crate) mod batches;
pub(crate) mod devices;
pub(crate) mod erasure;
pub(crate) mod items;
pub(crate) mod membership_log;
pub(crate) mod receipts;
pub(crate) mod records;
pub(crate) mod recovery;
pub(crate) mod schema;
pub(crate) mod spaces;

use crate::error::ServerError;
use crate::files::DataFolder;
use membership_log::Views;
use rusqlite::Connection;
use std::time::Duration;
use vigil_protocol::Incarnation;

const FILE: &str = "server.db";
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);
/// Names of records are random, so each batch touches pages all over the file: they stay in memory (in KiB, negative as
/// SQLite wants it) and are gathered in the write-ahead log before they go to the file (in pages of 4 KiB).
const CACHE: i64 = -64 * 1024;
const CHECKPOINT_PAGES: i64 = 8192;

/// The open database.
pub(crate) struct Store {
    pub(crate) connection: Connection,
    pub(crate) views: Views,
    incarnation: Incarnation,
}

impl Store {
    /// Opens the database of a data folder; makes it at the first start.
    pub(crate) fn open(folder: &DataFolder) -> Result<Self, ServerError> {
        let mut connection = Connection::open(folder.reserve(FILE)?)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        for (pragma, value) in [
            ("locking_mode", "EXCLUSIVE"),
            ("trusted_schema", "OFF"),
            ("cell_size_check", "ON"),
            ("secure_delete", "ON"),
            ("temp_store", "MEMORY"),
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
        ] {
            connection.pragma_update(None, pragma, value)?;
        }
        connection.pragma_update(None, "cache_size", CACHE)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.set_prepared_statement_cache_capacity(64);
        schema::migrate(&mut connection)?;
        let incarnation =
            connection.query_row("SELECT incarnation FROM life", [], |row| row.get(0).map(Incarnation))?;
        Ok(Self { connection, views: Views::default(), incarnation })
    }

    /// Which life of the database this is.
    pub(crate) fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Moves everything into the database file and empties the log beside it, so that nothing destroyed stays there.
    pub(crate) fn checkpoint(&self) -> Result<(), ServerError> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

/// A number as SQLite holds it. Numbers from outside are checked before they come here, see [`fits`].
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number as it came from SQLite.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Whether a number from outside can be stored.
pub(crate) fn fits(number: u64) -> bool {
    i64::try_from(number).is_ok_and(|number| number < i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pragma_is_in_force() {
        let path = std::env::temp_dir().join(format!("vigil-server-pragmas-{}", std::process::id()));
        let store = Store::open(&DataFolder::open(&path).unwrap()).unwrap();
        let text =
            |pragma: &str| -> String { store.connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
        let number =
            |pragma: &str| -> i64 { store.connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap() };
        assert_eq!((text("journal_mode"), text("locking_mode")), ("wal".to_owned(), "exclusive".to_owned()));
        assert_eq!((number("synchronous"), number("secure_delete"), number("temp_store")), (2, 1, 2));
        assert_eq!((number("trusted_schema"), number("cell_size_check")), (0, 1));
        drop(store);
        std::fs::remove_dir_all(path).unwrap();
    }
}
