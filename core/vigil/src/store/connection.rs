//! Opening the SQLCipher database: pragmas in the order that matters, and the checks that the key was really applied.
//! Source of order and values: SQLCipher 4.19 measured on 2026-11-22; see ADR 0005 and the table in `docs/store.md`.

use super::{StoreError, migrate, wiping_allocator};
use crate::keys::Secret;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::Path;
use zeroize::Zeroizing;

/// Pages that are copied in one step.
const COPIED_AT_ONCE: i32 = 256;
const PLAINTEXT_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// The open database. There is one for each home.
pub(crate) struct Store {
    connection: Connection,
}

impl Store {
    /// Opens or creates the database with its raw key, and brings its schema up to date.
    ///
    /// The caller has the key from an authenticated key file, so a first page that cannot be read is damage, never a wrong
    /// passphrase.
    pub(crate) fn open(path: &Path, key: &Secret<32>) -> Result<Self, StoreError> {
        Self::open_if(path, key, |_| Ok(()))
    }

    /// As [`Self::open`], if what is in it passes a check; otherwise nothing is changed.
    pub(crate) fn open_if(
        path: &Path,
        key: &Secret<32>,
        check: impl FnOnce(&Connection) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let wiped = wiping_allocator::install();
        let connection = Connection::open_with_flags(path, flags)?;
        restrict_permissions(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        // First of all, or errors go to the system's log with page numbers.
        pragma(&connection, "cipher_log_level", "NONE")?;
        if !wiped {
            pragma(&connection, "cipher_memory_security", "ON")?;
        }
        apply_key(&connection, key)?;
        // The key is applied at the first read, not at the pragma.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        check(&connection)?;
        for (name, value) in [
            ("temp_store", "MEMORY"),
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            #[cfg(target_vendor = "apple")]
            ("fullfsync", "ON"),
            ("wal_autocheckpoint", "100"),
            ("secure_delete", "ON"),
            ("trusted_schema", "OFF"),
            ("cell_size_check", "ON"),
            ("foreign_keys", "ON"),
        ] {
            pragma(&connection, name, value)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        let mut store = Self { connection };
        migrate::migrate(&mut store.connection)?;
        check_encrypted(&store.connection, path)?;
        Ok(store)
    }

    /// For reading.
    pub(crate) fn read(&self) -> &Connection {
        &self.connection
    }

    /// For writing; what it does is durable when `commit` returns. A transaction inside another is refused by SQLite.
    pub(crate) fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?)
    }

    /// Runs `work` in one transaction; an error rolls everything back.
    pub(crate) fn in_transaction<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.begin()?;
        let result = work(&tx)?;
        tx.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Empties the write-ahead log, so that nothing deleted stays in it.
    pub(crate) fn forget_deleted(&self) -> Result<(), StoreError> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

impl Store {
    /// Copies everything, page by page, into a new file under a new key. Durable when this returns, but for the file's name.
    pub(crate) fn copy_to(&self, path: &Path, key: &Secret<32>) -> Result<(), StoreError> {
        let mut copy = Connection::open(path)?;
        restrict_permissions(path)?;
        pragma(&copy, "cipher_log_level", "NONE")?;
        apply_key(&copy, key)?;
        pragma(&copy, "synchronous", "FULL")?;
        #[cfg(target_vendor = "apple")]
        pragma(&copy, "fullfsync", "ON")?;
        let backup = rusqlite::backup::Backup::new(&self.connection, &mut copy)?;
        backup.run_to_completion(COPIED_AT_ONCE, std::time::Duration::ZERO, None)?;
        drop(backup);
        copy.close().map_err(|(_, error)| error)?;
        std::fs::File::open(path)?.sync_all()?;
        check_not_plain(path)
    }
}

fn pragma(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    // Some pragmas answer with a row, some with none.
    Ok(connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    })?)
}

fn apply_key(connection: &Connection, key: &Secret<32>) -> Result<(), StoreError> {
    use std::fmt::Write;
    if cfg!(feature = "positive-control") {
        return Ok(());
    }
    let mut statement = Zeroizing::new(String::with_capacity(128));
    statement.push_str("PRAGMA key = \"x'");
    for byte in key.expose() {
        // Writing to a string with room does not fail and does not move it.
        write!(statement, "{byte:02x}").map_err(|_| StoreError::NotEncrypted)?;
    }
    statement.push_str("'\"");
    connection.execute_batch(&statement)?;
    let version: String = connection.query_row("PRAGMA cipher_version", [], |row| row.get(0)).unwrap_or_default();
    if version.is_empty() { Err(StoreError::NotEncrypted) } else { Ok(()) }
}

fn check_encrypted(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    if cfg!(feature = "positive-control") {
        return Ok(());
    }
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    check_not_plain(path)
}

fn check_not_plain(path: &Path) -> Result<(), StoreError> {
    if cfg!(feature = "positive-control") {
        return Ok(());
    }
    let mut start = [0u8; 16];
    let read = std::io::Read::read(&mut std::fs::File::open(path)?, &mut start)?;
    if read == start.len() && &start == PLAINTEXT_HEADER { Err(StoreError::NotEncrypted) } else { Ok(()) }
}

/// Readable by the owner alone, also where the folder around it is not private.
pub(super) fn restrict_permissions(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(all(test, not(feature = "positive-control")))]
mod tests {
    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("vigil-store-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn the_key_is_really_applied() {
        let path = folder("key").join("vigil.db");
        let key = Secret::random();
        let store = Store::open(&path, &key).unwrap();
        store
            .in_transaction(|tx| {
                tx.execute("INSERT INTO setting VALUES ('canary', CAST('Sunita Tamang' AS BLOB))", [])?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        drop(store);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"Sunita"));
        assert!(matches!(Store::open(&path, &Secret::random()), Err(StoreError::Damaged(_))));
        assert!(Store::open(&path, &key).is_ok());
    }

    #[test]
    fn freed_memory_is_wiped_by_one_of_two_means() {
        let path = folder("memory").join("vigil.db");
        let store = Store::open(&path, &Secret::random()).unwrap();
        let own = store.read().query_row("PRAGMA cipher_memory_security", [], |row| row.get::<_, String>(0)).unwrap();
        assert!(wiping_allocator::install() || own == "1");
    }

    #[test]
    fn pragmas_are_in_force() {
        let path = folder("pragmas").join("vigil.db");
        let store = Store::open(&path, &Secret::random()).unwrap();
        for (name, expected) in [
            ("synchronous", "2"),
            ("journal_mode", "wal"),
            ("secure_delete", "1"),
            ("temp_store", "2"),
            ("foreign_keys", "1"),
            ("trusted_schema", "0"),
            ("cell_size_check", "1"),
            ("wal_autocheckpoint", "100"),
        ] {
            let value: String = store
                .read()
                .query_row(&format!("PRAGMA {name}"), [], |row| {
                    row.get::<_, rusqlite::types::Value>(0).map(|value| match value {
                        rusqlite::types::Value::Integer(number) => number.to_string(),
                        rusqlite::types::Value::Text(text) => text,
                        _ => String::new(),
                    })
                })
                .unwrap();
            assert_eq!(value, expected, "{name}");
        }
    }
}
