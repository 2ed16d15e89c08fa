//! Cards of other spaces, and shares as they were sent. A message is kept in the transaction that records its share, and goes
//! with the record.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Transaction};
use vigil_protocol::RecordId;

/// Most cards that a device keeps.
pub(crate) const MAX_CARDS: u64 = 1_000;

/// Keeps a card in the place of an earlier one of the same space.
pub(crate) fn put_card(tx: &Transaction<'_>, space: &[u8; 16], card: &[u8], confirmed: bool) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO space_card VALUES (?1, ?2, ?3)
         ON CONFLICT (space) DO UPDATE SET card = excluded.card, confirmed = excluded.confirmed",
    )?
    .execute((space, card, confirmed))?;
    Ok(())
}

/// All cards, each with whether it was confirmed.
pub(crate) fn cards(connection: &Connection) -> Result<Vec<(Vec<u8>, bool)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT card, confirmed FROM space_card ORDER BY space")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn card(connection: &Connection, space: &[u8; 16]) -> Result<Option<(Vec<u8>, bool)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT card, confirmed FROM space_card WHERE space = ?1")?;
    Ok(statement.query_row([space], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(crate) fn count_cards(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT count(*) FROM space_card")?.query_row([], |row| row.get(0))?)
}

/// Keeps a message that is sent; its record must be there.
pub(crate) fn keep_message(
    tx: &Transaction<'_>,
    share: &[u8; 16],
    record: &RecordId,
    message: &[u8],
) -> Result<(), StoreError> {
    let kept = tx
        .prepare_cached("INSERT INTO sent_share SELECT ?1, number, ?3 FROM record WHERE id = ?2")?
        .execute((share, record.as_bytes(), message))?;
    if kept == 1 { Ok(()) } else { Err(StoreError::Damaged("the record of a share is missing")) }
}

pub(crate) fn message(connection: &Connection, share: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT message FROM sent_share WHERE share = ?1")?;
    Ok(statement.query_row([share], |row| row.get(0)).optional()?)
}

/// Records with anything said about them, newest last; only those of one kind, if one is named.
pub(crate) fn with_events(connection: &Connection, kind: Option<&str>) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.id FROM record r WHERE (?1 IS NULL OR r.kind = ?1)
         AND EXISTS (SELECT 1 FROM event e WHERE e.record = r.number) ORDER BY r.number",
    )?;
    let rows = statement.query_map([kind], |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
