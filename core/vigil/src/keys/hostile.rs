//! A door for the fuzzer: the reader of key files, which is private otherwise. Nothing here gives a key.
//! A checksum stops nobody who means harm, so it can be made right here.

use super::hardware::{HardwareAlias, HardwareLevel, HardwareVault};
use super::header::Header;
use super::key_file::{AnyKeyFile, KeyFile, aliases_claimed};
use super::key_file_1::KeyFile1;
use super::passphrase::Passphrase;
use super::secret::Secret;
use super::slot::{Content, DatabaseName, Profile};
use super::stretching::{Cost, FLOOR};

/// A key file that was read and not opened.
pub struct Claim(AnyKeyFile);

impl Claim {
    /// Reads a key file as opening a home does.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        // What destroys a home reads it too, with fewer questions.
        aliases_claimed(bytes);
        AnyKeyFile::from_bytes(bytes).ok().map(Self)
    }

    /// What opening it costs: memory in KiB and passes.
    pub fn cost(&self) -> (u32, u32) {
        let cost = match &self.0 {
            AnyKeyFile::First(file) => file.cost(),
            AnyKeyFile::Present(file) => file.header().cost(),
        };
        (cost.memory_kib, cost.passes)
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        match &self.0 {
            AnyKeyFile::First(file) => file.to_bytes(),
            AnyKeyFile::Present(file) => file.to_bytes(),
        }
    }

    /// Whether this hardware made it, if it is of a format that hardware makes.
    pub fn is_of(&self, hardware: &dyn HardwareVault) -> bool {
        match &self.0 {
            AnyKeyFile::First(_) => false,
            AnyKeyFile::Present(file) => file.check_hardware(hardware).is_ok(),
        }
    }

    /// Whether this passphrase opens it without any hardware.
    pub fn opens_with(&self, passphrase: &Passphrase) -> bool {
        match &self.0 {
            AnyKeyFile::First(file) => file.open(passphrase).is_ok(),
            AnyKeyFile::Present(_) => false,
        }
    }
}

/// A key file of the first format and the lowest cost, under this passphrase.
pub fn cheap_key_file(passphrase: &Passphrase) -> Vec<u8> {
    let cost = Cost { memory_kib: 8, passes: 1 };
    KeyFile1::seal_at(&Secret::random(), passphrase, cost).map(|file| file.to_bytes()).unwrap_or_default()
}

/// A key file of the present format, of a new key in this hardware.
pub fn present_key_file(passphrase: &Passphrase, hardware: &dyn HardwareVault) -> Vec<u8> {
    let alias = HardwareAlias::random();
    let content = Content { profile: Profile::Whole, database: DatabaseName::random(), key: Secret::random() };
    let sealed = hardware.create(&alias, HardwareLevel::Software).ok().and_then(|()| {
        let header = Header::new(alias, FLOOR, Some(10));
        let stretched = header.stretch(passphrase).ok()?;
        KeyFile::seal(header, [Some((&stretched, &content)), None], hardware).ok()
    });
    sealed.map(|file| file.to_bytes()).unwrap_or_default()
}

/// The same bytes with the checksum that belongs to them.
pub fn with_right_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let present = KeyFile::with_right_checksum(bytes).map(|file| file.to_bytes());
    present.or_else(|| KeyFile1::with_right_checksum(bytes).map(|file| file.to_bytes()))
}
