//! The key file of a home: the random database key under a passphrase (Argon2id, then ChaCha20-Poly1305).
//! It promises that a wrong passphrase and a damaged file are told apart, and that its parameters cannot be lowered
//! unnoticed: they are authenticated with the key.

use super::secret::{Secret, random_bytes};
use crate::folder;
use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use std::path::{Path, PathBuf};
use thiserror::Error;
use vigil_protocol::canonical;
use zeroize::{Zeroize, Zeroizing};

/// Memory in KiB, passes and lanes of Argon2id: OWASP's minimum (19 MiB, 2, 1). Calibrated on the device later.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What a key file may ask this device to spend: a hostile file must not exhaust it.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const VERSION: u8 = 1;
const MAX_KEY_FILE_BYTES: u64 = 4096;

/// What opens a home. Wiped when dropped, never printed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(***)")
    }
}

/// Why a key file did not give its key.
#[derive(Debug, Error)]
pub(crate) enum KeyFileError {
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    #[error("the key file is damaged")]
    Damaged,
    #[error("the key file was written by a newer version ({0})")]
    NewerVersion(u8),
    #[error("the key file could not be read or written")]
    Io(#[from] std::io::Error),
    #[error("the key could not be derived")]
    Derivation,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Parameters {
    #[n(0)]
    version: u8,
    #[n(1)]
    memory_kib: u32,
    #[n(2)]
    passes: u32,
    #[n(3)]
    lanes: u32,
    #[n(4)]
    salt: ByteArray<16>,
    #[n(5)]
    nonce: ByteArray<12>,
}

/// A key file, as it lies on disk.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(crate) struct KeyFile {
    #[n(0)]
    parameters: Parameters,
    #[n(1)]
    sealed: ByteVec,
    /// Tells damage from a wrong passphrase; it protects nothing and says nothing about the key.
    #[n(2)]
    checksum: ByteArray<32>,
}

impl KeyFile {
    /// Seals a database key.
    pub(crate) fn seal(key: &Secret<32>, passphrase: &Passphrase) -> Result<Self, KeyFileError> {
        Self::seal_at(key, passphrase, (MEMORY_KIB, PASSES))
    }

    /// Seals a database key at a cost: memory in KiB and passes.
    pub(super) fn seal_at(
        key: &Secret<32>,
        passphrase: &Passphrase,
        (memory_kib, passes): (u32, u32),
    ) -> Result<Self, KeyFileError> {
        let parameters = Parameters {
            version: VERSION,
            memory_kib,
            passes,
            lanes: LANES,
            salt: random_bytes::<16>().into(),
            nonce: random_bytes::<12>().into(),
        };
        let (aead, nonce) = key_encryption_key(&parameters, passphrase)?;
        let mut sealed = key.expose().to_vec();
        aead.seal_in_place_append_tag(nonce, Aad::from(canonical::encode(&parameters)), &mut sealed)
            .map_err(|_| KeyFileError::Derivation)?;
        let sealed = ByteVec::from(sealed);
        let checksum = checksum(&parameters, &sealed);
        Ok(Self { parameters, sealed, checksum })
    }

    /// Gives the database key.
    pub(crate) fn open(&self, passphrase: &Passphrase) -> Result<Secret<32>, KeyFileError> {
        let (aead, nonce) = key_encryption_key(&self.parameters, passphrase)?;
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        let plain = aead
            .open_in_place(nonce, Aad::from(canonical::encode(&self.parameters)), &mut bytes)
            .map_err(|_| KeyFileError::WrongPassphrase)?;
        Secret::from_slice(plain).ok_or(KeyFileError::Damaged)
    }

    /// Reads a key file.
    pub(crate) fn read(path: &Path) -> Result<Self, KeyFileError> {
        if std::fs::metadata(path)?.len() > MAX_KEY_FILE_BYTES {
            return Err(KeyFileError::Damaged);
        }
        Self::from_bytes(&std::fs::read(path)?)
    }

    /// Reads a key file's bytes, and refuses what asks for more than a device can spend before any of it is spent.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let file: Self = canonical::decode(bytes).map_err(|_| KeyFileError::Damaged)?;
        if file.parameters.version != VERSION {
            return Err(KeyFileError::NewerVersion(file.parameters.version));
        }
        if checksum(&file.parameters, &file.sealed) != file.checksum {
            return Err(KeyFileError::Damaged);
        }
        stretching(&file.parameters)?;
        Ok(file)
    }

    /// What opening it costs: memory in KiB and passes.
    pub(super) fn cost(&self) -> (u32, u32) {
        (self.parameters.memory_kib, self.parameters.passes)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }

    /// The same file with the checksum that belongs to it: anybody can compute that.
    pub(super) fn with_right_checksum(bytes: &[u8]) -> Option<Self> {
        let file: Self = canonical::decode(bytes).ok()?;
        let checksum = checksum(&file.parameters, &file.sealed);
        Some(Self { checksum, ..file })
    }

    /// Where a key file lies that is not in its place yet.
    pub(crate) fn aside(path: &Path) -> PathBuf {
        path.with_extension("new")
    }

    /// Writes it durably beside its place, where it opens nothing.
    pub(crate) fn write_aside(&self, path: &Path) -> Result<(), KeyFileError> {
        use std::io::Write;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(Self::aside(path))?;
        file.write_all(&self.to_bytes())?;
        file.sync_all()?;
        sync_names(path)
    }

    /// Puts what was written aside in its place, durably and in one step.
    pub(crate) fn put_in_place(path: &Path) -> Result<(), KeyFileError> {
        std::fs::rename(Self::aside(path), path)?;
        sync_names(path)
    }
}

fn sync_names(path: &Path) -> Result<(), KeyFileError> {
    Ok(path.parent().map_or(Ok(()), folder::sync)?)
}

fn checksum(parameters: &Parameters, sealed: &ByteVec) -> ByteArray<32> {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, &canonical::encode(&(parameters, sealed))).as_ref());
    bytes.into()
}

fn stretching(parameters: &Parameters) -> Result<Params, KeyFileError> {
    if parameters.memory_kib > MAX_MEMORY_KIB || parameters.passes > MAX_PASSES || parameters.lanes != LANES {
        return Err(KeyFileError::Damaged);
    }
    Params::new(parameters.memory_kib, parameters.passes, parameters.lanes, Some(32)).map_err(|_| KeyFileError::Damaged)
}

fn key_encryption_key(parameters: &Parameters, passphrase: &Passphrase) -> Result<(LessSafeKey, Nonce), KeyFileError> {
    let argon = stretching(parameters)?;
    let mut key = [0; 32];
    let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon)
        .hash_password_into(passphrase.0.as_bytes(), parameters.salt.as_slice(), &mut key)
        .map_err(|_| KeyFileError::Derivation)
        .and_then(|()| UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| KeyFileError::Derivation));
    key.zeroize();
    Ok((LessSafeKey::new(derived?), Nonce::assume_unique_for_key(*parameters.nonce)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_passphrase_and_damage_are_two_errors() {
        let key = Secret::random();
        let file = KeyFile::seal(&key, &Passphrase::new("correct horse")).unwrap();
        let bytes = file.to_bytes();
        let opened = KeyFile::from_bytes(&bytes).unwrap().open(&Passphrase::new("correct horse")).unwrap();
        assert_eq!(opened.expose(), key.expose());
        let wrong = KeyFile::from_bytes(&bytes).unwrap().open(&Passphrase::new("wrong horse"));
        assert!(matches!(wrong, Err(KeyFileError::WrongPassphrase)));
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            let result = KeyFile::from_bytes(&damaged).and_then(|f| f.open(&Passphrase::new("correct horse")));
            assert!(
                matches!(result, Err(KeyFileError::Damaged | KeyFileError::NewerVersion(_))),
                "a flip at byte {position} was not seen as damage"
            );
        }
    }

    #[test]
    fn a_key_file_that_asks_for_too_much_is_refused_before_anything_is_spent() {
        for (memory_kib, passes) in [(MAX_MEMORY_KIB + 1, 1), (8, MAX_PASSES + 1), (u32::MAX, u32::MAX), (0, 1), (8, 0)]
        {
            let file = KeyFile::seal_at(&Secret::random(), &Passphrase::new("x"), (8, 1)).unwrap();
            let claimed = KeyFile { parameters: Parameters { memory_kib, passes, ..file.parameters }, ..file };
            let bytes = KeyFile::with_right_checksum(&claimed.to_bytes()).unwrap().to_bytes();
            assert!(matches!(KeyFile::from_bytes(&bytes), Err(KeyFileError::Damaged)), "{memory_kib} {passes}");
        }
    }
}
