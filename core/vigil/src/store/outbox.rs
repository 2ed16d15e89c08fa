//! The outbox: saves that wait, and signed batches that were written down before their first byte left.
//! A save leaves the outbox only when the server has acknowledged a batch that carries it.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::collections::BTreeSet;
use vigil_protocol::RecordId;

/// A save that waits: plaintext content of one write.
pub(crate) struct Pending {
    pub(crate) number: u64,
    pub(crate) record: RecordId,
    pub(crate) content: Vec<u8>,
}

pub(crate) fn add(tx: &Transaction<'_>, record: &RecordId, content: &[u8]) -> Result<u64, StoreError> {
    tx.prepare_cached("INSERT INTO pending (record, content) VALUES (?1, ?2)")?
        .execute((record.as_bytes(), content))?;
    Ok(u64::try_from(tx.last_insert_rowid()).unwrap_or(0))
}

/// The oldest saves that no batch carries, at most `limit`.
pub(crate) fn unbatched(connection: &Connection, limit: usize) -> Result<Vec<Pending>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT number, record, content FROM pending WHERE batch IS NULL ORDER BY number LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| {
        Ok(Pending { number: row.get(0)?, record: RecordId(row.get(1)?), content: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn count(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT count(*) FROM pending")?.query_row([], |row| row.get(0))?)
}

pub(crate) fn assign_to_batch(tx: &Transaction<'_>, numbers: &[u64], counter: u64) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("UPDATE pending SET batch = ?2 WHERE number = ?1")?;
    for number in numbers {
        statement.execute((number, counter))?;
    }
    Ok(())
}

/// Puts the saves of a batch back in the queue: they go into the next one.
pub(crate) fn release_from_batch(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE pending SET batch = NULL WHERE batch = ?1")?.execute([counter])?;
    Ok(())
}

/// Sets the saves of a batch aside: the server refused them on their own.
pub(crate) fn set_aside(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE pending SET batch = -1 WHERE batch = ?1")?.execute([counter])?;
    Ok(())
}

/// Puts saves that were set aside back into the queue.
pub(crate) fn release_set_aside(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE pending SET batch = NULL WHERE batch = -1")?.execute([])?;
    Ok(())
}

/// How many records the saves of a batch belong to.
pub(crate) fn records_in_batch(connection: &Connection, counter: u64) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(DISTINCT record) FROM pending WHERE batch = ?1")?;
    Ok(statement.query_row([counter], |row| row.get(0))?)
}

/// How many saves were set aside.
pub(crate) fn count_set_aside(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT count(*) FROM pending WHERE batch = -1")?.query_row([], |row| row.get(0))?)
}

/// Forgets the saves of an acknowledged batch and says which they were.
pub(crate) fn finish_batch(tx: &Transaction<'_>, counter: u64) -> Result<Vec<(u64, RecordId)>, StoreError> {
    let mut statement = tx.prepare_cached("DELETE FROM pending WHERE batch = ?1 RETURNING number, record")?;
    let rows = statement.query_map([counter], |row| Ok((row.get(0)?, RecordId(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Numbers of all saves that wait.
pub(crate) fn numbers(connection: &Connection) -> Result<BTreeSet<u64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT number FROM pending")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Saves of which no sealed copy is kept.
pub(crate) fn without_copy(connection: &Connection, kept: &BTreeSet<u64>) -> Result<Vec<Pending>, StoreError> {
    let mut missing = Vec::new();
    let mut statement = connection.prepare_cached("SELECT number, record, content FROM pending WHERE number = ?1")?;
    for number in numbers(connection)?.difference(kept) {
        missing.push(statement.query_row([number], |row| {
            Ok(Pending { number: row.get(0)?, record: RecordId(row.get(1)?), content: row.get(2)? })
        })?);
    }
    Ok(missing)
}

/// Forgets the saves of an erased record and says which they were.
pub(crate) fn destroy(tx: &Transaction<'_>, record: &RecordId) -> Result<Vec<u64>, StoreError> {
    let mut statement = tx.prepare_cached("DELETE FROM pending WHERE record = ?1 RETURNING number")?;
    let rows = statement.query_map([record.as_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn write_down(tx: &Transaction<'_>, counter: u64, batch: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO outgoing VALUES (?1, ?2)")?.execute((counter, batch))?;
    Ok(())
}

/// Signed batches that are not acknowledged, oldest first, at most `limit`.
pub(crate) fn written_down(connection: &Connection, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT counter, batch FROM outgoing ORDER BY counter LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest signed batch that is not acknowledged.
pub(crate) fn last_written_down(connection: &Connection) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT counter, batch FROM outgoing ORDER BY counter DESC LIMIT 1")?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(crate) fn forget_batch(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM outgoing WHERE counter = ?1")?.execute([counter])?;
    Ok(())
}
