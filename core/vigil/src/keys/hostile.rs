//! A door for the fuzzer: the reader of key files, which is private otherwise. Nothing here gives a key.
//! A checksum stops nobody who means harm, so it can be made right here.

use super::key_file::{KeyFile, Passphrase};
use super::secret::Secret;

/// A key file that was read and not opened.
pub struct Claim(KeyFile);

impl Claim {
    /// Reads a key file as opening a home does.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        KeyFile::from_bytes(bytes).ok().map(Self)
    }

    /// What opening it costs: memory in KiB and passes.
    pub fn cost(&self) -> (u32, u32) {
        self.0.cost()
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// Whether this passphrase opens it.
    pub fn opens_with(&self, passphrase: &Passphrase) -> bool {
        self.0.open(passphrase).is_ok()
    }
}

/// A key file of the lowest cost, under this passphrase.
pub fn cheap_key_file(passphrase: &Passphrase) -> Vec<u8> {
    KeyFile::seal_at(&Secret::random(), passphrase, (8, 1)).map(|file| file.to_bytes()).unwrap_or_default()
}

/// The same bytes with the checksum that belongs to them.
pub fn with_right_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    KeyFile::with_right_checksum(bytes).map(|file| file.to_bytes())
}
