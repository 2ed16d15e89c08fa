//! What somebody reads who has taken files, keys and unlock codes together, from one party or from several: for the measure
//! `blast-radius`, and for tests of what must not be readable. It tries every key on every sealed item, whatever the rules say
//! about who may hold which. Not part of the facade.

use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, SealingKeyPair, Secret, commitment, open_key};
use crate::readable;
use crate::sealing::{self, Place};
use crate::store::{cells, generations, outbox};
use crate::vault::Vault;
use std::collections::BTreeMap;
use vigil_protocol::{
    Batch, BatchHeader, Capsule, DeviceId, Item, KeyCommitment, KeyReference, Recipient, RecordId, SpaceId, canonical,
};

/// An item with what its place says of it.
struct Sealed {
    header: BatchHeader,
    index: u32,
    item: Item,
}

/// Everything that was taken.
#[derive(Default)]
pub struct Loot {
    devices: BTreeMap<DeviceId, SealingKeyPair>,
    epochs: BTreeMap<(SpaceId, u32), SealingKeyPair>,
    records: BTreeMap<KeyCommitment, (RecordId, Secret<32>)>,
    sealed: Vec<Sealed>,
    readable: Vec<Vec<u8>>,
}

impl Loot {
    /// Takes a home that was opened: its keys, its sealed items, and what stands readable in it.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn take_home(&mut self, vault: &Vault) -> Result<()> {
        self.devices.entry(vault.device()).or_insert(vault.keys.sealing.copy());
        if let Ok(space) = vault.space() {
            for (epoch, pair) in &space.epochs {
                self.epochs.entry((space.id(), *epoch)).or_insert(pair.copy());
            }
        }
        for generation in generations::all(vault.store.read())? {
            self.records.insert(generation.commitment, (generation.record, generation.key));
        }
        self.readable.extend(readable::everything(vault)?);
        self.take_sealed(vault)
    }

    /// Takes only the sealed items of a home: what a server holds that delivered them.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn take_sealed(&mut self, vault: &Vault) -> Result<()> {
        let damaged = |_| VigilError::DatabaseDamaged { detail: "an original item" };
        let store = vault.store.read();
        for (header, index, item) in cells::sealed_items(store)? {
            let header = canonical::decode(&header).map_err(damaged)?;
            self.sealed.push(Sealed { header, index, item: canonical::decode(&item).map_err(damaged)? });
        }
        for (_, batch) in outbox::written_down(store, usize::MAX >> 1)? {
            self.take_batch(&batch)?;
        }
        for copy in vault.sealed_copies()? {
            self.take_batch(&copy)?;
        }
        Ok(())
    }

    /// Takes a batch as it lay in a file or passed by hand.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if it is none.
    pub fn take_batch(&mut self, bytes: &[u8]) -> Result<()> {
        let batch = Batch::from_bytes(bytes)?;
        self.sealed.extend((0..).zip(batch.items).map(|(index, item)| Sealed {
            header: batch.header.clone(),
            index,
            item,
        }));
        Ok(())
    }

    /// Everything that can be read, piece by piece: what lay there readable, and what the keys open.
    pub fn read(&self) -> Vec<Vec<u8>> {
        let mut keys = self.records.clone();
        for sealed in &self.sealed {
            if let Some(capsule) = sealed.item.capsule()
                && let Some(key) = self.open_capsule(&sealed.header.space, capsule)
            {
                keys.insert(capsule.commitment, (capsule.record, key));
            }
        }
        let mut pieces = self.readable.clone();
        for sealed in &self.sealed {
            let Item::Write(reference, content) = &sealed.item else { continue };
            let generation = KeyReference::commitment(reference);
            let Some((record, key)) = keys.get(&generation) else { continue };
            let place = Place { header: &sealed.header, index: sealed.index, record: *record, generation };
            pieces.extend(sealing::open(key, &place, content));
        }
        pieces
    }

    fn open_capsule(&self, space: &SpaceId, capsule: &Capsule) -> Option<Secret<32>> {
        capsule.sealed.iter().find_map(|copy| {
            let pair = match copy.to {
                Recipient::Device(device) => self.devices.get(&device),
                Recipient::Epoch(epoch) => self.epochs.get(&(*space, epoch)),
                Recipient::Recovery => None,
            }?;
            let purpose = SealedTo::Record {
                space: *space,
                record: capsule.record,
                commitment: capsule.commitment,
                recipient: copy.to,
            };
            open_key(pair, &purpose, &copy.encapsulated, &copy.sealed)
                .filter(|key| commitment(&capsule.record, key) == capsule.commitment)
        })
    }
}
