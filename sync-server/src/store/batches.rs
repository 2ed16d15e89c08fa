//! The authors' chains: one row for each counter, with everything that the author's signature covers.
//! Rows promise to stay when contents are destroyed: an author's chain never has a hole.

use super::{signed, unsigned};
use crate::error::ServerError;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use vigil_protocol::{BatchHeader, BatchOutcome, Chain, DeviceId, Hash, RefusalCode, Salt, Signature, SpaceId};

/// What stands at one place of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Its items have numbers, from this one on.
    Stored(u64),
    /// The epoch had changed: the batch is in the chain, its items are not handed out.
    Stale,
    /// The rules did not allow an item: the batch is in the chain, its items are not handed out.
    Refused,
}

impl Place {
    /// What its author is told, today and each time it asks again.
    pub(crate) fn outcome(self) -> BatchOutcome {
        match self {
            Self::Stored(first) => BatchOutcome::Stored(first),
            Self::Stale => BatchOutcome::StaleEpoch,
            Self::Refused => BatchOutcome::Refused(RefusalCode::NotAllowed),
        }
    }

    fn columns(self) -> (i64, Option<i64>) {
        match self {
            Self::Stored(first) => (0, Some(signed(first))),
            Self::Stale => (1, None),
            Self::Refused => (2, None),
        }
    }
}

/// A stored batch without its items.
pub(crate) struct ChainedBatch {
    pub(crate) device: DeviceId,
    pub(crate) chain: Chain,
    pub(crate) log_length: u64,
    pub(crate) salt: Salt,
    pub(crate) seen_root: Option<Hash>,
    pub(crate) signature: Signature,
    pub(crate) first_sequence: u64,
    pub(crate) item_hashes: Vec<Hash>,
}

/// The hash and the place of the batch with this counter.
pub(crate) fn find(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
    counter: u64,
) -> Result<Option<(Hash, Place)>, ServerError> {
    let found = connection
        .prepare_cached(
            "SELECT hash, state, first_sequence FROM batch WHERE space = ?1 AND device = ?2 AND counter = ?3",
        )?
        .query_row(params![space.as_bytes(), device.as_bytes(), signed(counter)], |row| {
            let place = match (row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?) {
                (0, Some(first)) => Place::Stored(unsigned(first)),
                (1, _) => Place::Stale,
                _ => Place::Refused,
            };
            Ok((Hash(row.get(0)?), place))
        })
        .optional()?;
    Ok(found)
}

/// The newest batch of an author's chain.
pub(crate) fn last(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
) -> Result<Option<(u64, Hash)>, ServerError> {
    let last = connection
        .prepare_cached(
            "SELECT counter, hash FROM batch WHERE space = ?1 AND device = ?2 ORDER BY counter DESC LIMIT 1",
        )?
        .query_row(params![space.as_bytes(), device.as_bytes()], |row| Ok((unsigned(row.get(0)?), Hash(row.get(1)?))))
        .optional()?;
    Ok(last)
}

/// Adds the next batch of a chain.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    header: &BatchHeader,
    signature: &Signature,
    hash: &Hash,
    place: Place,
) -> Result<(), ServerError> {
    let Chain::Sync { counter, previous } = header.chain else {
        return Err(ServerError::DamagedRow { what: "batch of the author's chain" });
    };
    let item_hashes: Vec<u8> = header.items.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let (state, first) = place.columns();
    transaction
        .prepare_cached(
            "INSERT INTO batch (space, device, counter, hash, previous, log_length, salt, seen_root, item_hashes, \
             signature, state, first_sequence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            header.space.as_bytes(),
            header.device.as_bytes(),
            signed(counter),
            hash.as_bytes(),
            previous.as_bytes(),
            signed(header.log_length),
            header.salt.as_bytes(),
            header.seen_root.as_ref().map(Hash::as_bytes),
            item_hashes,
            signature.as_bytes(),
            state,
            first,
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<ChainedBatch> {
    let item_hashes = row.get_ref(7)?.as_blob()?.chunks_exact(Hash::LENGTH).filter_map(Hash::from_slice).collect();
    Ok(ChainedBatch {
        device: DeviceId(row.get(0)?),
        chain: Chain::Sync { counter: unsigned(row.get(1)?), previous: Hash(row.get(2)?) },
        log_length: unsigned(row.get(3)?),
        salt: Salt(row.get(4)?),
        seen_root: row.get::<_, Option<[u8; 32]>>(5)?.map(Hash),
        signature: Signature(row.get(6)?),
        first_sequence: unsigned(row.get(8)?),
        item_hashes,
    })
}

/// A batch whose items have numbers.
pub(crate) fn stored(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
    counter: u64,
) -> Result<ChainedBatch, ServerError> {
    connection
        .prepare_cached(
            "SELECT device, counter, previous, log_length, salt, seen_root, signature, item_hashes, first_sequence \
             FROM batch WHERE space = ?1 AND device = ?2 AND counter = ?3 AND state = 0",
        )?
        .query_row(params![space.as_bytes(), device.as_bytes(), signed(counter)], read)
        .optional()?
        .ok_or(ServerError::DamagedRow { what: "batch" })
}

/// How many items a batch has.
pub(crate) fn item_count(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
    counter: u64,
) -> Result<u64, ServerError> {
    let count = connection
        .prepare_cached("SELECT length(item_hashes) / 32 FROM batch WHERE space = ?1 AND device = ?2 AND counter = ?3")?
        .query_row(params![space.as_bytes(), device.as_bytes(), signed(counter)], |row| row.get(0).map(unsigned))?;
    Ok(count)
}
