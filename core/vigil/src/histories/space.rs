//! A space in a history: the server's order of its log and batches, its devices, and who could open which key.
//! The server here promises what the real one does with batches: one for each counter, none of whoever was closed out, none
//! over an old epoch, and no tombstone of whoever may not erase.

use super::committee::{DEVICES, beginning, device_id, key_of};
use super::device::{Device, Save};
use super::oracle::{self, Kind};
use super::{Broken, Control, Fault};
use crate::records::SignedEvent;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vigil_protocol::{
    Batch, Chain, DeviceId, Hash, Item, KeyCommitment, KeyReference, LogEntry, Membership, RecordId, SealingPublicKey,
};

/// A signed batch, wherever it is now.
pub(super) struct Sent {
    pub(super) batch: Batch,
    pub(super) verified: bool,
}

/// What is sealed in a write.
pub(super) struct Content {
    pub(super) events: Vec<SignedEvent>,
    pub(super) verified: bool,
}

/// A key that reached somebody: to whom, by whom, and how much of the log that device knew.
#[derive(Clone, Copy)]
pub(super) struct Reached<T> {
    pub(super) to: T,
    pub(super) by: DeviceId,
    pub(super) length: u64,
}

/// Who could open a record key.
pub(super) struct KeyInfo {
    pub(super) record: RecordId,
    pub(super) devices: Vec<Reached<DeviceId>>,
    pub(super) epochs: Vec<Reached<SealingPublicKey>>,
}

/// An epoch's key with those whom it was handed to.
pub(super) struct EpochInfo {
    pub(super) key: SealingPublicKey,
    pub(super) previous: Option<SealingPublicKey>,
    pub(super) holders: Vec<Reached<DeviceId>>,
}

/// A record that exists, with who really made it.
#[derive(Clone, Copy)]
pub(super) struct RecordInfo {
    pub(super) id: RecordId,
    pub(super) kind: Kind,
    pub(super) creator: DeviceId,
}

/// A space.
pub(super) struct Space {
    pub(super) number: usize,
    pub(super) control: Option<Control>,
    pub(super) log: Vec<LogEntry>,
    /// The view after each entry that the server took, the first of them after the beginning.
    pub(super) views: Vec<Arc<Membership>>,
    pub(super) devices: Vec<Device>,
    pub(super) sent: Vec<Sent>,
    pub(super) placed: Vec<usize>,
    pub(super) forks: Vec<usize>,
    pub(super) last: BTreeMap<DeviceId, (u64, Hash)>,
    pub(super) stopped: BTreeSet<DeviceId>,
    pub(super) erased: BTreeSet<RecordId>,
    creators: BTreeMap<RecordId, DeviceId>,
    /// Every counter stands for one batch for ever: its hash, and whether its items were placed.
    outcomes: BTreeMap<(DeviceId, u64), (Hash, Answer)>,
    pub(super) epochs: Vec<EpochInfo>,
    pub(super) keys: BTreeMap<KeyCommitment, KeyInfo>,
    pub(super) records: Vec<RecordInfo>,
    pub(super) contents: Vec<Content>,
    pub(super) faults: Vec<Fault>,
}

/// What the server says to a batch.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Placed,
    Stale,
    /// The rules do not allow one of its items: none is placed, and the chain goes on.
    Rejected,
    Refused,
}

impl Space {
    pub(super) fn new(number: usize, control: Option<Control>) -> Result<Self, Broken> {
        let beginning = beginning(number)?;
        let view = beginning.view.clone();
        let desks: Vec<Reached<DeviceId>> =
            view.desks().map(|desk| Reached { to: desk.device, by: desk.device, length: 0 }).collect();
        let key = view.epoch_key(0).ok_or(Broken("no epoch"))?;
        let devices = (0..DEVICES[number]).map(|device| Device::new(device_id(number, device), view.clone()));
        Ok(Self {
            number,
            control,
            log: Vec::new(),
            views: vec![view.clone()],
            devices: devices.collect(),
            sent: Vec::new(),
            placed: Vec::new(),
            forks: Vec::new(),
            last: BTreeMap::new(),
            stopped: BTreeSet::new(),
            erased: BTreeSet::new(),
            creators: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            epochs: vec![EpochInfo { key, previous: None, holders: desks }],
            keys: BTreeMap::new(),
            records: Vec::new(),
            contents: Vec::new(),
            faults: Vec::new(),
        })
    }

    /// The view of the whole log.
    pub(super) fn newest(&self) -> Arc<Membership> {
        self.views[self.views.len() - 1].clone()
    }

    pub(super) fn info(&self, record: &RecordId) -> Option<RecordInfo> {
        self.records.iter().find(|info| info.id == *record).copied()
    }

    /// Everybody who was handed an epoch's key, or a later one that opens it.
    pub(super) fn holders(&self, key: &SealingPublicKey) -> Vec<Reached<DeviceId>> {
        let (mut open, mut holders) = (vec![*key], Vec::new());
        while let Some(key) = open.pop() {
            for epoch in &self.epochs {
                if epoch.key == key {
                    holders.extend(&epoch.holders);
                }
                if epoch.previous == Some(key) {
                    open.push(epoch.key);
                }
            }
        }
        holders
    }

    /// Everybody who could open a record key, whoever gave them the ciphertext.
    pub(super) fn readers(&self, commitment: &KeyCommitment) -> Vec<Reached<DeviceId>> {
        let Some(info) = self.keys.get(commitment) else { return Vec::new() };
        let mut readers = info.devices.clone();
        for epoch in &info.epochs {
            // Both had to happen, the capsule and the hand-over of the epoch: the later one let its holder in.
            readers.extend(self.holders(&epoch.to).into_iter().map(|holder| {
                let (by, length) =
                    if holder.length > epoch.length { (holder.by, holder.length) } else { (epoch.by, epoch.length) };
                Reached { to: holder.to, by, length }
            }));
        }
        readers
    }

    pub(super) fn can_open(&self, device: &DeviceId, commitment: &KeyCommitment) -> bool {
        self.readers(commitment).iter().any(|reader| reader.to == *device)
    }

    /// Reports every reader of a key whom the author of new content under it must shut out, as far as the author knows.
    pub(super) fn judge_write(&mut self, author: usize, commitment: &KeyCommitment) {
        let me = &self.devices[author];
        let Some(info) = self.keys.get(commitment).and_then(|key| self.info(&key.record)) else { return };
        let mut excluded = Vec::new();
        for reader in self.readers(commitment) {
            let may = reader.to == me.id
                || oracle::may_read(&me.view, &info.id, (info.kind, &info.creator), &reader.to)
                // Somebody who knew more of the log let it in since: that is not for this author to know.
                || (reader.by != me.id && reader.length > me.known);
            if !may {
                excluded.push(reader.to.0[0]);
            }
        }
        if let Some(reader) = excluded.first() {
            let text = format!("device {reader} opens what device {} writes to {:?}", me.id.0[0], info.kind);
            self.faults.push(Fault::ReadByExcluded(text));
        }
    }

    /// Reports every device that a key is sealed to by name and that may not read the record, as far as whoever seals it knows.
    pub(super) fn judge_capsule(&mut self, author: usize, record: &RecordId, to: &[DeviceId]) {
        let (me, Some(info)) = (&self.devices[author], self.info(record)) else { return };
        let may = |to: &&DeviceId| **to == me.id || oracle::may_read(&me.view, record, (info.kind, &info.creator), to);
        if let Some(reader) = to.iter().find(|to| !may(to)) {
            let text = format!("device {} gives device {} a key of {:?}", me.id.0[0], reader.0[0], info.kind);
            self.faults.push(Fault::ReadByExcluded(text));
        }
    }

    /// A request with one batch.
    pub(super) fn push(&mut self, number: usize) -> Result<Answer, Broken> {
        let view = self.newest();
        let sent = self.sent.get_mut(number).ok_or(Broken("no such batch"))?;
        let header = &sent.batch.header;
        let (device, hash) = (header.device, header.hash());
        if view.active_member(&device).is_none() || header.log_length > view.length() {
            return Ok(Answer::Refused);
        }
        sent.batch.verify(&view)?;
        sent.verified = true;
        let Chain::Sync { counter, previous } = header.chain else { return Ok(Answer::Refused) };
        match self.outcomes.get(&(device, counter)) {
            Some((held, answer)) if *held == hash => return Ok(*answer),
            _ => {}
        }
        let (last, last_hash) = self.last.get(&device).copied().unwrap_or((0, Hash::NONE));
        if counter <= last {
            self.forks.push(number);
            self.stopped.insert(device);
            return Ok(Answer::Refused);
        }
        if self.stopped.contains(&device) || counter != last + 1 || previous != last_hash {
            return Ok(Answer::Refused);
        }
        let current = view.epoch_at(header.log_length) == view.epoch();
        let leads = view.active_member(&device).is_some_and(|member| member.role.leads());
        let (mut tombstones, mut allowed) = (Vec::new(), true);
        for item in &sent.batch.items {
            match item {
                Item::Tombstone(record) => {
                    let creator = self.creators.get(record).copied().unwrap_or(device);
                    let takes_two = view.erasure_takes_two(record, view.length()) && !self.erased.contains(record);
                    if (creator == device || leads) && !takes_two {
                        tombstones.push(*record);
                    } else {
                        allowed = false;
                    }
                }
                Item::Write(KeyReference::New(capsule), _) if current => {
                    self.creators.entry(capsule.record).or_insert(device);
                }
                _ => {}
            }
        }
        self.last.insert(device, (counter, hash));
        let answer = match (current, allowed) {
            (false, _) => Answer::Stale,
            (true, false) => Answer::Rejected,
            (true, true) => Answer::Placed,
        };
        self.outcomes.insert((device, counter), (hash, answer));
        if !matches!(answer, Answer::Placed) {
            return Ok(answer);
        }
        self.erased.extend(tombstones);
        self.placed.push(number);
        Ok(Answer::Placed)
    }

    /// Adds an entry to the server's log, if it is the next and the rules allow it.
    pub(super) fn append(&mut self, entry: LogEntry) -> bool {
        let mut view = Membership::clone(&self.newest());
        if view.append(&entry).is_err() {
            return false;
        }
        self.log.push(entry);
        self.views.push(Arc::new(view));
        true
    }

    /// The record that an item is about.
    pub(super) fn record_of(&self, item: &Item) -> Option<RecordId> {
        match item {
            Item::Write(reference, _) => self.keys.get(&reference.commitment()).map(|key| key.record),
            Item::Grant(capsule) => Some(capsule.record),
            Item::Tombstone(record) => Some(*record),
            Item::Receipt(_) => None,
        }
    }

    pub(super) fn sign(
        &mut self,
        header: vigil_protocol::BatchHeader,
        items: Vec<Item>,
        author: usize,
    ) -> Result<usize, Broken> {
        let batch = Batch::sign(header, items, key_of(&self.devices[author].id)?);
        self.sent.push(Sent { batch, verified: false });
        Ok(self.sent.len() - 1)
    }

    /// A device's saves that are still to be sent, written down or not.
    pub(super) fn is_quiet(&self, device: usize) -> bool {
        let device = &self.devices[device];
        device.waiting.is_empty() && device.unsent.is_empty() && device.own.is_empty()
    }
}

/// The saves of a batch once more, where the server did not take them.
pub(super) fn again(saves: Vec<Save>, waiting: &mut Vec<Save>) {
    let later = std::mem::replace(waiting, saves);
    waiting.extend(later);
}
