//! Receipts on both sides: what this device sent and keeps until somebody says that it was received, and what it took in
//! from others and has to say so.
//! An item that is kept goes only when a receipt covers it or its record is erased; both only ever add up.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, RecordId, SequenceRanges};

/// Keeps an item of a batch of this device that the server has acknowledged.
pub(crate) fn keep(
    tx: &Transaction<'_>,
    (counter, place): (u64, u32),
    record: &RecordId,
    item: &[u8],
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO kept_item VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?.execute((
        counter,
        place,
        record.as_bytes(),
        item,
    ))?;
    tx.prepare_cached("UPDATE handed_over SET received = 0 WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}

/// Keeps what an earlier version sent of a record and did not keep: its own original items.
pub(crate) fn keep_originals(tx: &Transaction<'_>, me: &DeviceId, record: &RecordId) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO kept_item SELECT number, place, record, item FROM envelope
         WHERE device = ?1 AND chain = 0 AND record = ?2 AND NOT EXISTS (SELECT 1 FROM acknowledged WHERE record = ?2)
         ON CONFLICT DO NOTHING",
    )?
    .execute((me.as_bytes(), record.as_bytes()))?;
    Ok(())
}

/// Forgets the items that a receipt covers; `items` counts from 1. Records of which nothing is kept any more are received.
pub(crate) fn cover(tx: &Transaction<'_>, counter: u64, items: &SequenceRanges) -> Result<(), StoreError> {
    let mut records = Vec::new();
    for (first, last) in items.ranges() {
        let mut statement =
            tx.prepare_cached("DELETE FROM kept_item WHERE counter = ?1 AND place BETWEEN ?2 AND ?3 RETURNING record")?;
        let rows = statement
            .query_map((counter, first.saturating_sub(1), last.saturating_sub(1)), |row| row.get(0).map(RecordId))?;
        records.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    let mut received = tx.prepare_cached(
        "UPDATE handed_over SET received = 1
         WHERE record = ?1 AND NOT EXISTS (SELECT 1 FROM kept_item WHERE record = ?1)",
    )?;
    for record in records {
        received.execute([record.as_bytes()])?;
    }
    Ok(())
}

/// Forgets what was sent of an erased record.
pub(crate) fn destroy(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM kept_item WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}

/// The kept items of a batch by their place.
pub(crate) fn kept_of(connection: &Connection, counter: u64) -> Result<BTreeMap<u32, Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT place, item FROM kept_item WHERE counter = ?1")?;
    let rows = statement.query_map([counter], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The kept items of a record.
pub(crate) fn kept_of_record(connection: &Connection, record: &RecordId) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT item FROM kept_item WHERE record = ?1")?;
    let rows = statement.query_map([record.as_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The batches of which something is kept.
pub(crate) fn kept_batches(connection: &Connection) -> Result<Vec<u64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT counter FROM kept_item ORDER BY counter")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes that an item of somebody's batch was taken in.
pub(crate) fn note_taken(tx: &Transaction<'_>, device: &DeviceId, counter: u64, place: u32) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO taken_item VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?.execute((
        device.as_bytes(),
        counter,
        place,
    ))?;
    Ok(())
}

/// Takes what was taken in and not receipted, by author and counter; items count from 1.
pub(crate) fn take_taken(tx: &Transaction<'_>) -> Result<BTreeMap<(DeviceId, u64), SequenceRanges>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT device, counter, place FROM taken_item")?;
    let rows =
        statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get::<_, u64>(1)?, row.get::<_, u64>(2)?)))?;
    let mut taken: BTreeMap<_, SequenceRanges> = BTreeMap::new();
    for row in rows {
        let (device, counter, place) = row?;
        taken.entry((device, counter)).or_default().insert(place + 1, place + 1);
    }
    tx.prepare_cached("DELETE FROM taken_item")?.execute([])?;
    Ok(taken)
}

/// Puts a receipt into the next batch.
pub(crate) fn add(tx: &Transaction<'_>, receipt: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO waiting_receipt (receipt) VALUES (?1)")?.execute([receipt])?;
    Ok(())
}

/// The oldest receipts that no batch carries, at most `limit`.
pub(crate) fn unbatched(connection: &Connection, limit: usize) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT number, receipt FROM waiting_receipt WHERE batch IS NULL ORDER BY number LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a receipt waits, or has not been acknowledged.
pub(crate) fn are_waiting(connection: &Connection) -> Result<bool, StoreError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM waiting_receipt LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

pub(crate) fn assign_to_batch(tx: &Transaction<'_>, numbers: &[i64], counter: u64) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached("UPDATE waiting_receipt SET batch = ?2 WHERE number = ?1")?;
    for number in numbers {
        statement.execute((number, counter))?;
    }
    Ok(())
}

/// Puts the receipts of a batch back: they go into the next one.
pub(crate) fn release_from_batch(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE waiting_receipt SET batch = NULL WHERE batch = ?1")?.execute([counter])?;
    Ok(())
}

/// Forgets the receipts of a batch: it was acknowledged, or refused, and no receipt is worth a second refusal.
pub(crate) fn finish_batch(tx: &Transaction<'_>, counter: u64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM waiting_receipt WHERE batch = ?1")?.execute([counter])?;
    Ok(())
}
