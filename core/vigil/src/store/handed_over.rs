//! Records whose readable copy this device destroyed: what is left of them, and the destroying itself.
//! It promises that no key, document, event, column, word or original item of such a record is left, and that what is left
//! names nobody and nowhere.

use super::{StoreError, chains, generations, records};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use vigil_protocol::{DeviceId, KeyCommitment, RecordId, Timestamp};

/// Why a record's content is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    HandedOver,
    Aged,
    Unassigned,
}

impl Why {
    const ALL: [Self; 3] = [Self::HandedOver, Self::Aged, Self::Unassigned];

    fn column(self) -> i64 {
        match self {
            Self::HandedOver => 0,
            Self::Aged => 1,
            Self::Unassigned => 2,
        }
    }
}

/// What is left of a record.
#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) record: RecordId,
    pub(crate) kind: String,
    pub(crate) creator: DeviceId,
    /// To the hour.
    pub(crate) created_at: Timestamp,
    pub(crate) why: Why,
    pub(crate) received: bool,
}

const COLUMNS: &str = "record, kind, creator, created_at, why, received";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Stub> {
    let why: i64 = row.get(4)?;
    Ok(Stub {
        record: RecordId(row.get(0)?),
        kind: row.get(1)?,
        creator: DeviceId(row.get(2)?),
        created_at: Timestamp(row.get(3)?),
        why: Why::ALL
            .into_iter()
            .find(|known| known.column() == why)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(4, why))?,
        received: row.get(5)?,
    })
}

/// Destroys the readable copy of a record and leaves its stub; without one, whatever else there is of it.
pub(crate) fn retire(tx: &Transaction<'_>, record: &RecordId, why: Why) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO gone_generation SELECT commitment, record FROM generation WHERE record = ?1
         ON CONFLICT DO NOTHING",
    )?
    .execute([record.as_bytes()])?;
    tx.prepare_cached(
        "INSERT INTO handed_over (record, kind, creator, created_at, why, received)
         SELECT id, kind, creator, created_at / 3600000 * 3600000, ?2,
                EXISTS (SELECT 1 FROM acknowledged WHERE record = ?1)
                AND NOT EXISTS (SELECT 1 FROM kept_item WHERE record = ?1)
         FROM record WHERE id = ?1 ON CONFLICT DO NOTHING",
    )?
    .execute((record.as_bytes(), why.column()))?;
    tx.prepare_cached("DELETE FROM acknowledged WHERE record = ?1")?.execute([record.as_bytes()])?;
    records::remove(tx, record)?;
    generations::destroy(tx, record)?;
    chains::destroy(tx, record)
}

/// Forgets the stub: the record was erased, or came back.
pub(crate) fn forget(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM handed_over WHERE record = ?1")?.execute([record.as_bytes()])?;
    tx.prepare_cached("DELETE FROM gone_generation WHERE record = ?1")?.execute([record.as_bytes()])?;
    tx.prepare_cached("DELETE FROM acknowledged WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}

/// Notes the name of a key under which others write to a record that is gone here.
pub(crate) fn note_generation(
    tx: &Transaction<'_>,
    record: &RecordId,
    commitment: &KeyCommitment,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO gone_generation VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((commitment.as_bytes(), record.as_bytes()))?;
    Ok(())
}

/// The record that is gone here and that this key belongs to.
pub(crate) fn of_generation(
    connection: &Connection,
    commitment: &KeyCommitment,
) -> Result<Option<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT record FROM gone_generation WHERE commitment = ?1")?;
    Ok(statement.query_row([commitment.as_bytes()], |row| row.get(0).map(RecordId)).optional()?)
}

/// Notes when a record's last save was acknowledged.
pub(crate) fn note_acknowledged(tx: &Transaction<'_>, record: &RecordId, at: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO acknowledged VALUES (?1, ?2) ON CONFLICT (record) DO UPDATE SET at = max(at, excluded.at)",
    )?
    .execute((record.as_bytes(), at.0))?;
    Ok(())
}

pub(crate) fn find(connection: &Connection, record: &RecordId) -> Result<Option<Stub>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM handed_over WHERE record = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([record.as_bytes()], from_row).optional()?)
}

/// Stubs of a kind, or of all, newest first.
pub(crate) fn list(connection: &Connection, kind: Option<&str>, limit: u32) -> Result<Vec<Stub>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM handed_over WHERE ?1 IS NULL OR kind = ?1 ORDER BY created_at DESC, record DESC LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((kind, limit), from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ids between two, both included, at most `limit`.
pub(crate) fn between(
    connection: &Connection,
    (first, last): (&RecordId, &RecordId),
    limit: u32,
) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT record FROM handed_over WHERE record BETWEEN ?1 AND ?2 ORDER BY record LIMIT ?3")?;
    let rows = statement.query_map((first.as_bytes(), last.as_bytes(), limit), |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn count(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT count(*) FROM handed_over")?.query_row([], |row| row.get(0))?)
}

/// Whether a save of the record waits for its acknowledgement.
pub(crate) fn waits(connection: &Connection, record: &RecordId) -> Result<bool, StoreError> {
    let unsent: Option<i64> = connection
        .prepare_cached("SELECT unsent FROM record WHERE id = ?1")?
        .query_row([record.as_bytes()], |row| row.get(0))
        .optional()?;
    match unsent {
        Some(unsent) => Ok(unsent > 0),
        // Only additions to what is gone have no row: there are few.
        None => {
            Ok(connection.prepare_cached("SELECT 1 FROM pending WHERE record = ?1")?.exists([record.as_bytes()])?)
        }
    }
}

/// A record that could be destroyed: everything of it is acknowledged, nobody has to settle anything in it, and no opinion
/// of this device waits for others'.
pub(crate) struct Settled {
    pub(crate) record: RecordId,
    pub(crate) kind: String,
}

/// Such records whose last change and acknowledgement are before a time; all of them, if none is given.
pub(crate) fn settled(connection: &Connection, before: Option<Timestamp>) -> Result<Vec<Settled>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.id, r.kind FROM record r LEFT JOIN acknowledged a ON a.record = r.id
         WHERE r.unsent = 0 AND (?1 IS NULL OR (r.conflicts = 0 AND max(r.updated_at, ifnull(a.at, r.updated_at)) < ?1))
         AND NOT EXISTS (SELECT 1 FROM unopened_opinion o WHERE o.record = r.number)",
    )?;
    let rows = statement.query_map([before.map(|time| time.0)], |row| {
        Ok(Settled { record: RecordId(row.get(0)?), kind: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
