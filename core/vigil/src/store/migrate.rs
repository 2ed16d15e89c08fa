//! Schema migrations: numbered SQL files, applied in order, each in one transaction with its number.
//! A database of any earlier version opens; one of a later version is refused untouched.

use super::StoreError;
use rusqlite::{Connection, TransactionBehavior};

const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/001_first.sql"),
    include_str!("migrations/002_second_opinion.sql"),
    include_str!("migrations/003_identity.sql"),
];

/// Brings the schema to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    for (version, sql) in (1u32..).zip(MIGRATIONS).skip(found as usize) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
    }
    Ok(())
}
