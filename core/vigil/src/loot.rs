//! What somebody reads who has taken files, keys and unlock codes together, from one party or from several: for the measure
//! `blast-radius`, and for tests of what must not be readable. It tries every key on everything, whatever the rules say about
//! who may hold which and which state of a home is the newest. Not part of the facade.

use crate::error::{Result, VigilError};
use crate::folder;
use crate::keys::{AnyKeyFile, HardwareVault, Passphrase, SealedTo, SealingKeyPair, Secret, commitment, open_key};
use crate::sealing::{self, Place};
use crate::store::{SealedCopies, Setting, Store, StoreError, cells, generations, outbox, settings};
use crate::vault::{RecoveryKey, Space, Vault, database_files, key_path};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vigil_protocol::{
    Batch, BatchHeader, Capsule, DeviceId, Hash, Item, KeyCommitment, KeyReference, PulledBatch, PulledItem, Recipient,
    RecordId, SUITE, SpaceId, canonical,
};
use zeroize::Zeroizing;

/// What places an item: its header without what says nothing of the place, and its number.
struct Sealed {
    header: BatchHeader,
    index: u32,
    item: Item,
}

/// A key that was taken, for looking for it elsewhere.
#[derive(Clone)]
pub struct TakenKey(Owned);

#[derive(Clone)]
enum Owned {
    Device(DeviceId, Secret<32>),
    Epoch(SpaceId, u32, Secret<32>),
    Record(KeyCommitment, RecordId, Secret<32>),
    Recovery(Secret<32>),
}

impl TakenKey {
    /// Its bytes, as they lie in memory where they lie at all.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Owned::Device(_, key) | Owned::Epoch(_, _, key) | Owned::Record(_, _, key) | Owned::Recovery(key) => {
                key.expose()
            }
        }
    }
}

/// Everything that was taken.
#[derive(Default)]
pub struct Loot {
    devices: BTreeMap<DeviceId, SealingKeyPair>,
    epochs: BTreeMap<(SpaceId, u32), SealingKeyPair>,
    records: BTreeMap<KeyCommitment, (RecordId, Secret<32>)>,
    recovery: Vec<SealingKeyPair>,
    sealed: BTreeMap<Vec<u8>, Sealed>,
    readable: BTreeSet<Vec<u8>>,
}

impl Loot {
    /// Takes a home that was opened: its keys, its sealed items, and what stands readable in it.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn take_home(&mut self, vault: &Vault) -> Result<()> {
        self.take_store(&vault.store)?;
        self.take_sealed(vault)
    }

    /// Takes only the sealed items of a home: what a server holds that delivered them.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn take_sealed(&mut self, vault: &Vault) -> Result<()> {
        self.take_items(&vault.store)?;
        vault.sealed_copies()?.iter().try_for_each(|copy| self.take_batch(copy))
    }

    /// Takes images of one home: opens every key file in them with a PIN and this hardware, and every database in them with
    /// every key that came out, passing by all checks that a home which is opened in good order makes. Gives how many
    /// databases opened. The images stay as they are; `scratch` is an empty folder for copies.
    ///
    /// # Errors
    /// [`VigilError::Disk`], [`VigilError::DatabaseDamaged`].
    pub fn take_images(
        &mut self,
        images: &[PathBuf],
        hardware: &dyn HardwareVault,
        pin: &Passphrase,
        scratch: &Path,
    ) -> Result<usize> {
        let (mut tried, mut keys) = (BTreeSet::new(), Vec::<Secret<32>>::new());
        for image in images {
            for path in [key_path(image), folder::aside(&key_path(image))] {
                let Ok(bytes) = std::fs::read(&path) else { continue };
                if !tried.insert(bytes) {
                    continue;
                }
                let key = match AnyKeyFile::read(&path) {
                    Ok(AnyKeyFile::Present(file)) => file.open(pin, hardware).ok().map(|opened| opened.content.key),
                    Ok(AnyKeyFile::First(file)) => file.open(pin).ok(),
                    Err(_) => None,
                };
                let new = key.filter(|key| !keys.iter().any(|known| known.expose() == key.expose()));
                keys.extend(new);
            }
        }
        let mut opened = 0;
        for image in images {
            opened += self.take_databases(image, &keys, scratch)?;
            for copy in SealedCopies::look(&copied(&image.join("sealed.db"), scratch)?)? {
                self.take_batch(&copy)?;
            }
        }
        Ok(opened)
    }

    fn take_databases(&mut self, image: &Path, keys: &[Secret<32>], scratch: &Path) -> Result<usize> {
        let is_database = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "db");
        let mut opened = 0;
        for path in database_files(image).map_err(StoreError::from)?.into_iter().filter(is_database) {
            for key in keys {
                match Store::open(&copied(&path, scratch)?, key) {
                    Ok(store) => self.take_store(&store)?,
                    Err(StoreError::Damaged(_)) => continue,
                    Err(error) => return Err(error.into()),
                }
                opened += 1;
                break;
            }
        }
        Ok(opened)
    }

    /// An opened database: its keys, its sealed items, and what stands readable in it.
    fn take_store(&mut self, store: &Store) -> Result<()> {
        let connection = store.read();
        let device = settings::get(connection, Setting::DeviceId)?.and_then(|bytes| DeviceId::from_slice(&bytes));
        let private = settings::get(connection, Setting::SealingKey)?.map(Zeroizing::new);
        let pair = private.and_then(|bytes| Secret::from_slice(&bytes)).and_then(SealingKeyPair::from_private);
        self.devices.extend(device.zip(pair));
        if let Some(space) = Space::load(store)? {
            let id = space.id();
            self.epochs.extend(space.epochs.into_iter().map(|(epoch, pair)| ((id, epoch), pair)));
        }
        for generation in generations::all(connection)? {
            self.records.insert(generation.commitment, (generation.record, generation.key));
        }
        self.readable.extend(cells::all(connection)?);
        self.take_items(store)
    }

    fn take_items(&mut self, store: &Store) -> Result<()> {
        let damaged = |_| VigilError::DatabaseDamaged { detail: "an original item" };
        let connection = store.read();
        for (header, index, item) in cells::sealed_items(connection)? {
            let header = canonical::decode(&header).map_err(damaged)?;
            self.keep(Sealed { header, index, item: canonical::decode(&item).map_err(damaged)? });
        }
        for (_, batch) in outbox::written_down(connection, usize::MAX >> 1)? {
            self.take_batch(&batch)?;
        }
        Ok(())
    }

    fn keep(&mut self, sealed: Sealed) {
        let header = &sealed.header;
        let name = (header.space, header.device, header.chain.kind(), header.chain.number(), sealed.index);
        // A key that is named and one that is brought make two different items of the same write.
        self.sealed.insert(canonical::encode(&(name, &sealed.item)), sealed);
    }

    /// Takes a batch as it lay in a file or passed by hand.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if it is none.
    pub fn take_batch(&mut self, bytes: &[u8]) -> Result<()> {
        let Batch { header, items, .. } = Batch::from_bytes(bytes)?;
        for (index, item) in (0..).zip(items) {
            self.keep(Sealed { header: header.clone(), index, item });
        }
        Ok(())
    }

    /// Takes a batch as a server of the space holds it.
    pub fn take_pulled(&mut self, space: SpaceId, batch: PulledBatch) {
        let header = BatchHeader {
            suite: SUITE,
            space,
            device: batch.device,
            chain: batch.chain,
            log_length: batch.log_length,
            log_head: Hash::NONE,
            salt: batch.salt,
            seen_root: None,
            items: Vec::new(),
        };
        for (index, item) in (0..).zip(batch.items) {
            if let PulledItem::Present(item) = item {
                self.keep(Sealed { header: header.clone(), index, item });
            }
        }
    }

    /// Takes a committee's recovery key, as it stands on paper.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if it is none.
    pub fn take_recovery_key(&mut self, text: &str) -> Result<()> {
        self.recovery.push(RecoveryKey::pair(text)?);
        Ok(())
    }

    /// Takes a key that was found somewhere.
    pub fn take_key(&mut self, key: &TakenKey) {
        let pair = |key: &Secret<32>| SealingKeyPair::from_private(key.clone());
        match &key.0 {
            Owned::Device(device, key) => self.devices.extend(Some(*device).zip(pair(key))),
            Owned::Epoch(space, epoch, key) => self.epochs.extend(Some((*space, *epoch)).zip(pair(key))),
            Owned::Recovery(key) => self.recovery.extend(pair(key)),
            Owned::Record(commitment, record, key) => drop(self.records.insert(*commitment, (*record, key.clone()))),
        }
    }

    /// Takes all that somebody else took.
    pub fn join(&mut self, other: &Self) {
        other.keys().iter().for_each(|key| self.take_key(key));
        self.join_sealed(other);
        self.readable.extend(other.readable.iter().cloned());
    }

    /// Takes the sealed items that somebody else took, and no keys.
    pub fn join_sealed(&mut self, other: &Self) {
        for (name, Sealed { header, index, item }) in &other.sealed {
            let again = || Sealed { header: header.clone(), index: *index, item: item.clone() };
            self.sealed.entry(name.clone()).or_insert_with(again);
        }
    }

    /// Every key that was taken, and every record's key that these open.
    pub fn keys(&self) -> Vec<TakenKey> {
        let device = |(id, pair): (&DeviceId, &SealingKeyPair)| Owned::Device(*id, pair.private().clone());
        let epoch = |((space, epoch), pair): (&(SpaceId, u32), &SealingKeyPair)| {
            Owned::Epoch(*space, *epoch, pair.private().clone())
        };
        let recovery = |pair: &SealingKeyPair| Owned::Recovery(pair.private().clone());
        let records = self.record_keys();
        let record = |(commitment, (record, key)): (KeyCommitment, (RecordId, Secret<32>))| {
            Owned::Record(commitment, record, key)
        };
        let of_devices = self.devices.iter().map(device).chain(self.epochs.iter().map(epoch));
        let others = self.recovery.iter().map(recovery).chain(records.into_iter().map(record));
        of_devices.chain(others).map(TakenKey).collect()
    }

    fn record_keys(&self) -> BTreeMap<KeyCommitment, (RecordId, Secret<32>)> {
        let mut keys = self.records.clone();
        for sealed in self.sealed.values() {
            if let Some(capsule) = sealed.item.capsule()
                && !keys.contains_key(&capsule.commitment)
                && let Some(key) = self.open_capsule(&sealed.header.space, capsule)
            {
                keys.insert(capsule.commitment, (capsule.record, key));
            }
        }
        keys
    }

    /// Everything that can be read, piece by piece: what lay there readable, and what the keys open.
    pub fn read(&self) -> Vec<Vec<u8>> {
        let keys = self.record_keys();
        let mut pieces: Vec<Vec<u8>> = self.readable.iter().cloned().collect();
        for sealed in self.sealed.values() {
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
            let purpose = SealedTo::Record {
                space: *space,
                record: capsule.record,
                commitment: capsule.commitment,
                recipient: copy.to,
            };
            let open = |pair: &SealingKeyPair| {
                open_key(pair, &purpose, &copy.encapsulated, &copy.sealed)
                    .filter(|key| commitment(&capsule.record, key) == capsule.commitment)
            };
            match copy.to {
                Recipient::Device(device) => self.devices.get(&device).and_then(open),
                Recipient::Epoch(epoch) => self.epochs.get(&(*space, epoch)).and_then(open),
                Recipient::Recovery => self.recovery.iter().find_map(open),
            }
        })
    }
}

/// A copy of a database with what lies beside it: opening one writes to it.
fn copied(path: &Path, scratch: &Path) -> Result<PathBuf> {
    let copy = scratch.join("taken.db");
    for ending in ["", "-wal", "-shm"] {
        let with_ending = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        std::fs::remove_file(with_ending(&copy)).ok();
        if ending != "-shm" && with_ending(path).exists() {
            std::fs::copy(with_ending(path), with_ending(&copy)).map_err(StoreError::from)?;
        }
    }
    Ok(copy)
}
