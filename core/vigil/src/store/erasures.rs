//! Erasures that a person ordered here, who could read the record, and who says that it is destroyed.
//! Nothing of the record itself is in it: an id, a code and devices.

use super::StoreError;
use rusqlite::{Connection, Transaction};
use vigil_protocol::{DeviceId, RecordId, Timestamp};

/// An erasure.
pub(crate) struct Erasure {
    pub(crate) record: RecordId,
    pub(crate) reason: String,
    pub(crate) erased_at: Timestamp,
    /// Whether this device knew who could read the record.
    pub(crate) complete: bool,
    /// Who could, and whether each has confirmed.
    pub(crate) readers: Vec<(DeviceId, bool)>,
}

/// Writes an erasure down.
pub(crate) fn add(
    tx: &Transaction<'_>,
    record: &RecordId,
    (reason, erased_at, complete): (&str, Timestamp, bool),
    readers: &[DeviceId],
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO erasure VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?.execute((
        record.as_bytes(),
        reason,
        erased_at.0,
        complete,
    ))?;
    let mut reader = tx.prepare_cached("INSERT INTO erasure_reader VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for device in readers {
        reader.execute((record.as_bytes(), device.as_bytes()))?;
    }
    Ok(())
}

/// Notes that a device says that it destroyed a record that was erased here. Whatever else is said is nobody's business.
pub(crate) fn confirm(tx: &Transaction<'_>, record: &RecordId, device: &DeviceId) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO erasure_confirmed SELECT record, ?2 FROM erasure WHERE record = ?1 ON CONFLICT DO NOTHING",
    )?
    .execute((record.as_bytes(), device.as_bytes()))?;
    Ok(())
}

/// All erasures, newest first.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Erasure>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT record, reason, erased_at, complete FROM erasure ORDER BY erased_at DESC, record")?;
    let rows = statement.query_map([], |row| {
        Ok(Erasure {
            record: RecordId(row.get(0)?),
            reason: row.get(1)?,
            erased_at: Timestamp(row.get(2)?),
            complete: row.get(3)?,
            readers: Vec::new(),
        })
    })?;
    let mut erasures = rows.collect::<Result<Vec<_>, _>>()?;
    let mut readers = connection.prepare_cached(
        "SELECT r.device, EXISTS (SELECT 1 FROM erasure_confirmed c WHERE c.record = r.record AND c.device = r.device)
         FROM erasure_reader r WHERE r.record = ?1 ORDER BY r.device",
    )?;
    for erasure in &mut erasures {
        let rows = readers
            .query_map([erasure.record.as_bytes()], |row| Ok((DeviceId(row.get(0)?), row.get::<_, bool>(1)?)))?;
        erasure.readers = rows.collect::<Result<_, _>>()?;
    }
    Ok(erasures)
}
