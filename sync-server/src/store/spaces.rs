//! Spaces: how many there are, how full each is, and which sequence number comes next.
//! Numbers promise to be taken in the transaction that stores what they number (PROTOCOL 14), so none becomes visible late.

use super::{signed, unsigned};
use crate::error::ServerError;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vigil_protocol::SpaceId;

/// How many spaces there are.
pub(crate) fn count(connection: &Connection) -> Result<u64, ServerError> {
    Ok(connection.query_row("SELECT count(*) FROM space", [], |row| row.get(0).map(unsigned))?)
}

/// All spaces.
pub(crate) fn all(connection: &Connection) -> Result<Vec<SpaceId>, ServerError> {
    let mut statement = connection.prepare("SELECT space FROM space ORDER BY space")?;
    let rows = statement.query_map([], |row| row.get(0).map(SpaceId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the space is there.
pub(crate) fn exists(connection: &Connection, space: &SpaceId) -> Result<bool, ServerError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM space WHERE space = ?1")?
        .query_row([space.as_bytes()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Adds an empty space.
pub(crate) fn create(transaction: &Transaction<'_>, space: &SpaceId) -> Result<(), ServerError> {
    transaction.execute("INSERT INTO space (space) VALUES (?1)", [space.as_bytes()])?;
    Ok(())
}

/// Takes `count` sequence numbers and gives the first of them.
pub(crate) fn take_sequences(transaction: &Transaction<'_>, space: &SpaceId, count: u64) -> Result<u64, ServerError> {
    let first = transaction
        .prepare_cached(
            "UPDATE space SET next_sequence = next_sequence + ?2 WHERE space = ?1 RETURNING next_sequence - ?2",
        )?
        .query_row(params![space.as_bytes(), signed(count)], |row| row.get(0).map(unsigned))?;
    Ok(first)
}

/// The newest sequence number; 0 if there is none.
pub(crate) fn top(connection: &Connection, space: &SpaceId) -> Result<u64, ServerError> {
    let top = connection
        .prepare_cached("SELECT next_sequence - 1 FROM space WHERE space = ?1")?
        .query_row([space.as_bytes()], |row| row.get(0).map(unsigned))?;
    Ok(top)
}

/// Items and bytes that the space holds.
pub(crate) fn usage(connection: &Connection, space: &SpaceId) -> Result<(u64, u64), ServerError> {
    let usage = connection
        .prepare_cached("SELECT items, bytes FROM space WHERE space = ?1")?
        .query_row([space.as_bytes()], |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?))))?;
    Ok(usage)
}

/// Counts what was stored.
pub(crate) fn add_usage(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    items: i64,
    bytes: i64,
) -> Result<(), ServerError> {
    transaction
        .prepare_cached("UPDATE space SET items = max(0, items + ?2), bytes = max(0, bytes + ?3) WHERE space = ?1")?
        .execute(params![space.as_bytes(), items, bytes])?;
    Ok(())
}
