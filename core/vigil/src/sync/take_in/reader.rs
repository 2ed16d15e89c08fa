//! One record's share of a page: open capsules, decrypt, inflate, check events, guard changes, and summarise.
//! It promises to touch nothing but what it is given, so that records are worked on side by side and one bad record stops
//! no other.

use crate::keys::{DeviceKeys, SealedTo, SealingKeyPair, commitment, open_key};
use crate::records::{
    ChangeBytes, EventId, Facts, GuardError, GuardLimits, RecordContent, SignedEvent, admit, is_for_auditors,
};
use crate::sealing::{self, Place};
use crate::store::chains::Reason;
use crate::store::{Columns, Generation, SearchText};
use crate::sync::readers::origin_of_grant;
use crate::vault::{Space, Summariser};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use vigil_protocol::{BatchHeader, Capsule, Chain, DeviceId, Item, KeyCommitment, Recipient, RecordId, Role};

/// Fewer records than this are not worth a second thread.
const MIN_RECORDS_PER_THREAD: usize = 16;

/// Where an item stands: author, chain, place in the batch.
#[derive(Clone)]
pub(super) struct Spot {
    pub(super) header: Arc<BatchHeader>,
    pub(super) index: u32,
    /// Its number at the server, if it came from there just now.
    pub(super) sequence: Option<u64>,
}

impl Spot {
    pub(super) fn key(&self) -> (&DeviceId, &Chain, u32) {
        (&self.header.device, &self.header.chain, self.index)
    }
}

/// An item that was verified.
pub(super) struct Incoming {
    pub(super) at: Spot,
    pub(super) item: Item,
    /// Whether it lay parked here before.
    pub(super) was_parked: bool,
}

/// Everything that is done for one record of a page.
pub(super) struct Job {
    pub(super) record: RecordId,
    pub(super) facts: Option<Vec<u8>>,
    pub(super) columns: Option<Columns>,
    pub(super) events: Vec<Vec<u8>>,
    pub(super) generations: Vec<Generation>,
    pub(super) items: Vec<Incoming>,
}

/// What came of it.
pub(super) struct Done {
    pub(super) record: RecordId,
    pub(super) put: Option<(Columns, Vec<u8>, SearchText)>,
    pub(super) is_new: bool,
    pub(super) events: Vec<(EventId, Vec<u8>)>,
    pub(super) generations: Vec<Generation>,
    pub(super) accepted: Vec<Incoming>,
    pub(super) parked: Vec<(Incoming, Reason)>,
    /// It is not for this device, and nothing that came of it before stays, either.
    pub(super) refused: bool,
}

impl Done {
    /// An auditor reads no case (DESIGN 1): what somebody sealed to it nevertheless is let go, its keys too. What was held
    /// here before stays as it was.
    fn refused(record: RecordId, is_held: bool) -> Self {
        let (put, events, generations) = (None, Vec::new(), Vec::new());
        let (accepted, parked) = (Vec::new(), Vec::new());
        Self { record, put, is_new: false, events, generations, accepted, parked, refused: !is_held }
    }
}

impl Done {
    /// The same record as if no key had opened it.
    fn left_closed(mut self) -> Self {
        self.parked.extend(self.accepted.drain(..).map(|incoming| (incoming, Reason::NoKey)));
        self.events.clear();
        self.generations.clear();
        self
    }
}

/// Where the key in an item's capsule comes from.
fn origin(items: &[Incoming], incoming: &Incoming) -> (DeviceId, u64) {
    let of = |incoming: &Incoming| (incoming.at.header.device, incoming.at.header.log_length);
    let (Item::Grant(_), Some(capsule)) = (&incoming.item, incoming.item.capsule()) else { return of(incoming) };
    let brings = |other: &&Incoming| {
        matches!(other.item, Item::Write(..))
            && other.item.capsule().is_some_and(|written| written.commitment == capsule.commitment)
    };
    origin_of_grant(items.iter().filter(brings).map(of), incoming.at.header.device)
}

/// What every job may look at, and nothing else.
pub(super) struct Reader<'a> {
    pub(super) space: &'a Space,
    pub(super) device: DeviceId,
    pub(super) role: Role,
    pub(super) keys: &'a DeviceKeys,
    /// The recovery key, while a desk restores the committee's access with it.
    pub(super) recovery: Option<&'a SealingKeyPair>,
    pub(super) summariser: &'a Summariser,
}

impl Reader<'_> {
    /// Opens a capsule with any key that this device holds.
    fn open_capsule(&self, capsule: &Capsule, at: &Spot, origin: (DeviceId, u64)) -> Option<Generation> {
        for copy in &capsule.sealed {
            let pair = match copy.to {
                Recipient::Device(device) if device == self.device => &self.keys.sealing,
                Recipient::Epoch(epoch) => match self.space.epochs.get(&epoch) {
                    Some(pair) => pair,
                    None => continue,
                },
                Recipient::Recovery => match self.recovery {
                    Some(pair) => pair,
                    None => continue,
                },
                Recipient::Device(_) => continue,
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
                starter: origin.0,
                log_length: origin.1,
                sequence: at.sequence,
                sent: true,
            });
        }
        None
    }

    /// Decrypts, inflates, decodes; checks the events' own signatures.
    fn open_content(&self, incoming: &Incoming, key: &Generation, sealed: &[u8]) -> Result<RecordContent, Reason> {
        let header = &incoming.at.header;
        let place = Place { header, index: incoming.at.index, record: key.record, generation: key.commitment };
        let content = sealing::open(&key.key, &place, sealed).map_err(|error| match error {
            sealing::SealingError::DoesNotOpen => Reason::DoesNotOpen,
            sealing::SealingError::Compression(crate::compression::CompressionError::UnknownFormat(_)) => {
                Reason::Refused("compression.unknown_format")
            }
            sealing::SealingError::Compression(_) => Reason::Refused("compression.damaged"),
        })?;
        let content = RecordContent::decode(&content, &header.device).map_err(|error| Reason::Refused(error.code()))?;
        for event in &content.events {
            let author = self.space.membership.member(&event.event.author).ok_or(Reason::BadEvent)?;
            event.verify(&key.record, &author.signing_key).map_err(|_| Reason::BadEvent)?;
        }
        Ok(content)
    }

    pub(super) fn work(&self, job: Job) -> Done {
        let mut done = Done {
            record: job.record,
            put: None,
            is_new: job.columns.is_none(),
            events: Vec::new(),
            generations: Vec::new(),
            accepted: Vec::new(),
            parked: Vec::new(),
            refused: false,
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
                && let Some(generation) = self.open_capsule(capsule, &incoming.at, origin(&job.items, incoming))
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
                done.parked = job.items.into_iter().map(|incoming| (incoming, Reason::OwnDocument)).collect();
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
        let is_held = job.columns.is_some();
        let mut waiting: Vec<(Incoming, RecordContent)> = Vec::new();
        for incoming in job.items {
            let Item::Write(reference, sealed) = &incoming.item else {
                // A grant that opened, or one for somebody else: kept as it came.
                done.accepted.push(incoming);
                continue;
            };
            let Some(key) = held.get(&reference.commitment()) else {
                // What others write to a volunteer's record is not for the volunteer: no key will ever come (PROTOCOL 1).
                // Nor what auditors write to a record that is theirs alone (ADR 0017).
                let is_for_others = is_for_auditors(&kind) && self.role != Role::Auditor;
                if self.role != Role::Volunteer && !is_for_others {
                    done.parked.push((incoming, Reason::NoKey));
                }
                continue;
            };
            match self.open_content(&incoming, key, sealed) {
                Ok(content) => waiting.push((incoming, content)),
                Err(reason) => done.parked.push((incoming, reason)),
            }
        }
        // A change may stand before the one that it builds on; go round until nothing moves.
        let mut changed = false;
        let mut saved = None;
        loop {
            let before = waiting.len();
            let mut still = Vec::new();
            for (incoming, content) in waiting {
                match self.apply(&mut facts, &incoming, &content.changes) {
                    Ok(bytes) => {
                        changed = true;
                        saved = bytes.or(saved);
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
                    Err(error) => done.parked.push((incoming, Reason::Refused(error.code()))),
                }
            }
            waiting = still;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        if self.role == Role::Auditor && !kind.is_empty() && !is_for_auditors(&kind) {
            return Done::refused(done.record, is_held);
        }
        done.parked.extend(waiting.into_iter().map(|(incoming, _)| (incoming, Reason::MissingChanges)));
        if self.recovery.is_some() && is_for_auditors(&kind) {
            // The recovery key opens it, and it is still not for a desk (ADR 0017).
            return done.left_closed();
        }
        if changed {
            let creator = creator.unwrap_or(self.device);
            let (columns, text) = self.summariser.summarise(&kind, creator, &facts, &events);
            done.put = Some((columns, saved.unwrap_or_else(|| facts.save()), text));
        }
        done
    }

    /// Admits changes; gives the record as the guard saved and reloaded it, if anything was new.
    fn apply(
        &self,
        facts: &mut Facts,
        incoming: &Incoming,
        changes: &[ChangeBytes],
    ) -> Result<Option<Vec<u8>>, GuardError> {
        if changes.is_empty() {
            return Ok(None);
        }
        let admitted = admit(facts, changes, &incoming.at.header.device, &GuardLimits::default())?;
        *facts = admitted.facts;
        Ok(Some(admitted.saved))
    }

    pub(super) fn work_all(&self, jobs: Vec<Job>) -> Vec<Done> {
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
