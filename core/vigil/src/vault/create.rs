//! Making a home: hardware key, two databases, key file; and what a making that was cut short left behind.
//! It promises that a home is there whole or not at all, and that nothing is made over one.

use super::options::{HomeOptions, check_wipe_after};
use super::{Access, Vault, database_files, disk, key_path, lock};
use crate::error::{Result, VigilError};
use crate::folder;
use crate::keys::{
    Content, DatabaseName, DeviceKeys, HardwareAlias, HardwareState, HardwareVault, Header, KeyFile, Passphrase,
    Profile, Secret, Stretching, aliases_claimed, random_bytes,
};
use crate::store::{Setting, Store, settings};
use std::path::Path;
use vigil_protocol::DeviceId;

impl Vault {
    /// Creates a home in an empty or missing folder, with new keys. `name` is the person's name for the committee; it may be
    /// empty and it is never sent in the clear. The cost of trying a passphrase is measured on this device, which takes some
    /// seconds.
    ///
    /// # Errors
    /// [`VigilError::HomeExists`], [`VigilError::Disk`], [`VigilError::Hardware`].
    pub fn create(home: &Path, passphrase: &Passphrase, name: &str) -> Result<Self> {
        Self::create_with(home, passphrase, name, &HomeOptions::default())
    }

    /// As [`Self::create`], at the least cost of trying a passphrase that is allowed: for tests, demonstrations and
    /// benchmarks. A home of a person is made by [`Self::create`] or [`Self::create_with`].
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_at_floor(home: &Path, passphrase: &Passphrase, name: &str) -> Result<Self> {
        let options = HomeOptions { stretching: Stretching::Floor, ..HomeOptions::default() };
        Self::create_with(home, passphrase, name, &options)
    }

    /// As [`Self::create`], with hardware, cost, limit and clock of the caller's.
    ///
    /// # Errors
    /// As [`Self::create`], and [`VigilError::Invalid`] for a limit that cannot be set.
    pub fn create_with(home: &Path, passphrase: &Passphrase, name: &str, options: &HomeOptions) -> Result<Self> {
        check_wipe_after(options.wipe_after)?;
        folder::create_private(home).map_err(disk)?;
        let lock = lock(home)?;
        let hardware = options.hardware_of(home)?;
        match Self::look_for(home) {
            Err(VigilError::NoHome) => remove_unfinished(home, hardware.as_ref())?,
            _ => return Err(VigilError::HomeExists),
        }
        let header = Header::new(HardwareAlias::random(), options.stretching.cost(), options.wipe_after);
        let stretched = header.stretch(passphrase)?;
        let content = |profile| Content { profile, database: DatabaseName::random(), key: Secret::random() };
        let (whole, small) = (content(Profile::Whole), content(Profile::Small));
        let slot = usize::from(random_bytes::<1>()[0] & 1);
        let file = establish(home, header, slot, (&stretched, &whole), options, hardware.as_ref())?;
        make_database(home, &small, name)?;
        let store = make_database(home, &whole, name)?;
        store.in_transaction(|tx| settings::set(tx, Setting::SmallProfile, &remembered(&small)))?;
        put_first_in_place(home, &file, hardware.as_ref())?;
        let access = Access { hardware, file, slot, content: whole, stretched };
        Self::assemble(home, store, lock, access, options.clock.clone())
    }
}

/// Makes the hardware key of a first key file, and writes the file beside its place: a home where it is still there was never
/// acknowledged and may be begun again.
pub(super) fn establish(
    home: &Path,
    header: Header,
    slot: usize,
    content: (&crate::keys::Stretched, &Content),
    options: &HomeOptions,
    hardware: &dyn HardwareVault,
) -> Result<KeyFile> {
    let alias = header.alias();
    hardware.create(&alias, options.minimum_level)?;
    HardwareState::new(header.cost()).keep(hardware, &alias)?;
    let contents = if slot == 0 { [Some(content), None] } else { [None, Some(content)] };
    let file = KeyFile::seal(header, contents, hardware)?;
    file.write_aside(&key_path(home))?;
    Ok(file)
}

/// Puts the first key file in its place, and lets the hardware know.
pub(super) fn put_first_in_place(home: &Path, file: &KeyFile, hardware: &dyn HardwareVault) -> Result<()> {
    KeyFile::put_in_place(&key_path(home))?;
    let mut state = HardwareState::load(hardware, &file.header().alias())?;
    state.generation = file.header().generation();
    Ok(state.keep(hardware, &file.header().alias())?)
}

/// A new database with keys of its own. Both profiles' begin alike.
pub(super) fn make_database(home: &Path, content: &Content, name: &str) -> Result<Store> {
    let store = Store::open(&home.join(content.database.file_name()), &content.key)?;
    let keys = DeviceKeys::generate()?;
    let device = DeviceId(random_bytes());
    store.in_transaction(|tx| {
        settings::set(tx, Setting::DeviceId, device.as_bytes())?;
        settings::set(tx, Setting::SigningSeed, keys.seed().expose())?;
        settings::set(tx, Setting::SealingKey, keys.sealing.private().expose())?;
        settings::set_number(tx, Setting::InstallGeneration, 1)?;
        settings::set_number(tx, Setting::Opened, 1)?;
        settings::set(tx, Setting::OwnName, name.trim().as_bytes())
    })?;
    Ok(store)
}

/// What the whole profile keeps of the small one, to be able to seal its slot anew.
pub(super) fn remembered(small: &Content) -> zeroize::Zeroizing<Vec<u8>> {
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(40));
    bytes.extend_from_slice(&small.database.0);
    bytes.extend_from_slice(small.key.expose());
    bytes
}

/// Removes what a creation left that a full disk or a power cut ended.
fn remove_unfinished(home: &Path, hardware: &dyn HardwareVault) -> Result<()> {
    let aside = folder::aside(&key_path(home));
    if let Ok(bytes) = std::fs::read(&aside) {
        for alias in aliases_claimed(&bytes) {
            hardware.delete(&alias)?;
        }
    }
    let sealed = ["sealed.db", "sealed.db-wal", "sealed.db-shm"].map(|name| home.join(name));
    for path in database_files(home).map_err(disk)?.into_iter().chain(sealed) {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(disk(error)),
            _ => {}
        }
    }
    Ok(())
}
