//! Screenings in progress, as JSON text.
//! A draft is durable after every answer and never leaves the device.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Transaction};

pub(crate) fn save(tx: &Transaction<'_>, id: &[u8; 16], started_at: i64, content: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO draft VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET content = excluded.content",
    )?
    .execute((id, started_at, content))?;
    Ok(())
}

pub(crate) fn get(connection: &Connection, id: &[u8; 16]) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT content FROM draft WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<([u8; 16], String)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, content FROM draft ORDER BY started_at DESC")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn delete(tx: &Transaction<'_>, id: &[u8; 16]) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM draft WHERE id = ?1")?.execute([id])?;
    Ok(())
}
