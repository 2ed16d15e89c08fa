//! The push: one outcome for each batch, in their order.
//! It promises that every counter of an author stands for one batch for ever, that asking again gives the same outcome,
//! and that a chain never breaks because the rules did not allow a batch's items.

use super::code_of;
use super::place::{self, Placed};
use crate::config::Quotas;
use crate::error::ServerError;
use crate::limits;
use crate::store::aside::{self, AsideBatch, AsideKind};
use crate::store::batches::{self, Place};
use crate::store::{devices, fits, items, signed, spaces};
use rusqlite::Transaction;
use std::cell::RefCell;
use vigil_protocol::{
    BatchOutcome, Chain, DeviceId, Expand, ExpandedBatch, Hash, KeyCommitment, Membership, ProtocolError, PulledItem,
    PushedBatch, PushedItem, RefusalCode, Role,
};

/// Whoever pushes, and what it pushes into.
pub(crate) struct Author<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) view: &'a Membership,
    pub(crate) device: DeviceId,
    pub(crate) role: Role,
    pub(crate) quotas: &'a Quotas,
}

/// What became of a push.
#[derive(Default)]
pub(crate) struct Pushed {
    pub(crate) outcomes: Vec<BatchOutcome>,
    /// Whether a tombstone destroyed something.
    pub(crate) erased: bool,
}

/// What the database holds, for a batch that leaves it out. It answers for the time before that batch, so that a batch
/// that is sent again is completed as it was the first time.
struct Held<'a> {
    author: &'a Author<'a>,
    before: u64,
    error: RefCell<Option<ServerError>>,
}

impl Held<'_> {
    fn note<T>(&self, result: Result<Option<T>, ServerError>) -> Option<T> {
        result.unwrap_or_else(|error| {
            self.error.replace(Some(error));
            None
        })
    }
}

impl Expand for Held<'_> {
    fn last_batch(&self, device: &DeviceId) -> Option<(u64, Hash)> {
        let counter = self.before.checked_sub(1)?;
        let found = batches::find(self.author.transaction, &self.author.view.space(), device, counter);
        self.note(found).map(|(hash, _)| (counter, hash))
    }

    fn commitment_at(&self, sequence: u64) -> Option<KeyCommitment> {
        if !fits(sequence) {
            return None;
        }
        self.note(items::commitment_at(self.author.transaction, &self.author.view.space(), sequence))
    }
}

/// Takes in a request's batches.
pub(crate) fn push_all(author: &Author<'_>, pushed: Vec<PushedBatch>) -> Result<Pushed, ServerError> {
    let mut result = Pushed::default();
    for batch in pushed {
        let outcome = push(author, batch, &mut result.erased)?;
        result.outcomes.push(outcome);
    }
    Ok(result)
}

fn push(author: &Author<'_>, pushed: PushedBatch, erased: &mut bool) -> Result<BatchOutcome, ServerError> {
    let counter = pushed.counter;
    if counter == 0 || !fits(counter) || pushed.log_length == 0 || !fits(pushed.log_length) {
        return Ok(BatchOutcome::Refused(RefusalCode::Malformed));
    }
    if pushed.log_length > author.view.length() {
        // Its author has entries by hand that nobody has brought here yet. Later it may work.
        return Ok(BatchOutcome::Refused(RefusalCode::Busy));
    }
    let batch = match verified(author, pushed)? {
        Ok(batch) => batch,
        Err(outcome) => return Ok(outcome),
    };
    let (space, hash) = (author.view.space(), batch.header.hash());
    let tx = author.transaction;
    let held = batches::find(tx, &space, &author.device, counter)?;
    if let Some((held, place)) = held
        && held == hash
    {
        return Ok(place.outcome());
    }
    let waiting = aside::provisional_hash(tx, &space, &author.device, counter)?;
    if waiting == Some(hash) {
        return Ok(BatchOutcome::Provisional);
    }
    if held.is_some() || waiting.is_some() {
        if aside::usage(tx, &space, &author.device, AsideKind::Fork)?.0 < limits::MAX_FORKS_PER_DEVICE {
            aside::insert(tx, AsideKind::Fork, &hash, &batch.into())?;
        }
        devices::suspend(tx, &space, &author.device)?;
        return Ok(BatchOutcome::Fork);
    }
    if devices::account(tx, &space, &author.device)?.suspended {
        return Ok(BatchOutcome::Refused(RefusalCode::Suspended));
    }
    let (last, last_hash) = batches::last(tx, &space, &author.device)?.unwrap_or((0, Hash::NONE));
    if counter <= last {
        return Ok(BatchOutcome::Refused(RefusalCode::NotAllowed));
    }
    if counter > last + 1 {
        return wait(author, &hash, batch);
    }
    if !follows(&batch.header.chain, &last_hash) {
        return Ok(BatchOutcome::Refused(RefusalCode::NotAllowed));
    }
    let outcome = accept(author, &hash, batch.into(), erased)?;
    if !matches!(outcome, BatchOutcome::Refused(RefusalCode::Busy)) {
        promote(author, counter, hash, erased)?;
    }
    Ok(outcome)
}

/// The batch that was signed, or the outcome if there is none.
fn verified(author: &Author<'_>, pushed: PushedBatch) -> Result<Result<ExpandedBatch, BatchOutcome>, ServerError> {
    let left_out = (pushed.previous.is_none() && pushed.counter > 1)
        || pushed.items.iter().any(|item| matches!(item, PushedItem::Write(..)));
    let held = Held { author, before: pushed.counter, error: RefCell::new(None) };
    let expanded = pushed.expand(author.device, author.view, &held);
    if let Some(error) = held.error.into_inner() {
        return Err(error);
    }
    let verified = expanded.and_then(|batch| {
        batch.verify(author.view)?;
        Ok(batch)
    });
    Ok(verified.map_err(|error| match error {
        // What was left out may have been completed with something else than what was signed.
        ProtocolError::BrokenChain { .. } | ProtocolError::BadSignature { .. } if left_out => BatchOutcome::SendInFull,
        error => BatchOutcome::Refused(code_of(&error)),
    }))
}

fn follows(chain: &Chain, last: &Hash) -> bool {
    matches!(chain, Chain::Sync { previous, .. } if previous == last)
}

/// Keeps a batch until its predecessor arrives.
fn wait(author: &Author<'_>, hash: &Hash, batch: ExpandedBatch) -> Result<BatchOutcome, ServerError> {
    let space = author.view.space();
    let (count, bytes) = aside::usage(author.transaction, &space, &author.device, AsideKind::Provisional)?;
    if count >= limits::MAX_PROVISIONAL_PER_DEVICE || bytes >= limits::MAX_PROVISIONAL_BYTES_PER_DEVICE {
        return Ok(BatchOutcome::Refused(RefusalCode::Busy));
    }
    aside::insert(author.transaction, AsideKind::Provisional, hash, &batch.into())?;
    Ok(BatchOutcome::Provisional)
}

/// Moves waiting batches into the chain, as far as they follow.
fn promote(author: &Author<'_>, mut counter: u64, mut hash: Hash, erased: &mut bool) -> Result<(), ServerError> {
    let space = author.view.space();
    while let Some((next_hash, next)) =
        aside::take_provisional(author.transaction, &space, &author.device, counter + 1)?
    {
        if !follows(&next.header.chain, &hash) {
            return Ok(());
        }
        let kept = next.clone();
        if matches!(accept(author, &next_hash, next, erased)?, BatchOutcome::Refused(RefusalCode::Busy)) {
            return aside::insert(author.transaction, AsideKind::Provisional, &next_hash, &kept);
        }
        counter += 1;
        hash = next_hash;
    }
    Ok(())
}

/// Gives a verified batch the next place of its author's chain.
fn accept(author: &Author<'_>, hash: &Hash, batch: AsideBatch, erased: &mut bool) -> Result<BatchOutcome, ServerError> {
    let (tx, view) = (author.transaction, author.view);
    let space = view.space();
    let header_bytes = limits::BATCH_HEADER_BYTES + limits::ITEM_HASH_BYTES * batch.items.len() as u64;
    let item_bytes: u64 = batch.items.iter().map(present_size).sum();
    if !has_room(author, batch.items.len() as u64, header_bytes + item_bytes)? {
        return Ok(BatchOutcome::Refused(RefusalCode::Busy));
    }
    let place = if view.epoch_at(batch.header.log_length) == view.epoch() {
        tx.prepare_cached("SAVEPOINT batch")?.execute([])?;
        let first = spaces::take_sequences(tx, &space, batch.items.len() as u64)?;
        let placed = place::place_all(author, &batch, first)?;
        if let Some(Placed { erased: destroyed }) = placed {
            *erased |= destroyed;
        } else {
            tx.prepare_cached("ROLLBACK TO batch")?.execute([])?;
        }
        tx.prepare_cached("RELEASE batch")?.execute([])?;
        placed.map_or(Place::Refused, |_| Place::Stored(first))
    } else {
        Place::Stale
    };
    batches::insert(tx, &batch.header, &batch.signature, hash, place)?;
    devices::add_usage(tx, &space, &author.device, (0, signed(header_bytes)))?;
    spaces::add_usage(tx, &space, 0, signed(header_bytes))?;
    Ok(place.outcome())
}

fn present_size(item: &PulledItem) -> u64 {
    match item {
        PulledItem::Present(item) => items::size(item),
        PulledItem::Stub(_) => 0,
    }
}

fn has_room(author: &Author<'_>, items: u64, bytes: u64) -> Result<bool, ServerError> {
    let space = author.view.space();
    let device = devices::account(author.transaction, &space, &author.device)?;
    let (space_items, space_bytes) = spaces::usage(author.transaction, &space)?;
    Ok(device.items.saturating_add(items) <= author.quotas.items_per_device
        && device.bytes.saturating_add(bytes) <= author.quotas.bytes_per_device
        && space_items.saturating_add(items) <= author.quotas.items_per_space
        && space_bytes.saturating_add(bytes) <= author.quotas.bytes_per_space)
}
