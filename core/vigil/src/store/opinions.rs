//! Opinions that this device gave and that are not open yet. What is kept here leaves the device in one way only: with
//! the event that opens it, in the transaction that forgets it.

use super::StoreError;
use rusqlite::{Connection, Transaction};
use vigil_protocol::RecordId;
use zeroize::Zeroizing;

/// Keeps what stands behind a commitment; the record must be there.
pub(crate) fn keep(
    tx: &Transaction<'_>,
    record: &RecordId,
    commitment: &[u8; 32],
    judgement: &[u8],
) -> Result<(), StoreError> {
    let kept = tx
        .prepare_cached(
            "INSERT INTO unopened_opinion (commitment, record, judgement)
             SELECT ?1, number, ?3 FROM record WHERE id = ?2",
        )?
        .execute((commitment, record.as_bytes(), judgement))?;
    if kept == 1 { Ok(()) } else { Err(StoreError::Damaged("the record of an opinion is missing")) }
}

/// Records with an opinion of this device that is not open.
pub(crate) fn records(connection: &Connection) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.id FROM record r WHERE r.number IN (SELECT record FROM unopened_opinion) ORDER BY r.number",
    )?;
    let rows = statement.query_map([], |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A commitment and what stands behind it.
pub(crate) type Kept = ([u8; 32], Zeroizing<Vec<u8>>);

/// The opinions of this device on a record that are not open.
pub(crate) fn of_record(connection: &Connection, record: &RecordId) -> Result<Vec<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT o.commitment, o.judgement FROM unopened_opinion o JOIN record r ON r.number = o.record WHERE r.id = ?1",
    )?;
    let rows = statement.query_map([record.as_bytes()], |row| Ok((row.get(0)?, row.get(1).map(Zeroizing::new)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets what stands behind a commitment.
pub(crate) fn forget(tx: &Transaction<'_>, commitment: &[u8; 32]) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM unopened_opinion WHERE commitment = ?1")?.execute([commitment])?;
    Ok(())
}
