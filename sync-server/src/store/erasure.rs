//! Erasure: what a tombstone does to the server's files (PROTOCOL 6).
//! It promises that no content, no capsule and no item row of the record is left, here or in batches that stand aside;
//! hashes in the authors' chains stay and say nothing.

use super::aside;
use super::{records, signed};
use crate::error::ServerError;
use rusqlite::{Transaction, params};
use std::collections::HashSet;
use vigil_protocol::{DeviceId, Item, KeyCommitment, KeyReference, PulledItem, RecordId, SpaceId};

/// Destroys everything of a record but its tombstone, which has the number `tombstone`.
pub(crate) fn erase(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    record: &RecordId,
    tombstone: u64,
) -> Result<(), ServerError> {
    let of_record = params![space.as_bytes(), record.as_bytes()];
    let mut freed: Vec<(DeviceId, i64, i64)> = Vec::new();
    {
        let mut statement = transaction.prepare_cached(
            "SELECT author, count(*), sum(bytes) FROM item INDEXED BY item_by_record \
             WHERE space = ?1 AND record = ?2 AND kind < 3 GROUP BY author",
        )?;
        let mut rows = statement.query(of_record)?;
        while let Some(row) = rows.next()? {
            freed.push((DeviceId(row.get(0)?), row.get(1)?, row.get(2)?));
        }
    }
    for (author, items, bytes) in freed {
        super::devices::add_usage(transaction, space, &author, (-items, -bytes))?;
        super::spaces::add_usage(transaction, space, -items, -bytes)?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM content WHERE space = ?1 AND sequence IN \
             (SELECT sequence FROM item INDEXED BY item_by_record WHERE space = ?1 AND record = ?2)",
        )?
        .execute(of_record)?;
    transaction
        .prepare_cached(
            "DELETE FROM capsule WHERE space = ?1 AND sequence IN \
             (SELECT sequence FROM item INDEXED BY item_by_record WHERE space = ?1 AND record = ?2)",
        )?
        .execute(of_record)?;
    transaction
        .prepare_cached(
            "DELETE FROM item INDEXED BY item_by_record WHERE space = ?1 AND record = ?2 AND sequence <> ?3 AND kind < 4",
        )?
        .execute(params![space.as_bytes(), record.as_bytes(), signed(tombstone)])?;
    records::mark_erased(transaction, space, record, tombstone)?;
    aside::change_all(transaction, space, |batch| {
        // A generation may be named by a capsule in the batch itself, before the server has seen it anywhere else.
        let named: HashSet<KeyCommitment> = batch
            .items
            .iter()
            .filter_map(|item| match item {
                PulledItem::Present(item) => item.capsule().filter(|c| c.record == *record).map(|c| c.commitment),
                PulledItem::Stub(_) => None,
            })
            .collect();
        let mut changed = false;
        for item in &mut batch.items {
            let PulledItem::Present(present) = item else { continue };
            let belongs = match &*present {
                Item::Tombstone(_) | Item::Receipt(_) => false,
                Item::Grant(capsule) | Item::Write(KeyReference::New(capsule), _) => capsule.record == *record,
                Item::Write(KeyReference::Known(commitment), _) => {
                    named.contains(commitment)
                        || records::of_generation(transaction, space, commitment)? == Some(*record)
                }
            };
            if belongs {
                *item = PulledItem::Stub(present.hash());
                changed = true;
            }
        }
        Ok(changed)
    })
}
