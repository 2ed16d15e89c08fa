//! `sealed.db`: a sealed, signed copy of every save that has not been acknowledged, outside the encrypted database, so that
//! a locked device can still hand over. Nothing in it can be opened on this device without its keys.
//!
//! It is written without a sync of its own: a copy that a power cut takes is made again at the next unlock (ADR 0004).

use super::StoreError;
use super::connection::restrict_permissions;
use rusqlite::Connection;
use std::path::Path;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS copy (
                 pending INTEGER PRIMARY KEY,
                 batch   BLOB NOT NULL
             ) STRICT;";

/// The open file of copies.
pub(crate) struct SealedCopies {
    connection: Connection,
}

impl SealedCopies {
    /// Opens the file, or makes a new one where it is missing or damaged: every copy can be made again from the outbox.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = Self::try_open(path).and_then(|copies| copies.kept().map(|_| copies));
        if let Ok(copies) = opened {
            return Ok(copies);
        }
        for ending in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(ending);
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Self::try_open(path)
    }

    /// Copies that go with the process: for a profile whose saves nobody waits for.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(TABLE)?;
        Ok(Self { connection })
    }

    /// The copies in a file, oldest save first, without changing it: what a locked home can hand over.
    pub(crate) fn look(path: &Path) -> Result<Vec<Vec<u8>>, StoreError> {
        if !path.try_exists()? {
            return Ok(Vec::new());
        }
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        Self { connection }.all()
    }

    fn try_open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        restrict_permissions(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = NORMAL;
             PRAGMA secure_delete = ON;
             PRAGMA trusted_schema = OFF;",
        )?;
        connection.execute_batch(TABLE)?;
        Ok(Self { connection })
    }

    pub(crate) fn keep(&self, pending: u64, batch: &[u8]) -> Result<(), StoreError> {
        self.connection.prepare_cached("INSERT OR REPLACE INTO copy VALUES (?1, ?2)")?.execute((pending, batch))?;
        Ok(())
    }

    pub(crate) fn forget(&mut self, pending: &[u64]) -> Result<(), StoreError> {
        if pending.is_empty() {
            return Ok(());
        }
        let tx = self.connection.transaction()?;
        {
            let mut statement = tx.prepare_cached("DELETE FROM copy WHERE pending = ?1")?;
            for number in pending {
                statement.execute([number])?;
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// Which saves have a copy.
    pub(crate) fn kept(&self) -> Result<std::collections::BTreeSet<u64>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT pending FROM copy")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The copies, oldest save first.
    pub(crate) fn all(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT batch FROM copy ORDER BY pending")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
