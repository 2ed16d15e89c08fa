//! Where each item of a batch goes: what record it belongs to, whether its author may push it, and who may read it then.
//! Either every item of a batch is placed or none is. Items of an erased record are let go without a trace, so that one
//! erased record never holds up a batch.

use super::push::Author;
use crate::error::ServerError;
use crate::store::aside::AsideBatch;
use crate::store::items::{self, ItemKind, ItemRow};
use crate::store::{devices, erasure, receipts, records, signed, spaces};
use vigil_protocol::{Capsule, Item, KeyReference, PulledItem, Receipt, Recipient, RecordId, Role};

/// That all items were placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    /// Whether one of them was a tombstone that destroyed something.
    pub(crate) erased: bool,
}

/// What becomes of one item.
enum Decision {
    /// It is stored as an item of this record; a receipt for a batch, under the batch's author.
    Keep(RecordId),
    /// It belongs to an erased record, or is a receipt that says nothing new.
    LetGo,
    /// Its author may not push it.
    Refuse,
}

/// Places the items under the numbers from `first` on. `None` if the rules do not allow one of them; the caller then
/// takes back what was done for the others.
pub(crate) fn place_all(author: &Author<'_>, batch: &AsideBatch, first: u64) -> Result<Option<Placed>, ServerError> {
    let mut placed = Placed { erased: false };
    let (mut count, mut total) = (0, 0);
    for (item, sequence) in batch.items.iter().zip(first..) {
        let PulledItem::Present(item) = item else { continue };
        let record = match decide(author, item)? {
            Decision::Keep(record) => record,
            Decision::LetGo => continue,
            Decision::Refuse => return Ok(None),
        };
        let row = ItemRow {
            sequence,
            record,
            author: author.device,
            counter: batch.header.chain.number(),
            kind: ItemKind::of(item),
            bytes: items::size(item),
        };
        items::insert(author.transaction, &author.view.space(), &row, item)?;
        count += 1;
        total += signed(row.bytes);
        if let Some(capsule) = item.capsule() {
            open_to_recipients(author, capsule, sequence, row.kind == ItemKind::Grant)?;
        }
        if row.kind == ItemKind::Tombstone {
            erasure::erase(author.transaction, &author.view.space(), &record, sequence)?;
            placed.erased = true;
        }
    }
    let space = author.view.space();
    devices::add_usage(author.transaction, &space, &author.device, (count, total))?;
    spaces::add_usage(author.transaction, &space, count, total)?;
    Ok(Some(placed))
}

fn leads(author: &Author<'_>) -> bool {
    matches!(author.role, Role::Officer | Role::Desk)
}

fn decide(author: &Author<'_>, item: &Item) -> Result<Decision, ServerError> {
    match item {
        Item::Write(KeyReference::New(capsule), _) => decide_capsule(author, capsule, true),
        Item::Grant(capsule) => decide_capsule(author, capsule, false),
        Item::Write(KeyReference::Known(commitment), _) => {
            let (tx, space) = (author.transaction, author.view.space());
            let Some(record) = records::of_generation(tx, &space, commitment)? else { return Ok(Decision::Refuse) };
            let erased = records::find(tx, &space, &record)?.is_some_and(|row| row.erased);
            Ok(if erased { Decision::LetGo } else { Decision::Keep(record) })
        }
        Item::Tombstone(record) => decide_tombstone(author, record),
        Item::Receipt(receipt) => decide_receipt(author, receipt),
    }
}

/// A receipt never holds up the batch that it came in: one that its author may not give, or has given, is let go.
fn decide_receipt(author: &Author<'_>, receipt: &Receipt) -> Result<Decision, ServerError> {
    if receipts::is_given(author.transaction, &author.view.space(), &author.device, receipt)? {
        return Ok(Decision::LetGo);
    }
    Ok(match receipt {
        Receipt::Batch { device, .. } if leads(author) && author.view.member(device).is_some() => {
            Decision::Keep(RecordId(*device.as_bytes()))
        }
        Receipt::Batch { .. } => Decision::LetGo,
        Receipt::Erased { record } => Decision::Keep(*record),
    })
}

fn decide_capsule(author: &Author<'_>, capsule: &Capsule, writes: bool) -> Result<Decision, ServerError> {
    let (tx, space, record) = (author.transaction, author.view.space(), capsule.record);
    let owner = records::of_generation(tx, &space, &capsule.commitment)?;
    if owner.is_some_and(|owner| owner != record) {
        return Ok(Decision::Refuse);
    }
    match records::find(tx, &space, &record)? {
        Some(row) if row.erased => return Ok(Decision::LetGo),
        Some(row) => {
            if !leads(author) && records::opened_to(tx, &space, &record, &author.device)?.is_none() {
                let brought_by = author.view.member(&row.creator).map(|member| member.role);
                let by_hand = writes && owner.is_some() && matches!(brought_by, Some(Role::Officer | Role::Desk));
                if !by_hand {
                    return Ok(Decision::Refuse);
                }
                // Its copies were handed over, and the officer or desk who took them in brought the same key here first.
                records::open_to_device(tx, &space, &record, &author.device, (0, false))?;
            }
        }
        None => {
            records::insert(tx, &space, &record, &author.device)?;
            records::open_to_device(tx, &space, &record, &author.device, (0, false))?;
        }
    }
    if owner.is_none() {
        records::insert_generation(tx, &space, &capsule.commitment, &record)?;
    }
    Ok(Decision::Keep(record))
}

fn decide_tombstone(author: &Author<'_>, record: &RecordId) -> Result<Decision, ServerError> {
    let (tx, space) = (author.transaction, author.view.space());
    let found = records::find(tx, &space, record)?;
    // Two persons erase a case (PROTOCOL 19). Judged by the log as it is now: what its author had seen of it is its word.
    if author.view.erasure_takes_two(record, author.view.length()) && !found.as_ref().is_some_and(|row| row.erased) {
        return Ok(Decision::Refuse);
    }
    match found {
        Some(row) if row.erased => Ok(Decision::LetGo),
        Some(row) if row.creator == author.device || leads(author) => Ok(Decision::Keep(*record)),
        // Not here: still on its way, or handed over by sealed copies only. The desks hear of it all the same.
        None => {
            records::insert(tx, &space, record, &author.device)?;
            records::open_to_epoch(tx, &space, record, (0, false))?;
            Ok(Decision::Keep(*record))
        }
        Some(_) => Ok(Decision::Refuse),
    }
}

/// Writes down who may read the record from now on. A grant opens what was there before, also to those who could read a
/// part of it; a new generation opens earlier items only to those who could read nothing.
fn open_to_recipients(
    author: &Author<'_>,
    capsule: &Capsule,
    sequence: u64,
    is_grant: bool,
) -> Result<(), ServerError> {
    let (tx, space, record) = (author.transaction, author.view.space(), capsule.record);
    for copy in &capsule.sealed {
        match copy.to {
            Recipient::Epoch(_) => records::open_to_epoch(tx, &space, &record, (sequence, is_grant))?,
            Recipient::Device(device) if device == author.device => {
                records::open_to_device(tx, &space, &record, &device, (0, false))?;
            }
            Recipient::Device(device) => {
                records::open_to_device(tx, &space, &record, &device, (sequence, is_grant))?;
            }
            // A desk that restores the committee's access is given what the recovery key opens.
            Recipient::Recovery => {
                for desk in author.view.active_members().filter(|member| member.for_recovery) {
                    records::open_to_device(tx, &space, &record, &desk.device, (sequence, is_grant))?;
                }
            }
        }
    }
    Ok(())
}
