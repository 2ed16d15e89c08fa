//! Records as a blind server knows them: a random name, who made it, which generations of keys it has, who may read it.
//! What makes an item visible to a device is decided from these rows and nowhere else.

use super::{signed, unsigned};
use crate::error::ServerError;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vigil_protocol::{DeviceId, KeyCommitment, RecordId, SpaceId};

/// A record's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordRow {
    pub(crate) creator: DeviceId,
    /// The capsule that last let desks read what they could not read before.
    pub(crate) opened_to_epoch: Option<u64>,
    pub(crate) erased: bool,
}

/// The record's row, if it is known.
pub(crate) fn find(
    connection: &Connection,
    space: &SpaceId,
    record: &RecordId,
) -> Result<Option<RecordRow>, ServerError> {
    let row = connection
        .prepare_cached("SELECT creator, opened_to_epoch, erased FROM record WHERE space = ?1 AND record = ?2")?
        .query_row(params![space.as_bytes(), record.as_bytes()], |row| {
            Ok(RecordRow {
                creator: DeviceId(row.get(0)?),
                opened_to_epoch: row.get::<_, Option<i64>>(1)?.map(unsigned),
                erased: row.get::<_, Option<i64>>(2)?.is_some(),
            })
        })
        .optional()?;
    Ok(row)
}

/// Adds a record.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    record: &RecordId,
    creator: &DeviceId,
) -> Result<(), ServerError> {
    transaction.prepare_cached("INSERT INTO record (space, record, creator) VALUES (?1, ?2, ?3)")?.execute(params![
        space.as_bytes(),
        record.as_bytes(),
        creator.as_bytes()
    ])?;
    Ok(())
}

/// Notes that desks may read the record, thanks to the capsule with this number. With `again`, also if they could before.
pub(crate) fn open_to_epoch(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    record: &RecordId,
    (sequence, again): (u64, bool),
) -> Result<(), ServerError> {
    transaction
        .prepare_cached(
            "UPDATE record SET opened_to_epoch = ?3 WHERE space = ?1 AND record = ?2 AND (opened_to_epoch IS NULL OR ?4)",
        )?
        .execute(params![space.as_bytes(), record.as_bytes(), signed(sequence), again])?;
    Ok(())
}

/// Notes that a device may read the record, thanks to the capsule with this number. With `again`, also if it could before.
pub(crate) fn open_to_device(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    record: &RecordId,
    device: &DeviceId,
    (sequence, again): (u64, bool),
) -> Result<(), ServerError> {
    transaction
        .prepare_cached(
            "INSERT INTO reader (space, device, record, opened) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (space, device, record) DO UPDATE SET opened = excluded.opened WHERE ?5",
        )?
        .execute(params![space.as_bytes(), device.as_bytes(), record.as_bytes(), signed(sequence), again])?;
    Ok(())
}

/// For a device that may read the record: the capsule that last let it read what it could not read before.
pub(crate) fn opened_to(
    connection: &Connection,
    space: &SpaceId,
    record: &RecordId,
    device: &DeviceId,
) -> Result<Option<u64>, ServerError> {
    let opened = connection
        .prepare_cached("SELECT opened FROM reader WHERE space = ?1 AND device = ?2 AND record = ?3")?
        .query_row(params![space.as_bytes(), device.as_bytes(), record.as_bytes()], |row| row.get(0).map(unsigned))
        .optional()?;
    Ok(opened)
}

/// The record that a generation of keys belongs to.
pub(crate) fn of_generation(
    connection: &Connection,
    space: &SpaceId,
    commitment: &KeyCommitment,
) -> Result<Option<RecordId>, ServerError> {
    let record = connection
        .prepare_cached("SELECT record FROM generation WHERE space = ?1 AND commitment = ?2")?
        .query_row(params![space.as_bytes(), commitment.as_bytes()], |row| row.get(0).map(RecordId))
        .optional()?;
    Ok(record)
}

/// Names a generation of a record's keys.
pub(crate) fn insert_generation(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    commitment: &KeyCommitment,
    record: &RecordId,
) -> Result<(), ServerError> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO generation (space, commitment, record) VALUES (?1, ?2, ?3)")?
        .execute(params![space.as_bytes(), commitment.as_bytes(), record.as_bytes()])?;
    Ok(())
}

/// Marks the record as erased by the tombstone with this number.
pub(crate) fn mark_erased(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    record: &RecordId,
    sequence: u64,
) -> Result<(), ServerError> {
    transaction
        .prepare_cached("UPDATE record SET erased = ?3 WHERE space = ?1 AND record = ?2 AND erased IS NULL")?
        .execute(params![space.as_bytes(), record.as_bytes(), signed(sequence)])?;
    Ok(())
}
