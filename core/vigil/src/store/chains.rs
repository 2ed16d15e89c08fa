//! Verified batch headers, original items, parked items and proofs of equivocation.
//! Whether two headers follow each other can be checked in any order of arrival, because each names its predecessor.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Transaction};
use vigil_protocol::{Chain, DeviceId, Hash, RecordId};

/// A header that was verified, as it was signed.
pub(crate) struct StoredHeader {
    pub(crate) hash: Hash,
    pub(crate) header: Vec<u8>,
}

/// Why an item could not be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// No key that this device holds opens it.
    NoKey,
    /// Changes that it builds on have not come yet.
    MissingChanges,
    /// It does not open in the place where it stands.
    DoesNotOpen,
    /// An event inside is not its author's.
    BadEvent,
    /// This device's own document cannot be read.
    OwnDocument,
    /// Compression, content or guard refused it; the code says which rule.
    Refused(&'static str),
    /// Its author was removed and the removal does not count it (PROTOCOL 11).
    RemovedAuthor,
    /// Its author is suspended.
    SuspendedAuthor,
    /// It contradicts another batch of its author.
    Equivocation,
    /// An earlier attempt to take it in never ended.
    Quarantined,
}

impl Reason {
    /// A code that never changes.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoKey => "no_key",
            Self::MissingChanges => "missing_changes",
            Self::DoesNotOpen => "does_not_open",
            Self::BadEvent => "bad_event",
            Self::OwnDocument => "own_document",
            Self::Refused(code) => code,
            Self::RemovedAuthor => "removed_author",
            Self::SuspendedAuthor => "suspended_author",
            Self::Equivocation => "equivocation",
            Self::Quarantined => "quarantined",
        }
    }

    /// Whether nothing but an officer's word releases it.
    fn is_held(self) -> bool {
        matches!(self, Self::RemovedAuthor | Self::SuspendedAuthor | Self::Equivocation | Self::Quarantined)
    }
}

/// An item that could not be taken in yet.
pub(crate) struct Parked {
    pub(crate) place: u32,
    pub(crate) item: Vec<u8>,
    pub(crate) header: Vec<u8>,
}

pub(crate) fn header(
    connection: &Connection,
    device: &DeviceId,
    kind: u8,
    number: u64,
) -> Result<Option<StoredHeader>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT hash, header FROM batch WHERE device = ?1 AND chain = ?2 AND number = ?3")?;
    Ok(statement
        .query_row((device.as_bytes(), kind, number), |row| {
            Ok(StoredHeader { hash: Hash(row.get(0)?), header: row.get(1)? })
        })
        .optional()?)
}

/// What the batch with this number names as its predecessor, if it is held.
pub(crate) fn previous_of(connection: &Connection, device: &DeviceId, number: u64) -> Result<Option<Hash>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT previous FROM batch WHERE device = ?1 AND chain = 0 AND number = ?2")?;
    Ok(statement.query_row((device.as_bytes(), number), |row| row.get(0).map(Hash)).optional()?)
}

/// The newest batch of a device's own chain.
pub(crate) fn last(connection: &Connection, device: &DeviceId) -> Result<(u64, Hash), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, hash FROM batch WHERE device = ?1 AND chain = 0 ORDER BY number DESC LIMIT 1",
    )?;
    let row = statement.query_row([device.as_bytes()], |row| Ok((row.get(0)?, Hash(row.get(1)?)))).optional()?;
    Ok(row.unwrap_or((0, Hash::NONE)))
}

pub(crate) fn insert_header(
    tx: &Transaction<'_>,
    device: &DeviceId,
    chain: &Chain,
    hash: &Hash,
    header: &[u8],
    signature: &[u8],
) -> Result<(), StoreError> {
    let previous = match chain {
        Chain::Sync { previous, .. } => *previous,
        Chain::Copy { .. } => Hash::NONE,
    };
    tx.prepare_cached("INSERT INTO batch VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING")?.execute((
        device.as_bytes(),
        chain.kind(),
        chain.number(),
        hash.as_bytes(),
        previous.as_bytes(),
        header,
        signature,
    ))?;
    Ok(())
}

/// Keeps an original item. Says whether it is new.
pub(crate) fn keep_envelope(
    tx: &Transaction<'_>,
    (device, chain, place): (&DeviceId, &Chain, u32),
    record: &RecordId,
    item: &[u8],
) -> Result<bool, StoreError> {
    let kept = tx
        .prepare_cached("INSERT INTO envelope VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING")?
        .execute((device.as_bytes(), chain.kind(), chain.number(), place, record.as_bytes(), item))?;
    Ok(kept > 0)
}

/// The original items of a record.
pub(crate) fn envelopes(connection: &Connection, record: &RecordId) -> Result<Vec<(DeviceId, Vec<u8>)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT device, item FROM envelope WHERE record = ?1")?;
    let rows = statement.query_map([record.as_bytes()], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Header and signature, as they were signed.
pub(crate) type Signed = (Vec<u8>, Vec<u8>);

/// A batch of a device's own chain.
pub(crate) fn signed_header(
    connection: &Connection,
    device: &DeviceId,
    number: u64,
) -> Result<Option<Signed>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT header, signature FROM batch WHERE device = ?1 AND chain = 0 AND number = ?2")?;
    Ok(statement.query_row((device.as_bytes(), number), |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(crate) fn park(
    tx: &Transaction<'_>,
    (device, chain, place): (&DeviceId, &Chain, u32),
    record: Option<&RecordId>,
    reason: Reason,
    item: &[u8],
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO parked VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET reason = excluded.reason, held = excluded.held,
                                   record = ifnull(excluded.record, record)",
    )?
    .execute((
        device.as_bytes(),
        chain.kind(),
        chain.number(),
        place,
        record.map(RecordId::as_bytes),
        reason.code(),
        reason.is_held(),
        item,
    ))?;
    Ok(())
}

pub(crate) fn unpark(tx: &Transaction<'_>, (device, chain, place): (&DeviceId, &Chain, u32)) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM parked WHERE device = ?1 AND chain = ?2 AND number = ?3 AND place = ?4")?
        .execute((device.as_bytes(), chain.kind(), chain.number(), place))?;
    Ok(())
}

/// Parked items of one record, or (`None`) those whose record is not known yet; oldest of each author first.
pub(crate) fn parked(
    connection: &Connection,
    record: Option<&RecordId>,
    limit: usize,
) -> Result<Vec<Parked>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT place, item, header FROM parked JOIN batch USING (device, chain, number)
         WHERE held = 0 AND record IS ?1 ORDER BY device, chain, number, place LIMIT ?2",
    )?;
    let rows = statement.query_map((record.map(RecordId::as_bytes), limit), |row| {
        Ok(Parked { place: row.get(0)?, item: row.get(1)?, header: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every parked item that may be tried again.
pub(crate) fn all_parked(connection: &Connection, limit: usize) -> Result<Vec<Parked>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT place, item, header FROM parked JOIN batch USING (device, chain, number)
         WHERE held = 0 ORDER BY device, chain, number, place LIMIT ?1",
    )?;
    let rows = statement
        .query_map([limit], |row| Ok(Parked { place: row.get(0)?, item: row.get(1)?, header: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reasons of parked items and how many wait for each.
pub(crate) fn parked_reasons(connection: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT reason, count(*) FROM parked GROUP BY reason")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn prove_equivocation(
    tx: &Transaction<'_>,
    device: &DeviceId,
    counter: u64,
    first: &[u8],
    second: &[u8],
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO equivocation VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?.execute((
        device.as_bytes(),
        counter,
        first,
        second,
    ))?;
    Ok(())
}

pub(crate) fn equivocators(connection: &Connection) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT device FROM equivocation")?;
    let rows = statement.query_map([], |row| row.get(0).map(DeviceId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets everything sealed of an erased record; its headers keep their hashes.
pub(crate) fn destroy(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    destroy_envelopes(tx, record)?;
    tx.prepare_cached("DELETE FROM parked WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}

/// Forgets the original items of a record.
pub(crate) fn destroy_envelopes(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM envelope WHERE record = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}
