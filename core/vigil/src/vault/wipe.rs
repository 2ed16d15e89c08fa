//! Destroying a home at once: by a person in danger, or after the last wrong attempt that a district allows.
//! It promises to need neither PIN nor room on the disk nor anybody else's leave, to destroy the keys before anything else,
//! and to spare what was sealed to others and not sent yet.

use super::unlock::remove_databases;
use super::{Vault, disk, key_path};
use crate::error::{Result, VigilError};
use crate::folder;
use crate::keys::{HardwareVault, aliases_claimed, wipe_key_file};
use crate::store::SealedCopies;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// No key file is larger.
const MAX_KEY_FILE_BYTES: u64 = 4096;

/// What was destroyed. Either of the first two alone makes the home unreadable, for whoever has no earlier copy of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Erased {
    /// The hardware's key: earlier copies of the home do not open either.
    pub hardware_key: bool,
    /// The key file.
    pub key_file: bool,
    /// The databases; without keys they are chance.
    pub databases: bool,
}

impl Vault {
    /// Destroys a home without opening it, also while another process has it open, writes to it, or the disk is full. Whoever
    /// has it open drops it. Sealed copies of what was not sent stay: nothing on this device reads them.
    ///
    /// # Errors
    /// [`VigilError::NoHome`]; [`VigilError::Hardware`] if neither the hardware's key nor the key file could be destroyed.
    pub fn panic_erase(home: &Path, hardware: &dyn HardwareVault) -> Result<Erased> {
        if !home.is_dir() {
            return Err(VigilError::NoHome);
        }
        let erased = erase(home, hardware);
        if erased.hardware_key || erased.key_file {
            return Ok(erased);
        }
        Err(VigilError::Hardware { why: "neither its key nor the key file could be destroyed".to_owned() })
    }

    /// The sealed, signed copies of what has not been acknowledged, from a home that is locked, wiped or cannot be opened.
    ///
    /// # Errors
    /// [`VigilError::Disk`], [`VigilError::DatabaseDamaged`].
    pub fn locked_copies(home: &Path) -> Result<Vec<Vec<u8>>> {
        Ok(SealedCopies::look(&home.join("sealed.db"))?)
    }
}

pub(super) fn erase(home: &Path, hardware: &dyn HardwareVault) -> Erased {
    let files = [key_path(home), folder::aside(&key_path(home))];
    let mut aliases = Vec::new();
    for path in &files {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(MAX_KEY_FILE_BYTES).read_to_end(&mut bytes));
        if read.is_ok() {
            aliases.extend(aliases_claimed(&bytes));
        }
    }
    // All of them are tried, whichever fails.
    let destroyed = aliases.iter().filter(|alias| hardware.delete(alias).is_ok()).count();
    let key_file = files.iter().filter(|path| destroy_key_file(path).is_err()).count() == 0;
    let names = folder::sync(home).is_ok();
    let databases = remove_databases(home, |_| true) && names;
    Erased { hardware_key: !aliases.is_empty() && destroyed == aliases.len(), key_file, databases }
}

fn destroy_key_file(path: &Path) -> Result<()> {
    match wipe_key_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        // What cannot be written over may still be removed.
        Err(_) => std::fs::remove_file(path).map_err(disk),
    }
}
