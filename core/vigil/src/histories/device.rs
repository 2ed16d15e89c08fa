//! A device in a history: what it knows of the log, which keys it holds, what it has taken in and what waits to be sent.
//! It promises to know only what it was given.

use super::oracle::{Events, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vigil_protocol::{DeviceId, Hash, KeyCommitment, LogBody, Membership, RecordId};

/// A record key that a device holds.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) commitment: KeyCommitment,
    pub(super) starter: DeviceId,
    pub(super) log_length: u64,
    pub(super) sent: bool,
}

/// A record on a device.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) kind: Kind,
    pub(super) creator: DeviceId,
    pub(super) events: Events,
}

/// What waits for a batch.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Save {
    /// The content of this number.
    Content(RecordId, u32),
    Grant(RecordId, Vec<DeviceId>),
    Tombstone(RecordId),
}

impl Save {
    pub(super) const fn record(&self) -> &RecordId {
        match self {
            Self::Content(record, _) | Self::Grant(record, _) | Self::Tombstone(record) => record,
        }
    }
}

/// A device.
pub(super) struct Device {
    pub(super) id: DeviceId,
    /// How much of the log the server has confirmed to it.
    pub(super) known: u64,
    /// Entries of its own that wait for the server.
    pub(super) own: Vec<LogBody>,
    /// What follows from both. None before it is a member that knows of it.
    pub(super) view: Arc<Membership>,
    pub(super) records: BTreeMap<RecordId, Held>,
    pub(super) keys: BTreeMap<RecordId, Vec<Key>>,
    pub(super) creators: BTreeMap<RecordId, DeviceId>,
    /// Who brought which key in a write, and knowing how much of the log.
    pub(super) origins: BTreeMap<KeyCommitment, (DeviceId, u64)>,
    pub(super) erased: BTreeSet<RecordId>,
    /// The same for whoever judges it, which no switch changes.
    pub(super) gone: BTreeSet<RecordId>,
    /// What it erased and the server did not let it erase: it had not heard that it may not any more.
    pub(super) alone: BTreeSet<RecordId>,
    /// Items that were taken in: number of the batch, place.
    pub(super) taken: BTreeSet<(usize, u32)>,
    /// Batches that were looked at whole and counted: nothing more comes of them.
    pub(super) done: BTreeSet<usize>,
    /// Items whose key is not here yet.
    pub(super) parked: Vec<(usize, u32)>,
    /// Batches of every author by counter: hash, and that of the one before.
    pub(super) headers: BTreeMap<(DeviceId, u64), (Hash, Hash)>,
    /// Whom two batches under one counter have proved to be false.
    pub(super) proofs: BTreeSet<DeviceId>,
    pub(super) waiting: Vec<Save>,
    /// Batches that were written down and are not acknowledged, with what is in them.
    pub(super) unsent: Vec<(usize, Vec<Save>)>,
    pub(super) counter: u64,
    pub(super) previous: Hash,
}

impl Device {
    pub(super) fn new(id: DeviceId, view: Arc<Membership>) -> Self {
        Self {
            id,
            known: view.length(),
            own: Vec::new(),
            view,
            records: BTreeMap::new(),
            keys: BTreeMap::new(),
            creators: BTreeMap::new(),
            origins: BTreeMap::new(),
            erased: BTreeSet::new(),
            gone: BTreeSet::new(),
            alone: BTreeSet::new(),
            taken: BTreeSet::new(),
            done: BTreeSet::new(),
            parked: Vec::new(),
            headers: BTreeMap::new(),
            proofs: BTreeSet::new(),
            waiting: Vec::new(),
            unsent: Vec::new(),
            counter: 0,
            previous: Hash::NONE,
        }
    }

    /// Who made a record, as it is known here.
    pub(super) fn creator_of(&self, record: &RecordId) -> DeviceId {
        let held = self.records.get(record).map(|held| held.creator);
        held.or_else(|| self.creators.get(record).copied()).unwrap_or(self.id)
    }

    /// Destroys what is here of a record.
    pub(super) fn erase(&mut self, record: &RecordId, ignore: bool) {
        self.gone.insert(*record);
        if ignore {
            return;
        }
        self.erased.insert(*record);
        self.records.remove(record);
        self.keys.remove(record);
        self.waiting.retain(|save| save.record() != record || matches!(save, Save::Tombstone(_)));
    }
}
