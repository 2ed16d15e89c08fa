//! Packing: saves that wait become one signed batch, written down before its first byte leaves (PROTOCOL 9).
//! A record's saves become one item; a record whose readers have changed gets a new key with its next write (PROTOCOL 4).

use super::auditors;
use super::readers::{self, About};
use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, Secret, commitment, random_bytes, seal_key};
use crate::records::{Kinds, RecordContent};
use crate::sealing::{self, Place};
use crate::store::{self, Generation, chains, generations, handed_over, outbox, receipts, records};
use crate::vault::{Space, Vault};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rusqlite::{Connection, Transaction};
use std::collections::BTreeMap;
use vigil_protocol::{
    Batch, BatchHeader, Capsule, Chain, DeviceId, Hash, Item, KeyCommitment, KeyReference, Recipient, RecordId, SUITE,
    Salt, SealedKey, canonical,
};

/// Most saves that one batch takes in.
const MAX_SAVES_PER_BATCH: usize = 400;
/// Most receipts in one batch.
const MAX_RECEIPTS_PER_BATCH: usize = 64;
/// Most plaintext of saves in one batch, in bytes; what comes after waits for the next.
const MAX_CONTENT_PER_BATCH: usize = 112 * 1024;
/// Most changes, and most events, in one write; the readers' limit is higher.
const MAX_CHANGES_PER_WRITE: usize = 128;
/// Most content in one write, in bytes before compression; sealed, it stays below the limit of an item.
const MAX_CONTENT_PER_WRITE: usize = 48 * 1024;

/// What one save leaves in the outbox.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) enum Save {
    /// Content of a record.
    #[n(0)]
    Content(#[n(0)] ByteVec),
    /// The keys of a record for more readers.
    #[n(1)]
    Grant(#[n(0)] Vec<DeviceId>),
    /// The erasure of a record.
    #[n(2)]
    Tombstone,
    /// The keys of what is left of a record after "let go", for those who may hold the person's: it names nobody.
    #[n(3)]
    LetGo(#[n(0)] Vec<DeviceId>),
    /// The keys of a record for the epoch that is current when it is packed.
    #[n(4)]
    GrantToEpoch,
}

impl Save {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        canonical::decode(bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the outbox" })
    }
}

/// Saves of one record as few writes as the limits allow.
pub(crate) fn merge_contents(saves: &[Save], me: &DeviceId) -> Result<Vec<RecordContent>> {
    let mut contents: Vec<(RecordContent, usize)> = Vec::new();
    for save in saves {
        let Save::Content(bytes) = save else { continue };
        let next =
            RecordContent::decode(bytes, me).map_err(|_| VigilError::DatabaseDamaged { detail: "the outbox" })?;
        match contents.last_mut() {
            Some((last, size))
                if last.changes.len() + next.changes.len() <= MAX_CHANGES_PER_WRITE
                    && last.events.len() + next.events.len() <= MAX_CHANGES_PER_WRITE
                    && *size + bytes.len() <= MAX_CONTENT_PER_WRITE =>
            {
                last.changes.extend(next.changes);
                last.events.extend(next.events);
                *size += bytes.len();
            }
            _ => contents.push((next, bytes.len())),
        }
    }
    Ok(contents.into_iter().map(|(content, _)| content).collect())
}

pub(super) fn capsule(space: &Space, generation: &Generation, to: Vec<Recipient>) -> Result<Capsule> {
    let membership = &space.membership;
    let mut sealed = Vec::with_capacity(to.len());
    for recipient in to {
        let public = match recipient {
            Recipient::Epoch(epoch) => membership.epoch_key(epoch),
            Recipient::Device(device) => membership.member(&device).map(|member| member.sealing_key),
            Recipient::Recovery => Some(membership.recovery_key()),
        };
        let purpose = SealedTo::Record {
            space: space.id(),
            record: generation.record,
            commitment: generation.commitment,
            recipient,
        };
        let copy = public.and_then(|public| seal_key(&public, &purpose, &generation.key));
        // One member whose key is no key must not keep the others from the record.
        if let Some((encapsulated, key)) = copy {
            sealed.push(SealedKey { to: recipient, encapsulated, sealed: key.into() });
        }
    }
    if sealed.is_empty() {
        return Err(VigilError::internal("nobody could receive a record key"));
    }
    Ok(Capsule { record: generation.record, commitment: generation.commitment, sealed })
}

/// A new key for a record.
fn new_generation(space: &Space, record: RecordId, starter: DeviceId) -> Generation {
    let key = Secret::random();
    Generation {
        commitment: commitment(&record, &key),
        record,
        key,
        starter,
        log_length: readers::born_at(&space.membership, space.confirmed as u64),
        sequence: None,
        sent: false,
    }
}

/// What is needed to seal for one record.
struct Target {
    generation: Generation,
    fresh: bool,
    creator: DeviceId,
    identity: bool,
    for_auditors: bool,
}

/// The kind and the creator of a record, as they are known here.
fn known(connection: &Connection, record: &RecordId, me: &DeviceId) -> Result<(String, DeviceId)> {
    Ok(match records::get(connection, record)? {
        Some(row) => (row.columns.kind, row.columns.creator),
        // What comes to mind later goes to the readers of a record that is gone here.
        None => handed_over::find(connection, record)?.map_or((String::new(), *me), |stub| (stub.kind, stub.creator)),
    })
}

fn target(connection: &Connection, space: &Space, kinds: &Kinds, record: &RecordId, me: &DeviceId) -> Result<Target> {
    let (kind, creator) = known(connection, record, me)?;
    let identity = kinds.kind(&kind).is_some_and(|kind| kind.identity);
    let held = generations::of_record(connection, record)?;
    let for_auditors = kinds.is_for_auditors(&kind);
    let held = if for_auditors {
        held.into_iter().find(|key| auditors::serves(&space.membership, key.origin(), me))
    } else {
        let about = About { record, identity, creator: &creator };
        held.into_iter().find(|key| readers::serves(&space.membership, about, key.origin(), me))
    };
    let fresh = held.is_none();
    let generation = held.unwrap_or_else(|| new_generation(space, *record, *me));
    Ok(Target { generation, fresh, creator, identity, for_auditors })
}

impl Target {
    fn key_reference(&self, space: &Space, me: &DeviceId) -> Result<KeyReference> {
        // A key that came by hand: whether the server ever sees its author's own batch, nobody knows.
        let by_hand = self.generation.sequence.is_none() && self.generation.starter != *me;
        if self.generation.sent && !by_hand {
            return Ok(KeyReference::Known(self.generation.commitment));
        }
        let about = About { record: &self.generation.record, identity: self.identity, creator: &self.creator };
        let to = if self.for_auditors {
            auditors::recipients(&space.membership, me)
        } else {
            readers::recipients(&space.membership, about, me)
        };
        Ok(KeyReference::New(capsule(space, &self.generation, to)?))
    }
}

/// A batch of the chain is signed over what the server has confirmed of the log, which no rebase replaces any more. A sealed
/// copy is signed over all that is known here: it may be handed over before any server hears of it.
fn header(space: &Space, device: DeviceId, chain: Chain) -> BatchHeader {
    let log_length = match chain {
        Chain::Sync { .. } => space.confirmed as u64,
        Chain::Copy { .. } => space.membership.length(),
    };
    BatchHeader {
        suite: SUITE,
        space: space.id(),
        device,
        chain,
        log_length,
        log_head: space.membership.head_at(log_length).unwrap_or(Hash::NONE),
        salt: Salt(random_bytes()),
        seen_root: None,
        items: Vec::new(),
    }
}

/// Seals and signs a copy of one save. The capsule travels with it until the server has it.
pub(crate) fn seal_copy(vault: &Vault, tx: &Transaction<'_>, record: &RecordId, save: &Save) -> Result<Vec<u8>> {
    let space = vault.space()?;
    // Random, so that no save has to write a counter down; 63 bits, because databases count in signed numbers.
    let number = u64::from_le_bytes(random_bytes()) >> 1;
    let header = header(space, vault.device, Chain::Copy { number });
    let mut packer = Packer::new(vault, tx, header)?;
    packer.add(record, std::slice::from_ref(save))?;
    Ok(packer.sign().to_bytes())
}

/// Builds the items of one batch.
struct Packer<'v, 't> {
    vault: &'v Vault,
    space: &'v Space,
    tx: &'v Transaction<'t>,
    header: BatchHeader,
    items: Vec<Item>,
    delivered: Vec<KeyCommitment>,
}

impl<'v, 't> Packer<'v, 't> {
    fn new(vault: &'v Vault, tx: &'v Transaction<'t>, header: BatchHeader) -> Result<Self> {
        let space = vault.space()?;
        Ok(Self { vault, space, tx, header, items: Vec::new(), delivered: Vec::new() })
    }

    /// Adds everything that waits for one record.
    fn add(&mut self, record: &RecordId, saves: &[Save]) -> Result<()> {
        if saves.iter().any(|save| matches!(save, Save::Tombstone)) {
            self.items.push(Item::Tombstone(*record));
            return Ok(());
        }
        let me = self.vault.device;
        let contents = merge_contents(saves, &me)?;
        if !contents.is_empty() {
            let mut target = target(self.tx, self.space, self.vault.summariser.kinds(), record, &me)?;
            if target.fresh {
                generations::insert(self.tx, &target.generation)?;
            }
            for content in contents {
                let key = target.key_reference(self.space, &me)?;
                let index = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
                let generation = target.generation.commitment;
                let place = Place { header: &self.header, index, record: *record, generation };
                let sealed = sealing::seal(&target.generation.key, &place, &content.encode(&me))?;
                if matches!(key, KeyReference::New(_)) {
                    self.delivered.push(generation);
                    // What follows in this batch names the key that this item brings.
                    target.generation.sent = true;
                    target.generation.starter = me;
                }
                self.items.push(Item::Write(key, sealed.into()));
            }
        }
        let for_auditors = auditors::owns(self.tx, record)?;
        if saves.iter().any(|save| matches!(save, Save::GrantToEpoch)) && !for_auditors {
            let to = readers::shared(&self.space.membership, false);
            for generation in generations::of_record(self.tx, record)? {
                self.items.push(Item::Grant(capsule(self.space, &generation, to.clone())?));
            }
        }
        for save in saves {
            let to_duty = matches!(save, Save::LetGo(_));
            if let Save::Grant(devices) | Save::LetGo(devices) = save {
                let (kind, creator) = known(self.tx, record, &me)?;
                let identity = self.vault.summariser.kinds().kind(&kind).is_some_and(|kind| kind.identity);
                let about = About { record, identity, creator: &creator };
                let to = readers::grantees(&self.space.membership, about, devices, (for_auditors, to_duty));
                if to.is_empty() {
                    continue;
                }
                for generation in generations::of_record(self.tx, record)? {
                    self.items.push(Item::Grant(capsule(self.space, &generation, to.clone())?));
                }
            }
        }
        Ok(())
    }

    fn sign(self) -> Batch {
        Batch::sign(self.header, self.items, &self.vault.keys.signing)
    }
}

impl Vault {
    /// Packs what waits into one batch and writes it down. `None` if nothing waits.
    ///
    /// `alone` packs the saves of one record only: how a record that the server refuses is found.
    pub(crate) fn pack(&mut self, alone: bool) -> Result<Option<u64>> {
        let waiting = outbox::unbatched(self.store.read(), MAX_SAVES_PER_BATCH)?;
        let said = match alone && !waiting.is_empty() {
            true => Vec::new(),
            false => receipts::unbatched(self.store.read(), MAX_RECEIPTS_PER_BATCH)?,
        };
        if waiting.is_empty() && said.is_empty() {
            return Ok(None);
        }
        let mut order: Vec<RecordId> = Vec::new();
        let mut grouped: BTreeMap<RecordId, Vec<Save>> = BTreeMap::new();
        let mut numbers = Vec::new();
        let mut size = 0;
        for pending in waiting {
            size += pending.content.len();
            let other_record = order.first().is_some_and(|first| *first != pending.record);
            if !numbers.is_empty() && (size > MAX_CONTENT_PER_BATCH || (alone && other_record)) {
                break;
            }
            let saves = grouped.entry(pending.record).or_default();
            if saves.is_empty() {
                order.push(pending.record);
            }
            saves.push(Save::from_bytes(&pending.content)?);
            numbers.push(pending.number);
        }
        let tx = self.store.begin()?;
        let (last, previous) = chains::last(&tx, &self.device)?;
        // Batches that are written down and not acknowledged stand in the chain, too.
        let (last, previous) = match outbox::last_written_down(&tx)? {
            Some((counter, bytes)) if counter > last => (counter, Batch::from_bytes(&bytes)?.header.hash()),
            _ => (last, previous),
        };
        let counter = last + 1;
        let previous = if counter == 1 { Hash::NONE } else { previous };
        let chain = Chain::Sync { counter, previous };
        let mut packer = Packer::new(self, &tx, header(self.space()?, self.device, chain))?;
        for record in &order {
            packer.add(record, grouped.get(record).map(Vec::as_slice).unwrap_or_default())?;
        }
        for (_, receipt) in &said {
            let damaged = |_| VigilError::DatabaseDamaged { detail: "a receipt" };
            packer.items.push(Item::Receipt(canonical::decode(receipt).map_err(damaged)?));
        }
        let delivered = std::mem::take(&mut packer.delivered);
        let batch = packer.sign();
        for commitment in &delivered {
            generations::mark_sent(&tx, commitment, true, None)?;
        }
        outbox::write_down(&tx, counter, &batch.to_bytes())?;
        outbox::assign_to_batch(&tx, &numbers, counter)?;
        let said: Vec<i64> = said.iter().map(|(number, _)| *number).collect();
        receipts::assign_to_batch(&tx, &said, counter)?;
        tx.commit().map_err(store::StoreError::from)?;
        Ok(Some(counter))
    }

    /// Makes the sealed copies that a power cut took.
    pub(crate) fn make_missing_copies(&mut self) -> Result<()> {
        if self.space.is_none() {
            return Ok(());
        }
        let kept = self.copies.kept()?;
        let missing = outbox::without_copy(self.store.read(), &kept)?;
        if !missing.is_empty() {
            let mut made = Vec::new();
            let tx = self.store.begin()?;
            for pending in &missing {
                let save = Save::from_bytes(&pending.content)?;
                made.push((pending.number, seal_copy(self, &tx, &pending.record, &save)?));
            }
            tx.commit().map_err(store::StoreError::from)?;
            for (number, copy) in made {
                self.copies.keep(number, &copy)?;
            }
        }
        let alive = outbox::numbers(self.store.read())?;
        let gone: Vec<u64> = kept.difference(&alive).copied().collect();
        Ok(self.copies.forget(&gone)?)
    }
}
