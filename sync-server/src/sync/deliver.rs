//! Puts the chosen items back into the batches that their authors signed.
//! Whatever the device does not get is there as a hash, so that every signature can be checked.

use crate::error::ServerError;
use crate::store::batches;
use crate::store::items::{self, ItemRow};
use rusqlite::Connection;
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, PulledBatch, PulledItem, SpaceId};

/// The batches of a page, in the order of their numbers.
pub(crate) fn batches_of(
    connection: &Connection,
    space: &SpaceId,
    rows: &[ItemRow],
) -> Result<Vec<PulledBatch>, ServerError> {
    let mut by_batch: BTreeMap<(DeviceId, u64), Vec<&ItemRow>> = BTreeMap::new();
    for row in rows {
        by_batch.entry((row.author, row.counter)).or_default().push(row);
    }
    let mut delivered = Vec::with_capacity(by_batch.len());
    for ((device, counter), rows) in by_batch {
        let batch = batches::stored(connection, space, &device, counter)?;
        let mut items: Vec<PulledItem> = batch.item_hashes.into_iter().map(PulledItem::Stub).collect();
        for row in rows {
            let damaged = ServerError::DamagedRow { what: "number of an item" };
            let index = row.sequence.checked_sub(batch.first_sequence).and_then(|index| usize::try_from(index).ok());
            let slot = index.and_then(|index| items.get_mut(index)).ok_or(damaged)?;
            *slot = PulledItem::Present(items::load(connection, space, row)?);
        }
        delivered.push(PulledBatch {
            device: batch.device,
            chain: batch.chain,
            log_length: batch.log_length,
            salt: batch.salt,
            seen_root: batch.seen_root,
            signature: batch.signature,
            first_sequence: batch.first_sequence,
            items,
        });
    }
    delivered.sort_unstable_by_key(|batch| batch.first_sequence);
    Ok(delivered)
}
