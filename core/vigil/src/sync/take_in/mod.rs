//! Taking in: a page of batches from the server becomes records, or waits, or is set aside - each record on its own.
//! The order is fixed (DESIGN 3.4): sizes, signature, membership, the author's chain, decryption, bounded inflation, the
//! guard. A page is applied in one transaction; a crash in the middle of it leads to a careful second attempt.

mod reader;
#[cfg(test)]
mod tests;

use super::readers::{Erasing, MayNot, may_erase};
use crate::error::{Result, VigilError};
use crate::keys::SealingKeyPair;
use crate::records::{EventBody, Outcome, Received, SignedEvent};
use crate::store::chains::Reason;
use crate::store::{
    self, Parked, Row, Setting, chains, erasures, generations, handed_over, receipts, records, settings,
};
use crate::vault::{Space, Vault, is_copy_of};
use reader::{Done, Incoming, Job, Reader, Spot};
use rusqlite::{Connection, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vigil_protocol::{
    BatchHeader, Chain, DeviceId, Hash, Item, KeyCommitment, KeyReference, PulledBatch, PulledItem, Receipt, Recipient,
    RecordId, Role, SequenceRanges, Signature, canonical,
};

/// Most parked items without a known record that are looked at again when new keys arrive.
const MAX_PARKED_RETRIED: usize = 10_000;

/// The mark of a page that is being worked on; a record's id marks that record.
const PAGE_MARK: &[u8] = &[1];

/// What a page brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TakenIn {
    /// Records that are new here.
    pub(crate) new_records: u64,
    /// Records that were here and changed.
    pub(crate) changed_records: u64,
    /// Records that were erased.
    pub(crate) erased_records: u64,
    /// Items that wait for something else, or were set aside.
    pub(crate) parked: u64,
}

/// A page, verified.
struct Page {
    headers: Vec<(Arc<BatchHeader>, Signature, Hash)>,
    items: Vec<Incoming>,
    refused: Vec<(Incoming, Reason)>,
    proofs: Vec<(DeviceId, u64, Vec<u8>, Vec<u8>)>,
}

impl Vault {
    /// Takes in a page of batches and, in the same transaction, the new cursor.
    pub(crate) fn take_in(&mut self, batches: Vec<PulledBatch>, cursor: &SequenceRanges) -> Result<TakenIn> {
        take_in(self, batches, cursor)
    }
}

/// See [`Vault::take_in`].
pub(crate) fn take_in(vault: &mut Vault, batches: Vec<PulledBatch>, cursor: &SequenceRanges) -> Result<TakenIn> {
    if batches.is_empty() {
        let bytes = canonical::encode(cursor);
        if settings::get(vault.store.read(), Setting::Cursor)?.as_deref() != Some(bytes.as_slice()) {
            vault.store.in_transaction(|tx| settings::set(tx, Setting::Cursor, &bytes))?;
        }
        return Ok(TakenIn::default());
    }
    let page = verify(vault, batches)?;
    apply(vault, page, Some(cursor), None)
}

/// Does a page's work and writes down what came of it, in one transaction.
fn apply(
    vault: &mut Vault,
    page: Page,
    cursor: Option<&SequenceRanges>,
    recovery: Option<&SealingKeyPair>,
) -> Result<TakenIn> {
    let Page { headers, items, refused, proofs } = page;
    let tombstones: Vec<(RecordId, Spot)> = items
        .iter()
        .filter_map(|incoming| match incoming.item {
            Item::Tombstone(record) => Some((record, incoming.at.clone())),
            _ => None,
        })
        .collect();
    let (said, items): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|incoming| matches!(incoming.item, Item::Receipt(_)));
    let (jobs, mut parked) = jobs(vault, items)?;
    parked.extend(refused.into_iter().map(|(incoming, reason)| (None, incoming, reason)));
    let finished = work(vault, jobs, &mut parked, recovery)?;
    let mut taken = TakenIn::default();
    let mut forgotten = Vec::new();
    let me = vault.device;
    let receipted = |at: &Spot| vault.owes_receipt(&at.header.device, &at.header.chain);
    vault.store.in_transaction(|tx| {
        for (header, signature, hash) in &headers {
            let bytes = canonical::encode(header.as_ref());
            chains::insert_header(tx, &header.device, &header.chain, hash, &bytes, signature.as_bytes())?;
        }
        for (device, counter, first, second) in &proofs {
            chains::prove_equivocation(tx, device, *counter, first, second)?;
        }
        for done in finished {
            keep(tx, done, &mut parked, &mut taken, &receipted)?;
        }
        for (record, incoming, reason) in parked {
            taken.parked += 1;
            chains::park(tx, incoming.at.key(), record.as_ref(), reason, &canonical::encode(&incoming.item))?;
        }
        for incoming in said {
            vault.take_receipt(tx, &incoming.at.header.device, &incoming.item)?;
            if incoming.was_parked {
                chains::unpark(tx, incoming.at.key())?;
            }
        }
        for (record, at) in tombstones {
            let author = at.header.device;
            let seen = at.header.log_length;
            let Ok(saves) = erase(tx, vault.space.as_ref(), &record, (&author, seen))? else { continue };
            taken.erased_records += 1;
            forgotten.extend(saves);
            erasures::confirm(tx, &record, &author)?;
            // Also where it was erased before: whoever signed this one counts those who have said so.
            if author != me {
                receipts::add(tx, &canonical::encode(&Receipt::Erased { record }))?;
            }
            if receipted(&at) {
                receipts::note_taken(tx, &author, at.header.chain.number(), at.index)?;
            }
        }
        if taken.erased_records > 0 {
            settings::set(tx, Setting::Destroying, &[1])?;
        }
        if let Some(cursor) = cursor {
            settings::set(tx, Setting::Cursor, &canonical::encode(cursor))?;
        }
        settings::set(tx, Setting::TakingIn, &[])?;
        Ok::<_, VigilError>(())
    })?;
    if taken.erased_records > 0 {
        vault.copies.forget(&forgotten)?;
        vault.after_destroying()?;
    }
    Ok(taken)
}

/// Runs the jobs, under a mark that says so: should one of them crash or hang, the mark is still set when the home is next
/// opened, and then each record is tried on its own until the one that does it is known and quarantined.
fn work(
    vault: &Vault,
    jobs: Vec<Job>,
    parked: &mut Vec<ParkedItem>,
    recovery: Option<&SealingKeyPair>,
) -> Result<Vec<Done>> {
    let mark = settings::get(vault.store.read(), Setting::TakingIn)?.unwrap_or_default();
    if mark.is_empty() {
        vault.store.in_transaction(|tx| settings::set(tx, Setting::TakingIn, PAGE_MARK))?;
        return Ok(reader(vault, recovery)?.work_all(jobs));
    }
    let suspect = RecordId::from_slice(&mark);
    let mut finished = Vec::new();
    for job in jobs {
        if Some(job.record) == suspect {
            let record = job.record;
            parked.extend(job.items.into_iter().map(|incoming| (Some(record), incoming, Reason::Quarantined)));
            continue;
        }
        vault.store.in_transaction(|tx| settings::set(tx, Setting::TakingIn, job.record.as_bytes()))?;
        finished.push(reader(vault, recovery)?.work(job));
    }
    Ok(finished)
}

fn reader<'a>(vault: &'a Vault, recovery: Option<&'a SealingKeyPair>) -> Result<Reader<'a>> {
    let (space, role) = (vault.space()?, vault.role()?);
    let (device, keys, summariser) = (vault.device, &vault.keys, &vault.summariser);
    Ok(Reader { space, device, role, keys, recovery, summariser })
}

/// Checks every header: signature, membership, the author's chain. A header that fails is the server's doing, because the
/// server checks the same; then nothing of the page is taken in.
fn verify(vault: &Vault, batches: Vec<PulledBatch>) -> Result<Page> {
    let space = vault.space()?;
    let membership = &space.membership;
    let suspended: BTreeSet<DeviceId> = chains::equivocators(vault.store.read())?.into_iter().collect();
    let mut page = Page { headers: Vec::new(), items: Vec::new(), refused: Vec::new(), proofs: Vec::new() };
    for batch in batches {
        let distrust = |error: vigil_protocol::ProtocolError| VigilError::ServerNotTrusted { why: error.to_string() };
        let header = batch.header(membership).map_err(distrust)?;
        header.verify(&batch.signature, membership).map_err(distrust)?;
        let hash = header.hash();
        let header = Arc::new(header);
        let mut refuse = suspended.contains(&header.device).then_some(Reason::SuspendedAuthor);
        if let Some(proof) = contradiction(vault, &header, &hash)? {
            // With its signature: the header itself may not go into the chain beside the other.
            let second = canonical::encode(&(header.as_ref(), batch.signature));
            page.proofs.push((header.device, header.chain.number(), proof, second));
            refuse = Some(Reason::Equivocation);
        }
        if let Some(author) = membership.member(&header.device)
            && let Some(lapse) = author.lapse()
            && !lapse.counts(&header.chain)
        {
            let removed = author.removed.is_some();
            refuse = Some(if removed { Reason::RemovedAuthor } else { Reason::SuspendedAuthor });
        }
        for (index, item) in (0u32..).zip(batch.items) {
            let PulledItem::Present(item) = item else { continue };
            item.check().map_err(distrust)?;
            let sequence = batch.first_sequence.checked_add(u64::from(index)).filter(|_| batch.first_sequence > 0);
            let at = Spot { header: header.clone(), index, sequence };
            let incoming = Incoming { at, item, was_parked: false };
            match refuse {
                Some(reason) => page.refused.push((incoming, reason)),
                None => page.items.push(incoming),
            }
        }
        page.headers.push((header, batch.signature, hash));
    }
    Ok(page)
}

/// Another header of this author that cannot be true beside this one.
fn contradiction(vault: &Vault, header: &BatchHeader, hash: &Hash) -> Result<Option<Vec<u8>>> {
    let Chain::Sync { counter, previous } = header.chain else { return Ok(None) };
    let store = vault.store.read();
    if let Some(held) = chains::header(store, &header.device, 0, counter)?
        && held.hash != *hash
    {
        return Ok(Some(held.header));
    }
    if let Some(before) = counter.checked_sub(1).filter(|number| *number > 0)
        && let Some(held) = chains::header(store, &header.device, 0, before)?
        && held.hash != previous
    {
        return Ok(Some(held.header));
    }
    if let Some(named) = chains::previous_of(store, &header.device, counter + 1)?
        && named != *hash
        && let Some(after) = chains::header(store, &header.device, 0, counter + 1)?
    {
        return Ok(Some(after.header));
    }
    Ok(None)
}

type ParkedItem = (Option<RecordId>, Incoming, Reason);

/// Sorts items by record and loads what is known of each.
fn jobs(vault: &Vault, items: Vec<Incoming>) -> Result<(Vec<Job>, Vec<ParkedItem>)> {
    let store = vault.store.read();
    let mut records_of: BTreeMap<KeyCommitment, RecordId> = BTreeMap::new();
    for capsule in items.iter().filter_map(|incoming| incoming.item.capsule()) {
        records_of.insert(capsule.commitment, capsule.record);
    }
    let mut items = items;
    if !records_of.is_empty() {
        items.extend(parked_items(vault, None)?.into_iter().filter(|incoming| match &incoming.item {
            Item::Write(KeyReference::Known(commitment), _) => records_of.contains_key(commitment),
            _ => false,
        }));
    }
    let mut by_record: BTreeMap<RecordId, Vec<Incoming>> = BTreeMap::new();
    let opens_nothing = vault.role()? == Role::Volunteer;
    let mut parked = Vec::new();
    for incoming in items {
        let record = match &incoming.item {
            Item::Tombstone(_) | Item::Receipt(_) => continue,
            Item::Write(KeyReference::Known(commitment), _) => match records_of.get(commitment) {
                Some(record) => Some(*record),
                None => match generations::by_commitment(store, commitment)? {
                    Some(generation) => Some(generation.record),
                    None => handed_over::of_generation(store, commitment)?,
                },
            },
            item => item.capsule().map(|capsule| capsule.record),
        };
        match record {
            Some(record) => by_record.entry(record).or_default().push(incoming),
            // What others write to a volunteer's record is not for the volunteer: no key will ever come (PROTOCOL 1).
            None if opens_nothing => {}
            None => parked.push((None, incoming, Reason::NoKey)),
        }
    }
    let mut jobs = Vec::with_capacity(by_record.len());
    for (record, mut items) in by_record {
        if records::is_erased(store, &record)? || passes_over(vault, &record, &items)? {
            continue;
        }
        if !items.iter().all(|incoming| incoming.was_parked) {
            items.extend(parked_items(vault, Some(&record))?);
        }
        jobs.push(Job {
            record,
            facts: records::facts(store, &record)?,
            columns: records::get(store, &record)?.map(|row| row.columns),
            events: records::events(store, &record)?,
            generations: generations::of_record(store, &record)?,
            items,
        });
    }
    Ok((jobs, parked))
}

/// Whether a record's content is gone here, and nobody gave it to this device again: what others write to it since is not
/// for this device. Names of new keys are noted, so that what comes under them later is known for what it is.
fn passes_over(vault: &Vault, record: &RecordId, items: &[Incoming]) -> Result<bool> {
    if handed_over::find(vault.store.read(), record)?.is_none() {
        return Ok(false);
    }
    let me = Recipient::Device(vault.device);
    let granted = |incoming: &Incoming| matches!(&incoming.item, Item::Grant(capsule) if capsule.is_for(me));
    if items.iter().any(granted) {
        return Ok(false);
    }
    vault.store.in_transaction(|tx| {
        let capsules = items.iter().filter_map(|incoming| incoming.item.capsule());
        capsules.map(|capsule| capsule.commitment).try_for_each(|key| handed_over::note_generation(tx, record, &key))
    })?;
    Ok(true)
}

/// What lies parked for a record, or for none that is known.
fn parked_items(vault: &Vault, record: Option<&RecordId>) -> Result<Vec<Incoming>> {
    from_parked(chains::parked(vault.store.read(), record, MAX_PARKED_RETRIED)?)
}

fn from_parked(parked: Vec<Parked>) -> Result<Vec<Incoming>> {
    let damaged = |_| VigilError::DatabaseDamaged { detail: "a parked item" };
    parked
        .into_iter()
        .map(|Parked { place, item, header }| {
            let header: BatchHeader = canonical::decode(&header).map_err(damaged)?;
            let item: Item = canonical::decode(&item).map_err(damaged)?;
            let at = Spot { header: Arc::new(header), index: place, sequence: None };
            Ok(Incoming { at, item, was_parked: true })
        })
        .collect()
}

/// Writes down what came of one record.
fn keep(
    tx: &Transaction<'_>,
    done: Done,
    parked: &mut Vec<ParkedItem>,
    taken: &mut TakenIn,
    receipted: &dyn Fn(&Spot) -> bool,
) -> Result<()> {
    if done.refused {
        generations::destroy(tx, &done.record)?;
        return Ok(chains::destroy(tx, &done.record)?);
    }
    if !done.generations.is_empty() {
        // Whatever was gone here was given to this device again.
        handed_over::forget(tx, &done.record)?;
    }
    for generation in &done.generations {
        generations::insert(tx, generation)?;
    }
    if let Some((columns, facts, text)) = &done.put {
        records::put(tx, &done.record, columns, facts, None, text)?;
        if done.is_new {
            taken.new_records += 1;
        } else {
            taken.changed_records += 1;
        }
    }
    for (id, event) in &done.events {
        records::put_event(tx, &done.record, id.as_bytes(), event)?;
    }
    for incoming in done.accepted {
        let item = canonical::encode(&incoming.item);
        if chains::keep_envelope(tx, incoming.at.key(), &done.record, &item)? && receipted(&incoming.at) {
            let header = &incoming.at.header;
            receipts::note_taken(tx, &header.device, header.chain.number(), incoming.at.index)?;
        }
        if incoming.was_parked {
            chains::unpark(tx, incoming.at.key())?;
        }
    }
    for (incoming, reason) in done.parked {
        parked.push((Some(done.record), incoming, reason));
    }
    Ok(())
}

/// What is known of a record here; nothing if it never was, or is erased.
pub(crate) fn look_at(connection: &Connection, space: &Space, record: &RecordId) -> Result<Option<Erasing>> {
    let Some(Row { columns, .. }) = records::get(connection, record)? else {
        let stub = handed_over::find(connection, record)?;
        return Ok(stub.map(|stub| Erasing { kind: stub.kind, creator: stub.creator, is_decided: false }));
    };
    let travelled_on = [Outcome::LetGo, Outcome::DeclinedInformed].map(|outcome| outcome.name());
    let mut is_decided = columns.outcome.is_some_and(|outcome| !travelled_on.contains(&outcome.as_str()));
    if is_decided {
        // What came from another space and is nobody's case here is erased when that space calls it back (ADR 0016).
        // That it came from there shows in its name, which nobody can choose.
        let events = records::events(connection, record)?;
        let came = |signed: SignedEvent| match signed.event.body {
            EventBody::Received(Received::Share(provenance)) => is_copy_of(&space.id(), &provenance, record),
            _ => false,
        };
        is_decided = !events.iter().filter_map(|bytes| SignedEvent::from_bytes(bytes).ok()).any(came);
    }
    Ok(Some(Erasing { kind: columns.kind, creator: columns.creator, is_decided }))
}

/// Erases a record, if its author may say so. Gives the numbers of saves that went with it, or why the author may not.
pub(crate) fn erase(
    tx: &Transaction<'_>,
    space: Option<&Space>,
    record: &RecordId,
    author: (&DeviceId, u64),
) -> Result<std::result::Result<Vec<u64>, MayNot>> {
    let Some(space) = space else { return Ok(Err(MayNot::NotTheirs)) };
    let known = look_at(tx, space, record)?;
    if let Err(why) = may_erase(&space.membership, (record, known.as_ref()), author) {
        return Ok(Err(why));
    }
    records::erase(tx, record)?;
    generations::destroy(tx, record)?;
    chains::destroy(tx, record)?;
    receipts::destroy(tx, record)?;
    handed_over::forget(tx, record)?;
    Ok(Ok(store::outbox::destroy(tx, record)?))
}

impl Vault {
    /// Tries parked items again, as a newer version of Vigil does once: it may understand what an older one parked.
    pub(crate) fn retry_parked(&mut self) -> Result<()> {
        self.open_parked(None).map(drop)
    }

    /// Tries parked items again, with the recovery key as well where there is one. Gives how many records are new here.
    pub(crate) fn open_parked(&mut self, recovery: Option<&SealingKeyPair>) -> Result<u64> {
        if self.space.is_none() {
            return Ok(0);
        }
        let items = from_parked(chains::all_parked(self.store.read(), MAX_PARKED_RETRIED)?)?;
        if items.is_empty() {
            return Ok(0);
        }
        let page = Page { headers: Vec::new(), items, refused: Vec::new(), proofs: Vec::new() };
        Ok(apply(self, page, None, recovery)?.new_records)
    }
}
