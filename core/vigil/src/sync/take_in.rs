//! Taking in: a page of batches from the server becomes records, or waits, or is set aside - each record on its own.
//! The order is fixed (DESIGN 3.4): sizes, signature, membership, the author's chain, decryption, bounded inflation, the
//! guard. A page is applied in one transaction; a crash in the middle of it leads to a careful second attempt.

use crate::error::{Result, VigilError};
use crate::keys::{DeviceKeys, SealedTo, commitment, open_key};
use crate::records::{ChangeBytes, EventId, Facts, GuardError, GuardLimits, RecordContent, SignedEvent, admit};
use crate::sealing::{self, Place};
use crate::store::{self, Columns, Generation, Parked, SearchText, Setting, chains, generations, records, settings};
use crate::vault::{Space, Summariser, Vault};
use rusqlite::Transaction;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vigil_protocol::{
    Batch, BatchHeader, Capsule, Chain, DeviceId, Hash, Item, KeyCommitment, KeyReference, PulledBatch, PulledItem,
    Recipient, RecordId, Role, SequenceRanges, Signature, canonical,
};

/// Most parked items without a known record that are looked at again when new keys arrive.
const MAX_PARKED_RETRIED: usize = 10_000;
/// Fewer records than this are not worth a second thread.
const MIN_RECORDS_PER_THREAD: usize = 16;

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

/// Where an item stands: author, chain, place in the batch.
#[derive(Clone)]
struct Spot {
    header: Arc<BatchHeader>,
    index: u32,
    /// Its number at the server, if it came from there just now.
    sequence: Option<u64>,
}

impl Spot {
    fn key(&self) -> (&DeviceId, &Chain, u32) {
        (&self.header.device, &self.header.chain, self.index)
    }
}

/// An item that was verified.
struct Incoming {
    at: Spot,
    item: Item,
    /// Whether it lay parked here before.
    was_parked: bool,
}

/// Everything that is done for one record of a page.
struct Job {
    record: RecordId,
    facts: Option<Vec<u8>>,
    columns: Option<Columns>,
    events: Vec<Vec<u8>>,
    generations: Vec<Generation>,
    items: Vec<Incoming>,
}

/// What came of it.
struct Done {
    record: RecordId,
    put: Option<(Columns, Vec<u8>, SearchText)>,
    is_new: bool,
    events: Vec<(EventId, Vec<u8>)>,
    generations: Vec<Generation>,
    accepted: Vec<Incoming>,
    parked: Vec<(Incoming, &'static str)>,
}

/// What every job may look at, and nothing else.
struct Reader<'a> {
    space: &'a Space,
    device: DeviceId,
    keys: &'a DeviceKeys,
    summariser: &'a Summariser,
}

impl Reader<'_> {
    /// Opens a capsule with any key that this device holds.
    fn open_capsule(&self, capsule: &Capsule, at: &Spot) -> Option<Generation> {
        for copy in &capsule.sealed {
            let pair = match copy.to {
                Recipient::Device(device) if device == self.device => &self.keys.sealing,
                Recipient::Epoch(epoch) => match self.space.epochs.get(&epoch) {
                    Some(pair) => pair,
                    None => continue,
                },
                _ => continue,
            };
            let purpose = SealedTo::Record {
                space: self.space.id(),
                record: capsule.record,
                commitment: capsule.commitment,
                recipient: copy.to,
            };
            let Some(key) = open_key(pair, &purpose, &copy.encapsulated, &copy.sealed) else { continue };
            if commitment(&capsule.record, &key) != capsule.commitment {
                continue;
            }
            return Some(Generation {
                commitment: capsule.commitment,
                record: capsule.record,
                key,
                starter: at.header.device,
                log_length: at.header.log_length,
                sequence: at.sequence,
                sent: true,
            });
        }
        None
    }

    /// Decrypts, inflates, decodes; checks the events' own signatures.
    fn open_content(
        &self,
        incoming: &Incoming,
        key: &Generation,
        sealed: &[u8],
    ) -> Result<RecordContent, &'static str> {
        let header = &incoming.at.header;
        let place = Place { header, index: incoming.at.index, record: key.record, generation: key.commitment };
        let content = sealing::open(&key.key, &place, sealed).map_err(|error| match error {
            sealing::SealingError::DoesNotOpen => "does_not_open",
            sealing::SealingError::Compression(crate::compression::CompressionError::UnknownFormat(_)) => {
                "unknown_version"
            }
            sealing::SealingError::Compression(_) => "damaged_content",
        })?;
        let content = RecordContent::decode(&content, &header.device).map_err(|error| error.code())?;
        for event in &content.events {
            let author = self.space.membership.member(&event.event.author).ok_or("unknown_author")?;
            event.verify(&key.record, &author.signing_key).map_err(|_| "bad_event_signature")?;
        }
        Ok(content)
    }

    fn work(&self, job: Job) -> Done {
        let mut done = Done {
            record: job.record,
            put: None,
            is_new: job.columns.is_none(),
            events: Vec::new(),
            generations: Vec::new(),
            accepted: Vec::new(),
            parked: Vec::new(),
        };
        let mut held: BTreeMap<KeyCommitment, Generation> =
            job.generations.into_iter().map(|generation| (generation.commitment, generation)).collect();
        let mut creator = job.columns.as_ref().map(|columns| columns.creator);
        for incoming in &job.items {
            let Some(capsule) = incoming.item.capsule() else { continue };
            if creator.is_none() && matches!(incoming.item, Item::Write(..)) {
                creator = Some(incoming.at.header.device);
            }
            if !held.contains_key(&capsule.commitment)
                && let Some(generation) = self.open_capsule(capsule, &incoming.at)
            {
                done.generations.push(generation.clone());
                held.insert(generation.commitment, generation);
            }
        }
        let mut facts = match job.facts.as_deref().map(Facts::load) {
            None => Facts::new(),
            Some(Ok(facts)) => facts,
            // What this device saved itself does not load any more: leave it alone and keep everything that came.
            Some(Err(_)) => {
                done.parked = job.items.into_iter().map(|incoming| (incoming, "own_document")).collect();
                return done;
            }
        };
        let mut events: BTreeMap<EventId, SignedEvent> = job
            .events
            .iter()
            .filter_map(|bytes| SignedEvent::from_bytes(bytes).ok())
            .map(|event| (event.event.id(&job.record), event))
            .collect();
        let mut kind = job.columns.as_ref().map(|columns| columns.kind.clone()).unwrap_or_default();
        let mut waiting: Vec<(Incoming, RecordContent)> = Vec::new();
        for incoming in job.items {
            let Item::Write(reference, sealed) = &incoming.item else {
                // A grant that opened, or one for somebody else: kept as it came.
                done.accepted.push(incoming);
                continue;
            };
            let Some(key) = held.get(&reference.commitment()) else {
                done.parked.push((incoming, "no_key"));
                continue;
            };
            match self.open_content(&incoming, key, sealed) {
                Ok(content) => waiting.push((incoming, content)),
                Err(reason) => done.parked.push((incoming, reason)),
            }
        }
        // A change may stand before the one that it builds on; go round until nothing moves.
        let mut changed = false;
        loop {
            let before = waiting.len();
            let mut still = Vec::new();
            for (incoming, content) in waiting {
                match self.apply(&mut facts, &incoming, &content.changes) {
                    Ok(()) => {
                        changed = true;
                        if let Some(name) = content.kind.filter(|_| kind.is_empty()) {
                            kind = name.as_str().to_owned();
                        }
                        for event in content.events {
                            let id = event.event.id(&job.record);
                            if let Entry::Vacant(place) = events.entry(id) {
                                done.events.push((id, event.to_bytes()));
                                place.insert(event);
                            }
                        }
                        done.accepted.push(incoming);
                    }
                    Err(error) if error.is_waiting() => still.push((incoming, content)),
                    Err(error) => done.parked.push((incoming, error.code())),
                }
            }
            waiting = still;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        done.parked.extend(waiting.into_iter().map(|(incoming, _)| (incoming, "missing_changes")));
        if changed {
            let creator = creator.unwrap_or(self.device);
            let (columns, text) = self.summariser.summarise(&kind, creator, &facts, &events);
            done.put = Some((columns, facts.save(), text));
        }
        done
    }

    fn apply(&self, facts: &mut Facts, incoming: &Incoming, changes: &[ChangeBytes]) -> Result<(), GuardError> {
        if changes.is_empty() {
            return Ok(());
        }
        *facts = admit(facts, changes, &incoming.at.header.device, &GuardLimits::default())?.facts;
        Ok(())
    }

    fn work_all(&self, jobs: Vec<Job>) -> Vec<Done> {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let share = jobs.len().div_ceil(threads).max(MIN_RECORDS_PER_THREAD);
        if jobs.len() <= share {
            return jobs.into_iter().map(|job| self.work(job)).collect();
        }
        let mut jobs = jobs.into_iter();
        let mut shares = Vec::new();
        loop {
            let next: Vec<Job> = jobs.by_ref().take(share).collect();
            if next.is_empty() {
                break;
            }
            shares.push(next);
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = shares
                .into_iter()
                .map(|share| scope.spawn(move || share.into_iter().map(|job| self.work(job)).collect::<Vec<_>>()))
                .collect();
            // A worker cannot panic: what may panic runs inside the guard. If one does, its records stay unacknowledged
            // and come again.
            workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
        })
    }
}

/// A page, verified.
struct Page {
    headers: Vec<(Arc<BatchHeader>, Signature, Hash)>,
    items: Vec<Incoming>,
    refused: Vec<(Incoming, &'static str)>,
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
    // A mark that is still set says that an earlier attempt ended in a crash or a hang.
    let mark = settings::get(vault.store.read(), Setting::TakingIn)?.unwrap_or_default();
    let page = verify(vault, batches)?;
    let careful = !mark.is_empty();
    if !careful {
        vault.store.in_transaction(|tx| settings::set(tx, Setting::TakingIn, &[1]))?;
    }
    let tombstones: Vec<(RecordId, DeviceId)> = page
        .items
        .iter()
        .filter_map(|incoming| match incoming.item {
            Item::Tombstone(record) => Some((record, incoming.at.header.device)),
            _ => None,
        })
        .collect();
    let (jobs, mut parked) = jobs(vault, page.items)?;
    let mut taken = TakenIn::default();
    let mut finished = Vec::new();
    let mut forgotten = Vec::new();
    if careful {
        let suspect = RecordId::from_slice(&mark);
        for job in jobs {
            if Some(job.record) == suspect {
                parked.extend(job.items.into_iter().map(|incoming| (Some(job.record), incoming, "quarantined")));
                continue;
            }
            let record = job.record;
            vault.store.in_transaction(|tx| settings::set(tx, Setting::TakingIn, record.as_bytes()))?;
            finished.push(reader(vault)?.work(job));
        }
    } else {
        finished = reader(vault)?.work_all(jobs);
    }
    vault.store.in_transaction(|tx| {
        for (header, signature, hash) in &page.headers {
            let bytes = canonical::encode(header.as_ref());
            chains::insert_header(tx, &header.device, &header.chain, hash, &bytes, signature.as_bytes())?;
        }
        for (device, counter, first, second) in &page.proofs {
            chains::prove_equivocation(tx, device, *counter, first, second)?;
        }
        for (incoming, reason) in page.refused {
            parked.push((None, incoming, reason));
        }
        for done in finished {
            keep(tx, done, &mut parked, &mut taken)?;
        }
        for (record, incoming, reason) in parked {
            taken.parked += 1;
            chains::park(tx, incoming.at.key(), record.as_ref(), reason, &canonical::encode(&incoming.item))?;
        }
        for (record, author) in tombstones {
            if let Some(saves) = erase(tx, vault.space.as_ref(), &record, &author)? {
                taken.erased_records += 1;
                forgotten.extend(saves);
            }
        }
        settings::set(tx, Setting::Cursor, &canonical::encode(cursor))?;
        settings::set(tx, Setting::TakingIn, &[])?;
        Ok::<_, VigilError>(())
    })?;
    if taken.erased_records > 0 {
        vault.copies.forget(&forgotten)?;
        vault.store.forget_deleted()?;
    }
    Ok(taken)
}

fn reader(vault: &Vault) -> Result<Reader<'_>> {
    Ok(Reader { space: vault.space()?, device: vault.device, keys: &vault.keys, summariser: &vault.summariser })
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
        let mut refuse = suspended.contains(&header.device).then_some("suspended_author");
        if let Some(proof) = contradiction(vault, &header, &hash)? {
            page.proofs.push((header.device, header.chain.number(), proof, canonical::encode(header.as_ref())));
            refuse = Some("equivocation");
        }
        let removed = membership.member(&header.device).and_then(|member| member.removed);
        if let Some((_, last, _)) = removed
            && !matches!(header.chain, Chain::Sync { counter, .. } if counter <= last)
        {
            refuse = Some("removed_author");
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

type ParkedItem = (Option<RecordId>, Incoming, &'static str);

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
    let mut parked = Vec::new();
    for incoming in items {
        let record = match &incoming.item {
            Item::Tombstone(_) => continue,
            Item::Write(KeyReference::Known(commitment), _) => match records_of.get(commitment) {
                Some(record) => Some(*record),
                None => generations::by_commitment(store, commitment)?.map(|generation| generation.record),
            },
            item => item.capsule().map(|capsule| capsule.record),
        };
        match record {
            Some(record) => by_record.entry(record).or_default().push(incoming),
            None => parked.push((None, incoming, "no_key")),
        }
    }
    let mut jobs = Vec::with_capacity(by_record.len());
    for (record, mut items) in by_record {
        if records::is_erased(store, &record)? {
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

/// What lies parked for a record, or for none that is known.
fn parked_items(vault: &Vault, record: Option<&RecordId>) -> Result<Vec<Incoming>> {
    let damaged = |_| VigilError::DatabaseDamaged { detail: "a parked item" };
    chains::parked(vault.store.read(), record, MAX_PARKED_RETRIED)?
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
fn keep(tx: &Transaction<'_>, done: Done, parked: &mut Vec<ParkedItem>, taken: &mut TakenIn) -> Result<()> {
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
        chains::keep_envelope(tx, incoming.at.key(), &done.record, &canonical::encode(&incoming.item))?;
        if incoming.was_parked {
            chains::unpark(tx, incoming.at.key())?;
        }
    }
    for (incoming, reason) in done.parked {
        parked.push((Some(done.record), incoming, reason));
    }
    Ok(())
}

/// Erases a record, if its author may say so: its creator, an officer or a desk. Gives the numbers of saves that went with
/// it, or `None` if the author may not.
pub(crate) fn erase(
    tx: &Transaction<'_>,
    space: Option<&Space>,
    record: &RecordId,
    author: &DeviceId,
) -> Result<Option<Vec<u64>>> {
    let known = records::get(tx, record)?;
    let may = space.and_then(|space| space.membership.member(author)).is_some_and(|member| {
        matches!(member.role, Role::Officer | Role::Desk)
            || known.as_ref().is_none_or(|row| row.columns.creator == *author)
    });
    if !may {
        return Ok(None);
    }
    records::erase(tx, record)?;
    generations::destroy(tx, record)?;
    chains::destroy(tx, record)?;
    Ok(Some(store::outbox::destroy(tx, record)?))
}

impl Vault {
    /// Takes in sealed copies that another device of the space handed over (see [`Vault::sealed_copies`]). Gives the number
    /// of records that are new or changed here; the same saves coming again, by hand or by the server, change nothing.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if one is not a batch of a member of this space; then none is taken in.
    pub fn take_in_copies(&mut self, copies: &[Vec<u8>]) -> Result<u64> {
        let mut batches = Vec::with_capacity(copies.len());
        for bytes in copies {
            let batch = Batch::from_bytes(bytes)?;
            batch.verify(&self.space()?.membership)?;
            batches.push(PulledBatch {
                device: batch.header.device,
                chain: batch.header.chain,
                log_length: batch.header.log_length,
                salt: batch.header.salt,
                seen_root: batch.header.seen_root,
                signature: batch.signature,
                first_sequence: 0,
                items: batch.items.into_iter().map(PulledItem::Present).collect(),
            });
        }
        let cursor = self.cursor()?;
        let taken = take_in(self, batches, &cursor)?;
        Ok(taken.new_records + taken.changed_records)
    }
}
