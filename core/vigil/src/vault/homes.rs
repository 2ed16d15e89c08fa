//! Several people's homes on one device: each in a folder with a name that says nothing, with its own passphrase, hardware
//! key, attempts and limit.
//! It promises that a list of them names nobody, and that what happens to one leaves the others as they are.

use super::options::HomeOptions;
use super::wipe::Erased;
use super::{Vault, disk};
use crate::error::{Result, VigilError};
use crate::keys::{Passphrase, random_bytes};
use std::path::{Path, PathBuf};

/// Most homes on one device.
const MAX_HOMES: usize = 32;

/// The handle of a home: random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HomeHandle([u8; 8]);

impl HomeHandle {
    /// From its text.
    pub fn from_hex(text: &str) -> Option<Self> {
        let number = u64::from_str_radix(text, 16).ok()?;
        let handle = Self(number.to_be_bytes());
        (handle.to_string() == text).then_some(handle)
    }
}

impl std::fmt::Display for HomeHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// The homes of one device.
#[derive(Debug, Clone)]
pub struct Homes {
    folder: PathBuf,
    options: HomeOptions,
}

impl Homes {
    /// The homes below a folder, all with the same hardware and clock.
    ///
    /// # Errors
    /// [`VigilError::Disk`] if no folder can stand in for the hardware.
    pub fn new(folder: &Path, options: HomeOptions) -> Result<Self> {
        let hardware = options.hardware_of(folder)?;
        Ok(Self { folder: folder.to_owned(), options: HomeOptions { hardware: Some(hardware), ..options } })
    }

    /// Which homes there are, wiped ones too, in the order of their handles, which says nothing.
    ///
    /// # Errors
    /// [`VigilError::Disk`].
    pub fn list(&self) -> Result<Vec<HomeHandle>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(disk)?,
        };
        let mut handles = Vec::new();
        for entry in entries {
            let name = entry.map_err(disk)?.file_name();
            let handle = name.to_str().and_then(HomeHandle::from_hex);
            handles.extend(
                handle.filter(|handle| !matches!(Vault::look_for(&self.path(handle)), Err(VigilError::NoHome))),
            );
        }
        handles.sort_unstable();
        Ok(handles)
    }

    /// Makes a home for one more person.
    ///
    /// # Errors
    /// As [`Vault::create_with`], and [`VigilError::Invalid`] if there are too many.
    pub fn create(&self, passphrase: &Passphrase, name: &str) -> Result<(HomeHandle, Vault)> {
        if self.list()?.len() >= MAX_HOMES {
            return Err(VigilError::invalid("homes", format!("at most {MAX_HOMES} on one device")));
        }
        let handle = HomeHandle(random_bytes());
        let vault = Vault::create_with(&self.path(&handle), passphrase, name, &self.options)?;
        Ok((handle, vault))
    }

    /// Opens one of them.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open(&self, handle: &HomeHandle, passphrase: &Passphrase) -> Result<Vault> {
        Vault::open_with(&self.path(handle), passphrase, &self.options)
    }

    /// Destroys one of them, as [`Vault::panic_erase`] does.
    ///
    /// # Errors
    /// As [`Vault::panic_erase`].
    pub fn panic_erase(&self, handle: &HomeHandle) -> Result<Erased> {
        Vault::panic_erase(&self.path(handle), self.options.hardware_of(&self.folder)?.as_ref())
    }

    /// Where one of them is.
    pub fn path(&self, handle: &HomeHandle) -> PathBuf {
        self.folder.join(handle.to_string())
    }
}
