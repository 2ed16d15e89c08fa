//! Checking a bundle: sizes, the log, the exporter, every signature, every hash, every key, and then the content.
//! It promises to need nothing but the bytes, to name every fault that it finds, and to end.

use super::bundle::{BatchEvidence, Bundle, MAX_EVENTS, MAX_INFLATED, RecordEvidence};
use super::chains;
use super::fields;
use super::queue::Queue;
use super::report::{EvidenceChain, EvidenceDouble, EvidenceFault, EvidenceMember, EvidenceReport, PROVES};
use crate::keys::{Secret, commitment};
use crate::records::{ChangeHash, EventId, Facts, GuardLimits, RecordContent, SignedEvent, admit, links};
use crate::sealing::{self, Place};
use std::collections::{BTreeMap, BTreeSet};
use vigil_protocol::{Chain, DeviceId, Item, KeyCommitment, Member, Membership, ProtocolError, Purpose, verify};

/// Most faults that are listed; a file with more is no better understood.
const MAX_FAULTS: usize = 100;
/// How many bytes of documents the guard may write and read again for one bundle.
const MAX_GUARD_WORK: usize = 2 * 1000 * 1000 * 1000;
const TOO_COSTLY: &str = "checking this bundle takes more work than any honest one";

/// Checks a bundle of evidence. Nothing else is needed: no home, no keys, no network.
pub fn verify_evidence(bytes: &[u8]) -> EvidenceReport {
    let mut report = EvidenceReport::empty();
    let bundle = match Bundle::from_bytes(bytes) {
        Ok(bundle) => bundle,
        Err(error) => {
            report.faults.push(fault(error.code(), String::new(), &error));
            return report;
        }
    };
    report.space = Some(bundle.space.to_string());
    report.exported_at = Some(bundle.time.0);
    report.log_entries = (bundle.log.len() as u64, bundle.confirmed);
    let membership = match Membership::from_log(&bundle.log) {
        Ok(membership) => membership,
        Err(error) => {
            report.faults.push(fault("log", String::new(), &error));
            return report;
        }
    };
    report.log_first = Some(membership.genesis().to_string());
    report.log_last = Some(membership.head().to_string());
    let mut check =
        Check { membership: &membership, faults: Vec::new(), signers: BTreeSet::new(), spent: Spent::default() };
    check.exporter(&bundle);
    report.exporter = membership.member(&bundle.exporter).map(member);
    let mut doubles = BTreeSet::new();
    for (number, evidence) in bundle.records.iter().enumerate() {
        if bundle.records.iter().take(number).any(|before| before.record == evidence.record) {
            check.fault("record_twice", evidence.record.to_string(), "a record stands in the bundle twice");
        }
        let read = check.record(evidence);
        doubles.extend(read.doubles.iter().cloned());
        report.records.push(fields::describe(evidence, &read, &membership));
    }
    report.doubles = doubles.into_iter().collect();
    report.members = check.signers.iter().filter_map(|device| membership.member(device)).map(member).collect();
    report.faults = check.faults;
    report.holds = report.faults.is_empty();
    if report.holds {
        report.proves = PROVES.to_vec();
    } else {
        // What is not proven is not shown as if it were.
        report.records.clear();
    }
    report
}

fn fault(code: &'static str, place: String, words: impl ToString) -> EvidenceFault {
    EvidenceFault { code, place, words: words.to_string() }
}

fn member(member: &Member) -> EvidenceMember {
    EvidenceMember {
        device: member.device.to_string(),
        role: member.role.name().to_owned(),
        signing_key: member.signing_key.to_string(),
        added_at: member.added_at,
        removed_at: member.removed.map(|lapse| lapse.index),
    }
}

/// What is wrong with a header, as a code of a fault.
fn header_code(error: &ProtocolError) -> &'static str {
    match error {
        ProtocolError::NotAllowed { .. } => "author_not_a_member",
        ProtocolError::BrokenChain { .. } => "other_log",
        ProtocolError::BadSignature { .. } => "batch_signature",
        other => other.code(),
    }
}

/// How a batch is called in a report.
pub(super) fn batch_name(batch: &BatchEvidence) -> String {
    match batch.header.chain {
        Chain::Sync { counter, .. } => format!("{} {counter}", batch.header.device),
        Chain::Copy { number } => format!("{} copy {number}", batch.header.device),
    }
}

/// A write that was opened.
pub(super) struct Write {
    /// Its batch, as a place in the list.
    pub(super) batch: usize,
    pub(super) content: RecordContent,
}

/// A record that was read.
#[derive(Default)]
pub(super) struct Read {
    pub(super) facts: Facts,
    pub(super) events: BTreeMap<EventId, SignedEvent>,
    pub(super) kind: String,
    /// The batches that hold each change and each event, in the order of the author's chain.
    pub(super) changes_in: BTreeMap<ChangeHash, Vec<usize>>,
    pub(super) events_in: BTreeMap<EventId, Vec<usize>>,
    pub(super) chains: Vec<EvidenceChain>,
    pub(super) doubles: Vec<EvidenceDouble>,
}

struct Check<'a> {
    membership: &'a Membership,
    faults: Vec<EvidenceFault>,
    signers: BTreeSet<DeviceId>,
    spent: Spent,
}

/// What checking has cost so far: a small file must not ask for endless work.
#[derive(Default)]
struct Spent {
    guarded: usize,
    inflated: usize,
    events: usize,
}

impl Spent {
    fn is_too_much(&self) -> bool {
        self.guarded > MAX_GUARD_WORK || self.inflated > MAX_INFLATED || self.events > MAX_EVENTS
    }
}

impl Check<'_> {
    fn fault(&mut self, code: &'static str, place: String, words: impl ToString) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault(code, place, words));
        }
    }

    fn exporter(&mut self, bundle: &Bundle) {
        let place = bundle.exporter.to_string();
        if bundle.space != self.membership.space() {
            self.fault("other_log", String::new(), "the log is another space's");
        }
        if bundle.confirmed > self.membership.length() {
            self.fault("protocol.malformed", String::new(), "more entries of the log were taken than there are");
        }
        let Some(exporter) = self.membership.member(&bundle.exporter) else {
            return self.fault("exporter_not_a_member", place, "the log does not know the exporter");
        };
        let checked = verify(&exporter.signing_key, Purpose::Evidence, &bundle.digest(), &bundle.signature, "bundle");
        if checked.is_err() {
            self.fault("exporter_signature", place, "the exporter did not sign this: the bundle was changed");
        }
    }

    /// Checks one record and reads it as far as it holds.
    fn record(&mut self, evidence: &RecordEvidence) -> Read {
        let mut read = Read::default();
        if !evidence.batches.is_sorted_by(|one, next| one.order() < next.order()) {
            self.fault("order", evidence.record.to_string(), "the batches are not in their one order");
        }
        let keys = self.keys(evidence);
        let mut used = BTreeSet::new();
        let mut writes = Vec::new();
        for (number, batch) in evidence.batches.iter().enumerate() {
            if self.batch(evidence, batch, &mut used) {
                writes.extend(self.open(evidence, number, &keys));
            }
        }
        for commitment in keys.keys().filter(|commitment| !used.contains(*commitment)) {
            self.fault("key_not_signed", commitment.to_string(), "no signed item names this key's commitment");
        }
        (read.chains, read.doubles) = chains::of(evidence, &self.signers, self.membership);
        self.apply(evidence, writes, &mut read);
        read
    }

    /// The keys that open under their commitments.
    fn keys<'e>(&mut self, evidence: &'e RecordEvidence) -> BTreeMap<KeyCommitment, &'e Secret<32>> {
        let mut keys = BTreeMap::new();
        for disclosed in &evidence.keys {
            let place = disclosed.commitment.to_string();
            if commitment(&evidence.record, &disclosed.key.0) != disclosed.commitment {
                self.fault("key_does_not_fit", place, "the key is not the one that was committed to for this record");
            } else if keys.insert(disclosed.commitment, &disclosed.key.0).is_some() {
                self.fault("key_twice", place, "a key stands in the bundle twice");
            }
        }
        keys
    }

    /// Checks header, signature and items of one batch. Says whether its items may be opened.
    fn batch(&mut self, evidence: &RecordEvidence, batch: &BatchEvidence, used: &mut BTreeSet<KeyCommitment>) -> bool {
        let name = batch_name(batch);
        if let Err(error) = batch.header.verify(&batch.signature, self.membership) {
            self.fault(header_code(&error), name, error);
            return false;
        }
        let removed = self.membership.member(&batch.header.device).and_then(|member| member.removed);
        if removed.is_some_and(|lapse| lapse.index < batch.header.log_length) {
            self.fault("author_not_a_member", name, "its author signed this over an entry that removed it");
            return false;
        }
        self.signers.insert(batch.header.device);
        let mut holds = true;
        let mut last = None;
        for placed in &batch.items {
            let place = format!("{name} item {}", placed.place);
            let signed = usize::try_from(placed.place).ok().and_then(|place| batch.header.items.get(place));
            if last.is_some_and(|last| last >= placed.place) {
                self.fault("order", place.clone(), "the items are not in their one order");
                holds = false;
            }
            last = Some(placed.place);
            if placed.item.check().is_err() || signed != Some(&placed.item.hash()) {
                self.fault("item_not_signed", place, "the author did not sign this item in this place");
                holds = false;
                continue;
            }
            let capsule = placed.item.capsule();
            if capsule.is_some_and(|capsule| capsule.record != evidence.record) {
                self.fault("other_record", place.clone(), "the item is another record's");
                holds = false;
            }
            used.extend(capsule.map(|capsule| capsule.commitment));
            match &placed.item {
                Item::Write(key, _) => {
                    used.insert(key.commitment());
                }
                _ if capsule.is_none() => {
                    self.fault("other_record", place, "the item holds nothing of this record");
                    holds = false;
                }
                _ => {}
            }
        }
        holds
    }

    /// Decrypts the writes of a batch that holds, and checks the events inside.
    fn open(
        &mut self,
        evidence: &RecordEvidence,
        number: usize,
        keys: &BTreeMap<KeyCommitment, &Secret<32>>,
    ) -> Vec<Write> {
        let mut writes = Vec::new();
        let Some(batch) = evidence.batches.get(number) else { return writes };
        for placed in &batch.items {
            if self.spent.is_too_much() {
                break;
            }
            let Item::Write(reference, sealed) = &placed.item else { continue };
            let name = format!("{} item {}", batch_name(batch), placed.place);
            let generation = reference.commitment();
            let Some(key) = keys.get(&generation) else {
                self.fault("key_missing", name, "the key of this item is not in the bundle");
                continue;
            };
            let place = Place { header: &batch.header, index: placed.place, record: evidence.record, generation };
            let content = match sealing::open(key, &place, sealed) {
                Ok(content) => content,
                Err(error) => {
                    self.fault("does_not_open", name, error);
                    continue;
                }
            };
            self.spent.inflated += content.len();
            let content = match RecordContent::decode(&content, &batch.header.device) {
                Ok(content) => content,
                Err(error) => {
                    self.fault(error.code(), name, error);
                    continue;
                }
            };
            self.spent.events += content.events.len();
            if self.spent.is_too_much() {
                self.fault("too_costly", name, TOO_COSTLY);
                return writes;
            }
            for event in &content.events {
                let author = self.membership.member(&event.event.author);
                match author.map(|author| event.verify(&evidence.record, &author.signing_key)) {
                    Some(Ok(_)) => {
                        self.signers.insert(event.event.author);
                    }
                    Some(Err(error)) => self.fault("event_signature", name.clone(), error),
                    None => self.fault("author_not_a_member", name.clone(), "the author of an event is no member"),
                }
            }
            writes.push(Write { batch: number, content });
        }
        writes
    }

    /// Lets the guard admit the writes, each after those that it builds on.
    fn apply(&mut self, evidence: &RecordEvidence, writes: Vec<Write>, read: &mut Read) {
        let name = |write: &Write| evidence.batches.get(write.batch).map(batch_name).unwrap_or_default();
        let mut queue = Queue::of(&writes);
        while let Some(number) = queue.next() {
            let Some(write) = writes.get(number) else { break };
            let Some(batch) = evidence.batches.get(write.batch) else { break };
            if self.spent.is_too_much() {
                return self.fault("too_costly", name(write), TOO_COSTLY);
            }
            if !write.content.changes.is_empty() {
                match admit(&read.facts, &write.content.changes, &batch.header.device, &GuardLimits::default()) {
                    Ok(admitted) => {
                        self.spent.guarded += admitted.saved.len();
                        read.facts = admitted.facts;
                    }
                    Err(error) => {
                        self.fault(error.code(), name(write), error);
                        continue;
                    }
                }
            }
            for (change, _) in write.content.changes.iter().filter_map(links) {
                read.changes_in.entry(change).or_default().push(write.batch);
                queue.applied(&change);
            }
            for event in &write.content.events {
                let id = event.id(&evidence.record);
                read.events_in.entry(id).or_default().push(write.batch);
                read.events.entry(id).or_insert_with(|| event.clone());
            }
            if let Some(kind) = write.content.kind.as_ref().filter(|_| read.kind.is_empty()) {
                kind.as_str().clone_into(&mut read.kind);
            }
        }
        for number in queue.left() {
            if let Some(write) = writes.get(number) {
                self.fault("changes_missing", name(write), "changes that this one builds on are not in the bundle");
            }
        }
        for batches in read.changes_in.values_mut().chain(read.events_in.values_mut()) {
            batches.sort_unstable();
            batches.dedup();
        }
    }
}
