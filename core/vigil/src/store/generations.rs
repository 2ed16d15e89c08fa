//! Record keys by generation.
//! The newest generation comes first; erasing a record destroys them all.

use super::StoreError;
use crate::keys::Secret;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use vigil_protocol::{DeviceId, KeyCommitment, RecordId};

/// A record key that this device holds.
#[derive(Clone)]
pub(crate) struct Generation {
    pub(crate) commitment: KeyCommitment,
    pub(crate) record: RecordId,
    pub(crate) key: Secret<32>,
    /// Who started it.
    pub(crate) starter: DeviceId,
    /// How much of the membership log its starter knew.
    pub(crate) log_length: u64,
    /// Sequence number of the item with its capsule, once the server has it.
    pub(crate) sequence: Option<u64>,
    /// Whether a signed batch carries its capsule.
    pub(crate) sent: bool,
}

const COLUMNS: &str = "commitment, record, record_key, starter, log_length, sequence, sent";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Generation> {
    let key = zeroize::Zeroizing::new(row.get::<_, Vec<u8>>(2)?);
    let key = Secret::from_slice(&key)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(2, "record_key".into(), rusqlite::types::Type::Blob))?;
    Ok(Generation {
        commitment: KeyCommitment(row.get(0)?),
        record: RecordId(row.get(1)?),
        key,
        starter: DeviceId(row.get(3)?),
        log_length: row.get(4)?,
        sequence: row.get(5)?,
        sent: row.get(6)?,
    })
}

/// All generations of a record, newest first.
pub(crate) fn of_record(connection: &Connection, record: &RecordId) -> Result<Vec<Generation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM generation WHERE record = ?1 ORDER BY ordinal DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([record.as_bytes()], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every key that this device holds.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Generation>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM generation"))?;
    let rows = statement.query_map([], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn by_commitment(
    connection: &Connection,
    commitment: &KeyCommitment,
) -> Result<Option<Generation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM generation WHERE commitment = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([commitment.as_bytes()], from_row).optional()?)
}

/// Keeps a generation; one that is held already stays as it is.
pub(crate) fn insert(tx: &Transaction<'_>, generation: &Generation) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO generation (commitment, record, record_key, starter, log_length, ordinal, sequence, sent)
         VALUES (?1, ?2, ?3, ?4, ?5, (SELECT ifnull(max(ordinal), 0) + 1 FROM generation WHERE record = ?2), ?6, ?7)
         ON CONFLICT (commitment) DO UPDATE SET sequence = ifnull(sequence, excluded.sequence), sent = max(sent, excluded.sent)",
    )?
    .execute((
        generation.commitment.as_bytes(),
        generation.record.as_bytes(),
        generation.key.expose().as_slice(),
        generation.starter.as_bytes(),
        generation.log_length,
        generation.sequence,
        generation.sent,
    ))?;
    Ok(())
}

pub(crate) fn mark_sent(
    tx: &Transaction<'_>,
    commitment: &KeyCommitment,
    sent: bool,
    sequence: Option<u64>,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE generation SET sent = ?2, sequence = ifnull(?3, sequence) WHERE commitment = ?1")?
        .execute((commitment.as_bytes(), sent, sequence))?;
    Ok(())
}

pub(crate) fn destroy(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM generation WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}
