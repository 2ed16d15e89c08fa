//! The key file of a home: two slots, each of which may hold a database key under a PIN and the hardware's key together.
//! It promises that damage, a file of other hardware and a wrong PIN are told apart in this order, that nothing in it can be
//! lowered or exchanged unnoticed, and that neither its bytes nor the time it takes tell which slots are in use (ADR 0013).

use super::hardware::{HardwareAlias, HardwareError, HardwareVault};
use super::header::Header;
use super::key_file_1::{self, KeyFile1};
use super::passphrase::Passphrase;
use super::slot::{Content, Slot, Stretched, slot_key};
use crate::folder;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Decoder, Encode};
use ring::digest::{SHA256, digest};
use std::path::Path;
use thiserror::Error;
use vigil_protocol::canonical;
use zeroize::Zeroizing;

/// The format that is written.
pub(crate) const VERSION: u8 = 2;
const MAX_KEY_FILE_BYTES: u64 = 4096;
/// What stands in the place of a key file once a home was wiped.
const WIPED: &[u8] = b"vigil: wiped";

/// Why a key file did not give its key.
#[derive(Debug, Error)]
pub(crate) enum KeyFileError {
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    #[error("the key file is damaged")]
    Damaged,
    #[error("the key file belongs to other hardware")]
    OtherHardware,
    #[error("the key file was written by a newer version ({0})")]
    NewerVersion(u8),
    #[error("the home was wiped")]
    Wiped,
    #[error("the key file could not be read or written")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Hardware(HardwareError),
    #[error("the key could not be derived")]
    Derivation,
}

impl From<HardwareError> for KeyFileError {
    fn from(error: HardwareError) -> Self {
        match error {
            HardwareError::NoSuchKey => Self::OtherHardware,
            other => Self::Hardware(other),
        }
    }
}

/// A key file, as it lies on disk.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct KeyFile {
    #[n(0)]
    header: Header,
    #[n(1)]
    slots: [Slot; 2],
    /// By the hardware's key, over all of the above.
    #[n(2)]
    mac: ByteArray<32>,
    /// Tells damage from everything else; it protects nothing and says nothing about the keys.
    #[n(3)]
    checksum: ByteArray<32>,
}

/// A slot that a PIN opened.
pub(crate) struct Opened {
    pub(crate) slot: usize,
    pub(crate) content: Content,
    pub(crate) stretched: Stretched,
}

/// A key file of any version.
pub(crate) enum AnyKeyFile {
    First(KeyFile1),
    Present(KeyFile),
}

impl AnyKeyFile {
    /// Reads a key file.
    pub(crate) fn read(path: &Path) -> Result<Self, KeyFileError> {
        if std::fs::metadata(path)?.len() > MAX_KEY_FILE_BYTES {
            return Err(KeyFileError::Damaged);
        }
        Self::from_bytes(&std::fs::read(path)?)
    }

    /// Reads a key file's bytes, and refuses what asks for more than a device can spend before any of it is spent.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileError> {
        if bytes.starts_with(WIPED) {
            return Err(KeyFileError::Wiped);
        }
        match version(bytes) {
            Some(key_file_1::VERSION) => KeyFile1::from_bytes(bytes).map(Self::First),
            Some(VERSION) => KeyFile::from_bytes(bytes).map(Self::Present),
            Some(newer) if newer > VERSION && canonical_shape(bytes) => Err(KeyFileError::NewerVersion(newer)),
            _ => Err(KeyFileError::Damaged),
        }
    }
}

/// Every version is an array that begins with an array that begins with the version.
fn version(bytes: &[u8]) -> Option<u8> {
    let mut decoder = Decoder::new(bytes);
    decoder.array().ok()??;
    decoder.array().ok()??;
    decoder.u8().ok()
}

/// Whether the bytes are one value and end with the checksum of what came before, as every version's do.
fn canonical_shape(bytes: &[u8]) -> bool {
    let mut decoder = Decoder::new(bytes);
    decoder.skip().is_ok() && decoder.position() == bytes.len()
}

impl KeyFile {
    /// Seals each content under its PIN; a slot without one is filled with chance.
    pub(crate) fn seal(
        header: Header,
        contents: [Option<(&Stretched, &Content)>; 2],
        hardware: &dyn HardwareVault,
    ) -> Result<Self, KeyFileError> {
        let mut slots = [Slot::unused(), Slot::unused()];
        for ((number, slot), content) in slots.iter_mut().enumerate().zip(contents) {
            if let Some(content) = content {
                *slot = Slot::seal(&header, number, content, hardware)?;
            }
        }
        Self::finish(header, slots, hardware)
    }

    /// The same file with one slot sealed under another PIN, by somebody who cannot open the other slot.
    pub(crate) fn with_slot(
        &self,
        number: usize,
        content: (&Stretched, &Content),
        hardware: &dyn HardwareVault,
    ) -> Result<Self, KeyFileError> {
        let mut slots = self.slots.clone();
        let slot = Slot::seal(&self.header, number, content, hardware)?;
        *slots.get_mut(number).ok_or(KeyFileError::Derivation)? = slot;
        Self::finish(self.header.clone(), slots, hardware)
    }

    fn finish(header: Header, slots: [Slot; 2], hardware: &dyn HardwareVault) -> Result<Self, KeyFileError> {
        let mac = ByteArray::from(*outer_mac(&header, &slots, hardware)?);
        let checksum = checksum(&header, &slots, &mac);
        Ok(Self { header, slots, mac, checksum })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let file: Self = canonical::decode(bytes).map_err(|_| KeyFileError::Damaged)?;
        if checksum(&file.header, &file.slots, &file.mac) != file.checksum || !file.header.is_within_bounds() {
            return Err(KeyFileError::Damaged);
        }
        Ok(file)
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Whether this hardware made it. Nothing else about it is true before that.
    pub(crate) fn check_hardware(&self, hardware: &dyn HardwareVault) -> Result<(), KeyFileError> {
        let expected = outer_mac(&self.header, &self.slots, hardware)?;
        ring::hmac::verify(
            &comparing(),
            self.mac.as_slice(),
            ring::hmac::sign(&comparing(), expected.as_slice()).as_ref(),
        )
        .map_err(|_| KeyFileError::OtherHardware)
    }

    /// Tries a PIN on both slots, one stretching for both.
    pub(crate) fn open(&self, passphrase: &Passphrase, hardware: &dyn HardwareVault) -> Result<Opened, KeyFileError> {
        let stretched = self.header.stretch(passphrase)?;
        let (slot, content) = self.open_stretched(&stretched, hardware)?.ok_or(KeyFileError::WrongPassphrase)?;
        Ok(Opened { slot, content, stretched })
    }

    /// Which slot a stretched PIN opens, if it opens one. Both are tried always, so that the time is the same.
    pub(crate) fn open_stretched(
        &self,
        stretched: &Stretched,
        hardware: &dyn HardwareVault,
    ) -> Result<Option<(usize, Content)>, KeyFileError> {
        let (key, mut found) = (slot_key(&self.header, stretched, hardware)?, None);
        for (number, slot) in self.slots.iter().enumerate() {
            if let Some(content) = slot.open(&self.header, number, &key)? {
                found = Some((number, content));
            }
        }
        Ok(found)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// Puts it in its place, durably and in one step, unless the home was wiped meanwhile.
    pub(crate) fn put_in_place(path: &Path) -> Result<(), KeyFileError> {
        match std::fs::read(path) {
            Ok(bytes) if bytes.starts_with(WIPED) => Err(KeyFileError::Wiped),
            _ => Ok(folder::put_in_place(path)?),
        }
    }

    /// Writes it durably beside its place, where it opens nothing.
    pub(crate) fn write_aside(&self, path: &Path) -> Result<(), KeyFileError> {
        Ok(folder::write_aside(path, &self.to_bytes())?)
    }

    /// The key of a slot in another form, for a search in memory that is not to find itself.
    #[cfg(test)]
    pub(crate) fn slot_key_for_test(&self, stretched: &Stretched, hardware: &dyn HardwareVault, mask: u8) -> [u8; 32] {
        use zeroize::Zeroize;
        let secret = super::slot::slot_secret(&self.header, stretched, hardware).unwrap();
        let masked = secret.expose().map(|byte| byte ^ mask);
        drop(secret);
        [0u8; 1 << 14].zeroize();
        masked
    }

    /// The same file with the checksum that belongs to it: anybody can compute that.
    pub(super) fn with_right_checksum(bytes: &[u8]) -> Option<Self> {
        let file: Self = canonical::decode(bytes).ok()?;
        let checksum = checksum(&file.header, &file.slots, &file.mac);
        Some(Self { checksum, ..file })
    }
}

/// The aliases that a key file names, whatever else is wrong with it: for destroying, never for opening.
pub(crate) fn aliases_claimed(bytes: &[u8]) -> Vec<HardwareAlias> {
    let mut decoder = Decoder::new(bytes);
    let header = decoder.array().ok().and_then(|_| decoder.decode::<Header>().ok());
    let header = header.filter(|header| header.version == VERSION);
    header.map(|header| [Some(header.alias()), header.former()]).into_iter().flatten().flatten().collect()
}

/// Writes over a key file in place, which takes no room, and leaves word that the home was wiped.
pub(crate) fn wipe(path: &Path) -> std::io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    let length = usize::try_from(file.metadata()?.len().min(MAX_KEY_FILE_BYTES)).unwrap_or(0);
    file.write_all(&vec![0; length])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(WIPED)?;
    file.set_len(WIPED.len() as u64)?;
    file.sync_all()
}

/// A key for comparing two MACs in constant time, by comparing MACs of them.
fn comparing() -> ring::hmac::Key {
    ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"comparing")
}

fn checksum(header: &Header, slots: &[Slot; 2], mac: &ByteArray<32>) -> ByteArray<32> {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, &canonical::encode(&(header, slots, mac))).as_ref());
    bytes.into()
}

fn outer_mac(
    header: &Header,
    slots: &[Slot; 2],
    hardware: &dyn HardwareVault,
) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let what = digest(&SHA256, &canonical::encode(&(header, slots)));
    Ok(hardware.mac(&header.alias(), &[b"vigil/2 key file".as_slice(), what.as_ref()].concat())?)
}

#[cfg(test)]
#[path = "key_file_tests.rs"]
mod tests;
