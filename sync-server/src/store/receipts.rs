//! Receipts: what devices state in the clear about batches and erased records.
//! They promise to be kept once, however often they are stated, and never to hold up the batch that they came in.

use super::signed;
use crate::error::ServerError;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vigil_protocol::{DeviceId, Hash, Item, Receipt, SpaceId, Timestamp, canonical};

/// What a receipt states, whenever it does.
fn subject(receipt: &Receipt) -> Hash {
    let timeless = match receipt.clone() {
        Receipt::Batch { device, counter, hash, items, .. } => {
            Receipt::Batch { device, counter, hash, items, time: Timestamp(0) }
        }
        erased @ Receipt::Erased { .. } => erased,
    };
    Item::Receipt(timeless).hash()
}

/// Whether this author has stated it before.
pub(crate) fn is_given(
    connection: &Connection,
    space: &SpaceId,
    author: &DeviceId,
    receipt: &Receipt,
) -> Result<bool, ServerError> {
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM receipt WHERE space = ?1 AND author = ?2 AND subject = ?3")?;
    Ok(statement.exists(params![space.as_bytes(), author.as_bytes(), subject(receipt).as_bytes()])?)
}

/// Stores a receipt under its number.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    (author, sequence): (&DeviceId, u64),
    receipt: &Receipt,
) -> Result<(), ServerError> {
    transaction
        .prepare_cached("INSERT INTO receipt (space, sequence, author, subject, receipt) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            space.as_bytes(),
            signed(sequence),
            author.as_bytes(),
            subject(receipt).as_bytes(),
            canonical::encode(receipt),
        ])?;
    Ok(())
}

/// The receipt with this number.
pub(crate) fn load(connection: &Connection, space: &SpaceId, sequence: u64) -> Result<Receipt, ServerError> {
    let damaged = ServerError::DamagedRow { what: "receipt" };
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT receipt FROM receipt WHERE space = ?1 AND sequence = ?2")?
        .query_row(params![space.as_bytes(), signed(sequence)], |row| row.get(0))
        .optional()?;
    bytes.and_then(|bytes| canonical::decode(&bytes).ok()).ok_or(damaged)
}
