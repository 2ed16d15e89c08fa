//! The facade: what the bindings, the desk and the tests call.
//! A [`Vault`] is a home that is open; every answer that it gives is durable, and dropping it locks the home and wipes its
//! keys.

mod allegations;
mod archive;
mod audit;
mod cards;
mod codes;
mod complaints;
mod consent;
mod decide;
mod erasure;
mod instruments;
mod members;
mod opinions;
mod read;
mod received;
mod retention;
mod save;
mod screening;
mod share;
mod sharing_views;
mod space;
mod summary;
mod views;

pub use allegations::{AccusedBy, AllegationView, NewAllegation};
pub use archive::{ArchiveKey, ArchiveReport, read_archive};
pub use audit::{AuditTrail, ComplaintCount, DeviceTrail, ReadView, SAME_READ, SILENT_AFTER};
pub(crate) use audit::{ReadClass, ReadNoted};
pub use decide::Choice;
pub use erasure::ErasureView;
pub use members::MemberView;
pub use read::ListQuery;
pub use received::{Accepted, RecallAnswered};
pub use screening::{DraftId, Recorded, ScreeningDraft};
pub use share::{Sent, ShareOrder};
pub use sharing_views::{
    BasisCount, BasisView, CardView, ChoiceView, ConsentView, ConsentsView, SentShareView, ShareState,
};
pub use space::{Admission, CandidateView, Details, HandedOver, LeaseView, MotionView, Proposal, RecoveryKey};
pub use views::{
    EventView, FieldView, Gone, OpinionView, RecordSummary, RecordView, SecondOpinionView, Status, SyncState, ValueView,
};

pub use instruments::InstrumentInfo;
pub(crate) use summary::Summariser;

use crate::clock::{Clock, SystemClock};
use crate::error::{Result, VigilError};
use crate::folder;
use crate::keys::{DeviceKeys, KeyFile, Passphrase, SealingKeyPair, Secret, random_bytes};
use crate::store::{SealedCopies, Setting, Store, StoreError, outbox, settings};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigil_protocol::{DeviceId, ServerCard};

pub(crate) use space::Space;

/// An open home: one device in one space, with its keys in memory.
pub struct Vault {
    pub(crate) store: Store,
    pub(crate) copies: SealedCopies,
    pub(crate) keys: DeviceKeys,
    pub(crate) device: DeviceId,
    pub(crate) space: Option<Space>,
    pub(crate) summariser: Arc<Summariser>,
    clock: Arc<dyn Clock>,
    home: PathBuf,
    // Held, not read: it keeps every other process out.
    _lock: File,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("device", &self.device).finish_non_exhaustive()
    }
}

fn lock(home: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(home.join("lock")).map_err(disk)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(VigilError::HomeInUse),
        Err(std::fs::TryLockError::Error(error)) => Err(disk(error)),
    }
}

impl Vault {
    /// Creates a home in an empty or missing folder, with new keys. `name` is the person's name for the committee; it may be
    /// empty and it is never sent in the clear.
    ///
    /// # Errors
    /// [`VigilError::HomeExists`], [`VigilError::Disk`].
    pub fn create(home: &Path, passphrase: &Passphrase, name: &str) -> Result<Self> {
        Self::create_with_clock(home, passphrase, name, Arc::new(SystemClock))
    }

    /// As [`Self::create`], with a clock of the caller's.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_with_clock(home: &Path, passphrase: &Passphrase, name: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        folder::create_private(home).map_err(disk)?;
        let lock = lock(home)?;
        match Self::look_for(home) {
            Err(VigilError::NoHome) => remove_unfinished(home)?,
            _ => return Err(VigilError::HomeExists),
        }
        let key = Secret::random();
        // First beside its place: a home where it is still there was never acknowledged and may be begun again.
        KeyFile::seal(&key, passphrase)?.write_aside(&home.join("key"))?;
        let store = Store::open(&home.join("vigil.db"), &key)?;
        let keys = DeviceKeys::generate()?;
        let device = DeviceId(random_bytes());
        store.in_transaction(|tx| {
            settings::set(tx, Setting::DeviceId, device.as_bytes())?;
            settings::set(tx, Setting::SigningSeed, keys.seed().expose())?;
            settings::set(tx, Setting::SealingKey, keys.sealing.private().expose())?;
            settings::set_number(tx, Setting::InstallGeneration, 1)?;
            settings::set(tx, Setting::OwnName, name.trim().as_bytes())
        })?;
        KeyFile::put_in_place(&home.join("key"))?;
        Self::assemble(home, store, lock, clock)
    }

    /// Opens a home.
    ///
    /// # Errors
    /// [`VigilError::NoHome`], [`VigilError::KeyFileMissing`], [`VigilError::WrongPassphrase`],
    /// [`VigilError::KeyFileDamaged`], [`VigilError::DatabaseDamaged`], [`VigilError::NewerVersion`] or
    /// [`VigilError::HomeInUse`]: seven different things.
    pub fn open(home: &Path, passphrase: &Passphrase) -> Result<Self> {
        Self::open_with_clock(home, passphrase, Arc::new(SystemClock))
    }

    /// As [`Self::open`], with a clock of the caller's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_clock(home: &Path, passphrase: &Passphrase, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::look_for(home)?;
        let lock = lock(home)?;
        let key = KeyFile::read(&home.join("key"))?.open(passphrase)?;
        if !home.join("vigil.db").exists() {
            return Err(VigilError::DatabaseDamaged { detail: "the file is missing" });
        }
        let store = Store::open(&home.join("vigil.db"), &key)?;
        let mut vault = Self::assemble(home, store, lock, clock)?;
        vault.make_missing_copies()?;
        vault.finish_destroying()?;
        vault.after_update()?;
        vault.open_opinions()?;
        vault.sweep()?;
        Ok(vault)
    }

    /// Whether there is a home to open, before anybody is asked for a passphrase.
    ///
    /// # Errors
    /// [`VigilError::NoHome`], or [`VigilError::KeyFileMissing`] where the database is there without what opens it.
    pub fn look_for(home: &Path) -> Result<()> {
        let has = |name: &str| home.join(name).exists();
        if has("key") {
            Ok(())
        } else if has("vigil.db") && !KeyFile::aside(&home.join("key")).exists() {
            Err(VigilError::KeyFileMissing)
        } else {
            Err(VigilError::NoHome)
        }
    }

    fn assemble(home: &Path, store: Store, lock: File, clock: Arc<dyn Clock>) -> Result<Self> {
        let missing = || VigilError::DatabaseDamaged { detail: "the device's keys are missing" };
        let read = |setting| -> Result<zeroize::Zeroizing<Vec<u8>>> {
            Ok(zeroize::Zeroizing::new(settings::get(store.read(), setting)?.ok_or_else(missing)?))
        };
        let device = DeviceId::from_slice(&read(Setting::DeviceId)?).ok_or_else(missing)?;
        let seed = Secret::from_slice(&read(Setting::SigningSeed)?).ok_or_else(missing)?;
        let sealing = Secret::from_slice(&read(Setting::SealingKey)?).ok_or_else(missing)?;
        let sealing = SealingKeyPair::from_private(sealing).ok_or_else(missing)?;
        let keys = DeviceKeys::from_parts(seed, sealing)?;
        let space = Space::load(&store)?;
        let copies = SealedCopies::open(&home.join("sealed.db"))?;
        let summariser = Arc::new(instruments::summariser(&store)?);
        Ok(Self { store, copies, keys, device, space, summariser, clock, home: home.to_owned(), _lock: lock })
    }

    /// What the first start of another version of Vigil does.
    fn after_update(&mut self) -> Result<()> {
        let version = env!("CARGO_PKG_VERSION").as_bytes();
        if settings::get(self.store.read(), Setting::AppVersion)?.as_deref() != Some(version) {
            self.retry_parked()?;
            self.store.in_transaction(|tx| settings::set(tx, Setting::AppVersion, version))?;
        }
        // What a server refused once may be allowed by now: each start tries it again.
        if outbox::count_set_aside(self.store.read())? > 0 {
            self.store.in_transaction(outbox::release_set_aside)?;
        }
        Ok(())
    }

    /// The folder that this home is in.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// This device's name in its space.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The server of the space, if it has one.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn server(&self) -> Result<Option<ServerCard>> {
        Ok(self.space()?.server.clone())
    }

    pub(crate) fn now(&self) -> vigil_protocol::Timestamp {
        self.clock.now()
    }

    pub(crate) fn space(&self) -> Result<&Space> {
        self.space.as_ref().ok_or(VigilError::NotInSpace)
    }

    pub(crate) fn setting_number(&self, setting: Setting) -> Result<u64, StoreError> {
        settings::get_number(self.store.read(), setting)
    }
}

fn disk(error: std::io::Error) -> VigilError {
    VigilError::Disk { why: error.kind().to_string() }
}

/// Removes what a creation left that a full disk or a power cut ended.
fn remove_unfinished(home: &Path) -> Result<()> {
    for name in ["vigil.db", "vigil.db-wal", "vigil.db-shm", "sealed.db", "sealed.db-wal", "sealed.db-shm"] {
        match std::fs::remove_file(home.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(error)),
            _ => {}
        }
    }
    Ok(())
}
