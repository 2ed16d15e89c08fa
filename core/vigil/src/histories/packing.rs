//! From a save to a signed batch, by the rules of `sync::readers`: which key serves, and whom a new one is sealed to.
//! Content is not encrypted here: who could open it is counted from the capsules.

use super::device::{Key, Save};
use super::oracle::Kind;
use super::space::{Content, KeyInfo, Reached, Space};
use super::{Broken, Control};
use crate::records::SignedEvent;
use crate::sync::auditors;
use crate::sync::readers::{self, About, Origin};
use vigil_protocol::{
    BatchHeader, Capsule, Chain, DeviceId, Hash, Item, KeyCommitment, KeyReference, Recipient, RecordId, SUITE, Salt,
    SealedKey, SealingPublicKey, canonical,
};

impl Space {
    /// Saves content of a record on a device, with a sealed copy for handing over.
    pub(super) fn save(&mut self, device: usize, record: RecordId, events: Vec<SignedEvent>) -> Result<(), Broken> {
        let number = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        self.contents.push(Content { events, verified: false });
        let save = Save::Content(record, number);
        self.devices[device].waiting.push(save.clone());
        let number = self.sent.len() as u64;
        self.seal(device, Chain::Copy { number }, &[save])?;
        Ok(())
    }

    /// Seals and signs saves as one batch.
    pub(super) fn seal(&mut self, device: usize, chain: Chain, saves: &[Save]) -> Result<usize, Broken> {
        let mut items = Vec::new();
        for save in saves {
            match save {
                Save::Tombstone(record) => items.push(Item::Tombstone(*record)),
                Save::Content(record, number) => {
                    let key = self.key_for(device, record, matches!(chain, Chain::Sync { .. }))?;
                    items.push(Item::Write(key, number.to_le_bytes().to_vec().into()));
                }
                Save::Grant(record, named) => {
                    let view = self.devices[device].view.clone();
                    let kind = self.info(record).map_or(Kind::Screening, |info| info.kind);
                    let creator = self.devices[device].creator_of(record);
                    let about = About { record, identity: kind.is_identity(), creator: &creator };
                    let to = readers::grantees(&view, about, named, (kind == Kind::Complaint, false));
                    let keys = self.devices[device].keys.get(record).cloned().unwrap_or_default();
                    for key in keys.iter().filter(|_| !to.is_empty()) {
                        let capsule = self.capsule(device, record, key.commitment, to.clone());
                        items.push(Item::Grant(capsule));
                    }
                }
            }
        }
        let me = &self.devices[device];
        let log_length = match chain {
            Chain::Sync { .. } => me.known,
            Chain::Copy { .. } => me.view.length(),
        };
        let header = BatchHeader {
            suite: SUITE,
            space: me.view.space(),
            device: me.id,
            chain,
            log_length,
            log_head: me.view.head_at(log_length).unwrap_or(Hash::NONE),
            salt: Salt([0; 16]),
            seen_root: None,
            items: Vec::new(),
        };
        self.sign(header, items, device)
    }

    /// The key that new content goes under, with its capsule where nobody has been sent it.
    fn key_for(&mut self, device: usize, record: &RecordId, sends: bool) -> Result<KeyReference, Broken> {
        let info = self.info(record).ok_or(Broken("no such record"))?;
        let me = &self.devices[device];
        let (my_id, view, creator) = (me.id, me.view.clone(), me.creator_of(record));
        let about = About { record, identity: info.kind.is_identity(), creator: &creator };
        let serves = |key: &Key| {
            let origin = Origin { record, starter: &key.starter, log_length: key.log_length };
            match info.kind {
                _ if self.control == Some(Control::KeysForEver) => true,
                Kind::Complaint => auditors::serves(&view, origin, &my_id),
                _ => readers::serves(&view, about, origin, &my_id),
            }
        };
        let found = me.keys.get(record).and_then(|keys| keys.iter().copied().find(serves));
        let key = match found {
            Some(key) => key,
            None => {
                let mut commitment = [0; 32];
                commitment[..8].copy_from_slice(&(self.keys.len() as u64 + 1).to_le_bytes());
                let log_length = readers::born_at(&view, me.known);
                let key = Key { commitment: KeyCommitment(commitment), starter: my_id, log_length, sent: false };
                let starter = Reached { to: my_id, by: my_id, length: me.known };
                let info = KeyInfo { record: *record, devices: vec![starter], epochs: Vec::new() };
                self.keys.insert(key.commitment, info);
                self.devices[device].keys.entry(*record).or_default().push(key);
                key
            }
        };
        let reference = if key.sent {
            KeyReference::Known(key.commitment)
        } else {
            let mut to = match info.kind {
                Kind::Complaint => auditors::recipients(&view, &my_id),
                _ => readers::recipients(&view, about, &my_id),
            };
            if self.control == Some(Control::SealToEverybody) {
                to.extend(view.members().iter().map(|member| Recipient::Device(member.device)));
                to.sort_unstable();
                to.dedup();
            }
            if sends && let Some(keys) = self.devices[device].keys.get_mut(record) {
                keys.iter_mut().filter(|held| held.commitment == key.commitment).for_each(|held| held.sent = true);
            }
            KeyReference::New(self.capsule(device, record, key.commitment, to))
        };
        self.judge_write(device, &key.commitment);
        Ok(reference)
    }

    /// A capsule, and who can open it from now on.
    fn capsule(&mut self, device: usize, record: &RecordId, commitment: KeyCommitment, to: Vec<Recipient>) -> Capsule {
        let me = &self.devices[device];
        // What rests on entries that wait here, nobody else can know.
        let (by, known, length) = (me.id, me.known, if me.own.is_empty() { me.known } else { u64::MAX });
        let epochs: Vec<SealingPublicKey> = to
            .iter()
            .filter_map(|to| if let Recipient::Epoch(epoch) = to { me.view.epoch_key(*epoch) } else { None })
            .collect();
        let devices: Vec<DeviceId> =
            to.iter().filter_map(|to| if let Recipient::Device(device) = to { Some(*device) } else { None }).collect();
        self.judge_capsule(device, record, &devices);
        if let Some(info) = self.keys.get_mut(&commitment) {
            info.devices.extend(devices.into_iter().map(|to| Reached { to, by, length }));
            info.epochs.extend(epochs.into_iter().map(|to| Reached { to, by, length: known }));
        }
        let sealed = |to: Recipient| SealedKey { to, encapsulated: SealingPublicKey([0; 32]), sealed: [0; 48].into() };
        Capsule { record: *record, commitment, sealed: to.into_iter().map(sealed).collect() }
    }

    /// Writes waiting saves down as one batch of the device's chain.
    pub(super) fn write_down(&mut self, device: usize) -> Result<(), Broken> {
        let me = &mut self.devices[device];
        if me.waiting.is_empty() {
            return Ok(());
        }
        let saves = std::mem::take(&mut me.waiting);
        let (counter, previous) = (me.counter + 1, me.previous);
        let number = self.seal(device, Chain::Sync { counter, previous }, &saves)?;
        let hash = self.sent[number].batch.header.hash();
        let me = &mut self.devices[device];
        (me.counter, me.previous) = (counter, hash);
        me.unsent.push((number, saves));
        Ok(())
    }
}

/// The content that a write names.
pub(super) fn content_of(sealed: &[u8]) -> Result<usize, Broken> {
    let bytes: [u8; 4] = sealed.try_into().map_err(|_| Broken("a write without content"))?;
    usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| Broken("a write without content"))
}

/// The bytes of a batch, as they are carried: what does not decode again is no batch.
pub(super) fn carried(batch: &vigil_protocol::Batch) -> Result<vigil_protocol::Batch, Broken> {
    Ok(canonical::decode(&canonical::encode(batch))?)
}
