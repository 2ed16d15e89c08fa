//! Batches outside the chains: those that wait for their predecessor, and the other sides of forks, kept as proof.
//! Their items can be destroyed one by one like all others, leaving hashes.

use super::{signed, unsigned};
use crate::error::ServerError;
use minicbor::{Decode, Encode};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vigil_protocol::{BatchHeader, DeviceId, ExpandedBatch, Hash, PulledItem, Signature, SpaceId, canonical};

/// Why a batch stands aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsideKind {
    /// Its predecessor has not arrived.
    Provisional,
    /// Another batch has its counter.
    Fork,
}

impl AsideKind {
    fn column(self) -> i64 {
        match self {
            Self::Provisional => 0,
            Self::Fork => 1,
        }
    }
}

/// A batch that stands aside, as it is stored.
#[derive(Clone, Debug, Encode, Decode)]
#[cbor(array)]
pub(crate) struct AsideBatch {
    #[n(0)]
    pub(crate) header: BatchHeader,
    #[n(1)]
    pub(crate) signature: Signature,
    /// The items; those that are gone, as those of erased records are, are hashes.
    #[n(2)]
    pub(crate) items: Vec<PulledItem>,
}

impl From<ExpandedBatch> for AsideBatch {
    fn from(batch: ExpandedBatch) -> Self {
        Self { header: batch.header, signature: batch.signature, items: batch.items }
    }
}

fn read(bytes: &[u8]) -> Result<AsideBatch, ServerError> {
    canonical::decode(bytes).map_err(|_| ServerError::DamagedRow { what: "batch that stands aside" })
}

/// How many batches of a device stand aside for this reason, and how many bytes they take.
pub(crate) fn usage(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
    kind: AsideKind,
) -> Result<(u64, u64), ServerError> {
    let usage = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(length(batch)), 0) FROM aside WHERE space = ?1 AND device = ?2 AND kind = ?3",
        )?
        .query_row(params![space.as_bytes(), device.as_bytes(), kind.column()], |row| {
            Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)))
        })?;
    Ok(usage)
}

/// The hash of the provisional batch with this counter.
pub(crate) fn provisional_hash(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
    counter: u64,
) -> Result<Option<Hash>, ServerError> {
    let hash = connection
        .prepare_cached("SELECT hash FROM aside WHERE space = ?1 AND device = ?2 AND counter = ?3 AND kind = 0")?
        .query_row(params![space.as_bytes(), device.as_bytes(), signed(counter)], |row| row.get(0).map(Hash))
        .optional()?;
    Ok(hash)
}

/// Puts a batch aside. One that is there already stays.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    kind: AsideKind,
    hash: &Hash,
    batch: &AsideBatch,
) -> Result<(), ServerError> {
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO aside (space, device, counter, hash, kind, batch) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            batch.header.space.as_bytes(),
            batch.header.device.as_bytes(),
            signed(batch.header.chain.number()),
            hash.as_bytes(),
            kind.column(),
            canonical::encode(batch),
        ])?;
    Ok(())
}

/// Takes the provisional batch with this counter out.
pub(crate) fn take_provisional(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    device: &DeviceId,
    counter: u64,
) -> Result<Option<(Hash, AsideBatch)>, ServerError> {
    let found: Option<([u8; 32], Vec<u8>)> = transaction
        .prepare_cached(
            "DELETE FROM aside WHERE space = ?1 AND device = ?2 AND counter = ?3 AND kind = 0 RETURNING hash, batch",
        )?
        .query_row(params![space.as_bytes(), device.as_bytes(), signed(counter)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found.map(|(hash, bytes)| Ok((Hash(hash), read(&bytes)?))).transpose()
}

/// Changes every batch of a space that stands aside; `change` says whether it did anything.
pub(crate) fn change_all(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    mut change: impl FnMut(&mut AsideBatch) -> Result<bool, ServerError>,
) -> Result<(), ServerError> {
    let mut rows = transaction.prepare_cached("SELECT rowid FROM aside WHERE space = ?1")?;
    let rows: Vec<i64> = rows.query_map([space.as_bytes()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for row in rows {
        let bytes: Vec<u8> =
            transaction.prepare_cached("SELECT batch FROM aside WHERE rowid = ?1")?.query_row([row], |r| r.get(0))?;
        let mut batch = read(&bytes)?;
        if change(&mut batch)? {
            transaction
                .prepare_cached("UPDATE aside SET batch = ?2 WHERE rowid = ?1")?
                .execute(params![row, canonical::encode(&batch)])?;
        }
    }
    Ok(())
}
