//! Opening a home: key file, hardware, attempts, PIN, database, in this order, each with an error of its own.
//! It promises that an attempt counts before it is tried, that damage and put-back files never count, and that nothing but
//! the last wrong attempt that a district allows destroys anything.

use super::options::HomeOptions;
use super::{Access, Vault, database_files, disk, key_path, lock, upgrade, wipe};
use crate::clock::Clock;
use crate::error::{Result, VigilError};
use crate::folder;
use crate::keys::{
    AnyKeyFile, Attempts, HardwareState, HardwareVault, KeyFile, KeyFileError, Opened, Passphrase, Permit, Profile,
    seconds,
};
use crate::store::{Setting, Store, StoreError, settings};
use std::path::Path;
use std::sync::Arc;

impl Vault {
    /// Opens a home.
    ///
    /// # Errors
    /// [`VigilError::NoHome`], [`VigilError::KeyFileMissing`], [`VigilError::Wiped`], [`VigilError::WrongPassphrase`],
    /// [`VigilError::TryLater`], [`VigilError::KeyFileDamaged`], [`VigilError::DatabaseDamaged`],
    /// [`VigilError::RestoredBackup`], [`VigilError::ClonedDevice`], [`VigilError::Hardware`],
    /// [`VigilError::NewerVersion`] or [`VigilError::HomeInUse`]: twelve different things.
    pub fn open(home: &Path, passphrase: &Passphrase) -> Result<Self> {
        Self::open_with(home, passphrase, &HomeOptions::default())
    }

    /// As [`Self::open`], with hardware and clock of the caller's.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(home: &Path, passphrase: &Passphrase, options: &HomeOptions) -> Result<Self> {
        Self::look_for(home)?;
        let lock = lock(home)?;
        let hardware = options.hardware_of(home)?;
        let file = match AnyKeyFile::read(&key_path(home))? {
            AnyKeyFile::Present(file) => file,
            AnyKeyFile::First(file) => upgrade::upgrade(home, &file, passphrase, options, hardware.as_ref())?,
        };
        let mut state = trusted(home, &file, hardware.as_ref())?;
        let opened = attempt(home, &file, &mut state, passphrase, hardware.as_ref(), options.clock.as_ref())?;
        let store = open_store(home, &opened, &mut state);
        // The PIN was right, whatever the database says.
        state.attempts = Attempts::default();
        state.keep(hardware.as_ref(), &file.header().alias())?;
        let store = store?;
        if opened.content.profile == Profile::Whole {
            upgrade::keep_witness(&store, hardware.as_ref())?;
            finish_moving(home, &file, &opened, &store, hardware.as_ref());
        }
        let Opened { slot, content, stretched } = opened;
        let access = Access { hardware, file, slot, content, stretched };
        let mut vault = Self::assemble(home, store, lock, access, Arc::clone(&options.clock))?;
        vault.make_missing_copies()?;
        vault.finish_destroying()?;
        vault.after_update()?;
        vault.open_opinions()?;
        vault.sweep()?;
        vault.leave_old_pages()?;
        vault.follow_policy_again()?;
        Ok(vault)
    }
}

/// Whether the key file is the newest of this home and this hardware.
fn trusted(home: &Path, file: &KeyFile, hardware: &dyn HardwareVault) -> Result<HardwareState> {
    let header = file.header();
    if !hardware.exists(&header.alias())? {
        return Err(VigilError::ClonedDevice);
    }
    file.check_hardware(hardware)?;
    let mut state = HardwareState::load(hardware, &header.alias())?;
    if !header.cost().is_at_least(&state.cost()) {
        return Err(VigilError::KeyFileDamaged);
    }
    if header.generation() == state.generation.saturating_add(1) {
        // It was put in its place, and the power went before the hardware knew. Its name may not be certain yet.
        folder::sync(home).map_err(disk)?;
        state.generation = header.generation();
        state.keep(hardware, &header.alias())?;
    }
    if header.generation() != state.generation {
        return Err(VigilError::RestoredBackup);
    }
    Ok(state)
}

/// Tries a PIN, if one may be tried now.
fn attempt(
    home: &Path,
    file: &KeyFile,
    state: &mut HardwareState,
    passphrase: &Passphrase,
    hardware: &dyn HardwareVault,
    clock: &dyn Clock,
) -> Result<Opened> {
    let (alias, limit) = (file.header().alias(), file.header().wipe_after());
    let wipe = || {
        wipe::erase(home, hardware);
        VigilError::Wiped
    };
    match state.attempts.permit(clock.moment(), limit) {
        Permit::Try => {}
        Permit::Wait(wait) => return Err(VigilError::TryLater { wait_seconds: seconds(wait) }),
        Permit::WaitAnew(wait) => {
            state.keep(hardware, &alias)?;
            return Err(VigilError::TryLater { wait_seconds: seconds(wait) });
        }
        // Whoever ends the app in the middle of each attempt gets no more of them than anybody else.
        Permit::Exhausted => return Err(wipe()),
    }
    state.attempts.begin(clock.moment());
    state.keep(hardware, &alias)?;
    match file.open(passphrase, hardware) {
        Ok(opened) => Ok(opened),
        Err(KeyFileError::WrongPassphrase) if state.attempts.left(limit) == Some(0) => Err(wipe()),
        Err(KeyFileError::WrongPassphrase) => Err(VigilError::WrongPassphrase {
            wait_seconds: seconds(state.attempts.wait()),
            attempts_left: state.attempts.left(limit),
        }),
        Err(other) => Err(other.into()),
    }
}

/// Opens the database, if it is the one that was opened last; counts it in the database first, then for the hardware.
fn open_store(home: &Path, opened: &Opened, state: &mut HardwareState) -> Result<Store> {
    let path = home.join(opened.content.database.file_name());
    if !path.exists() {
        return Err(VigilError::DatabaseDamaged { detail: "the file is missing" });
    }
    let known = state.opened.get_mut(opened.slot).ok_or(VigilError::KeyFileDamaged)?;
    let mut counted = 0;
    let store = Store::open_if(&path, &opened.content.key, |connection| {
        counted = settings::get_number(connection, Setting::Opened)?;
        // One ahead: the power went before the hardware knew.
        if counted == *known || counted == known.saturating_add(1) { Ok(()) } else { Err(StoreError::Stale) }
    })?;
    let next = counted.saturating_add(1);
    match store.in_transaction(|tx| settings::set_number(tx, Setting::Opened, next)) {
        Ok(()) => *known = next,
        // A full disk is no reason to lock anybody out: the count stays.
        Err(StoreError::Disk(_)) => *known = counted,
        Err(error) => return Err(error.into()),
    }
    Ok(store)
}

/// Destroys what a move of the store left that was cut short. What cannot be destroyed now is tried again next time.
fn finish_moving(home: &Path, file: &KeyFile, opened: &Opened, store: &Store, hardware: &dyn HardwareVault) {
    let (aside, current) = (folder::aside(&key_path(home)), file.header().alias());
    // Somebody else's key file laid beside ours must not cost them their key: only what came from ours counts.
    let never_in_place = match AnyKeyFile::read(&aside) {
        Ok(AnyKeyFile::Present(next)) if next.header().former() == Some(current) => {
            next.check_hardware(hardware).is_ok().then(|| next.header().alias())
        }
        _ => None,
    };
    let left = never_in_place.into_iter().chain(file.header().former()).filter(|alias| *alias != current);
    let destroyed = left.fold(true, |all, alias| {
        let gone = matches!(hardware.exists(&alias), Ok(false)) || hardware.delete(&alias).is_ok();
        all && gone
    });
    if never_in_place.is_none() && file.header().former().is_none() {
        return;
    }
    let Ok(Some(small)) = super::pins::remembered_small(store) else { return };
    let kept = [opened.content.database, small.database].map(|database| database.file_name());
    remove_databases(home, |name| !kept.iter().any(|kept| name.starts_with(kept.as_str())));
    if never_in_place.is_some() && destroyed {
        std::fs::remove_file(aside).ok();
    }
}

/// Removes databases by their names, as far as that goes.
pub(super) fn remove_databases(home: &Path, unwanted: impl Fn(&str) -> bool) -> bool {
    let Ok(files) = database_files(home) else { return false };
    let unwanted = files.iter().filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&unwanted));
    // All of them are tried, whichever stays.
    let stayed = unwanted.filter(|path| std::fs::remove_file(path).is_err()).count();
    folder::sync(home).is_ok() && stayed == 0
}
