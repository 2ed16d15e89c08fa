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
mod create;
mod decide;
mod erasure;
mod hiding;
mod homes;
mod instruments;
mod members;
#[cfg(all(test, target_os = "linux"))]
mod memory_tests;
mod moving;
mod opinions;
mod options;
mod pins;
mod read;
mod received;
mod recovery;
mod retention;
mod save;
mod screening;
mod session;
mod share;
mod sharing_views;
mod signers;
mod space;
mod summary;
mod unlock;
mod upgrade;
mod views;
mod wipe;

pub use allegations::{AccusedBy, AllegationView, NewAllegation};
pub use archive::{ArchiveKey, ArchiveReport, read_archive};
pub use audit::{AuditTrail, ComplaintCount, DeviceTrail, ReadView, SAME_READ, SILENT_AFTER};
pub(crate) use audit::{ReadClass, ReadNoted};
pub use decide::Choice;
pub use erasure::ErasureView;
pub use homes::{HomeHandle, Homes};
pub use members::MemberView;
pub use options::HomeOptions;
pub use read::ListQuery;
pub(crate) use received::is_copy_of;
pub use received::{Accepted, RecallAnswered};
pub use recovery::{Recovered, RecoveryOf, RecoveryView};
pub use screening::{DraftId, Recorded, ScreeningDraft};
pub use session::{AutoLock, Session};
pub use share::{Sent, ShareOrder};
pub use sharing_views::{
    BasisCount, BasisView, CardView, ChoiceView, ConsentView, ConsentsView, SentShareView, ShareState,
};
pub use space::{
    Admission, CandidateView, Confirmed, Details, HandedOver, Invitation, LeaseView, MotionView, Proposal, RecoveryKey,
};
pub use views::{
    EventView, FieldView, Gone, OpinionView, RecordSummary, RecordView, SecondOpinionView, Status, SyncState, ValueView,
};
pub use wipe::Erased;

pub use instruments::InstrumentInfo;
#[cfg(feature = "histories")]
pub(crate) use received::record_of;
#[cfg(feature = "histories")]
pub(crate) use signers::Signers;
pub(crate) use summary::Summariser;

use crate::clock::Clock;
use crate::error::{Result, VigilError};
use crate::folder;
use crate::keys::{
    AnyKeyFile, Content, DeviceKeys, HardwareVault, KeyFile, KeyFileError, Profile, SealingKeyPair, Secret, Stretched,
};
use crate::store::{SealedCopies, Setting, Store, StoreError, outbox, settings};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigil_protocol::{DeviceId, ServerCard};

pub(crate) use space::Space;

/// What opened a home, to seal its key file anew.
struct Access {
    hardware: Arc<dyn HardwareVault>,
    file: KeyFile,
    slot: usize,
    content: Content,
    stretched: Stretched,
}

/// An open home: one device in one space, with its keys in memory.
pub struct Vault {
    pub(crate) store: Store,
    pub(crate) copies: SealedCopies,
    pub(crate) keys: DeviceKeys,
    pub(crate) device: DeviceId,
    pub(crate) space: Option<Space>,
    pub(crate) summariser: Arc<Summariser>,
    access: Access,
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
    /// Whether there is a home to open, before anybody is asked for a passphrase.
    ///
    /// # Errors
    /// [`VigilError::NoHome`], [`VigilError::Wiped`], or [`VigilError::KeyFileMissing`] where the database is there without
    /// what opens it.
    pub fn look_for(home: &Path) -> Result<()> {
        let key = key_path(home);
        if key.exists() {
            return match AnyKeyFile::read(&key) {
                Err(KeyFileError::Wiped) => Err(VigilError::Wiped),
                _ => Ok(()),
            };
        }
        if folder::aside(&key).exists() {
            return Err(VigilError::NoHome);
        }
        match database_files(home) {
            Ok(files) if !files.is_empty() => Err(VigilError::KeyFileMissing),
            // Nothing but what a wipe spares.
            _ if home.join("sealed.db").exists() => Err(VigilError::Wiped),
            _ => Err(VigilError::NoHome),
        }
    }

    fn assemble(home: &Path, store: Store, lock: File, access: Access, clock: Arc<dyn Clock>) -> Result<Self> {
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
        let copies = match access.content.profile {
            Profile::Whole => SealedCopies::open(&home.join("sealed.db"))?,
            // The copies of the whole are none of its business.
            Profile::Small => SealedCopies::in_memory()?,
        };
        let summariser = Arc::new(instruments::summariser(&store)?);
        Ok(Self { store, copies, keys, device, space, summariser, access, clock, home: home.to_owned(), _lock: lock })
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

    /// The file that what is open lies in.
    pub(crate) fn database(&self) -> PathBuf {
        self.home.join(self.access.content.database.file_name())
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

/// Where a home's key file is.
pub(crate) fn key_path(home: &Path) -> PathBuf {
    home.join("key")
}

/// The databases of a home, with the files beside them; not the sealed copies.
pub(crate) fn database_files(home: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_database = |name: &str| {
        let (stem, ending) = name.split_once('.').unwrap_or_default();
        let random = stem.len() == 16 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        (random || stem == "vigil") && matches!(ending, "db" | "db-wal" | "db-shm" | "db-journal")
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(home)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_database) {
            files.push(entry.path());
        }
    }
    Ok(files)
}
