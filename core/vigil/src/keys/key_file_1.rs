//! Key files of the first format: the database key under a passphrase alone, without hardware. They are read for ever and
//! written no more; the first right passphrase turns one into the present format.

use super::key_file::KeyFileError;
use super::passphrase::Passphrase;
use super::secret::{Secret, random_bytes};
use super::stretching::{Cost, stretch};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use vigil_protocol::canonical;
use zeroize::Zeroizing;

/// What a key file may ask this device to spend: a hostile file must not exhaust it.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const LANES: u32 = 1;
pub(super) const VERSION: u8 = 1;

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
pub(crate) struct KeyFile1 {
    #[n(0)]
    parameters: Parameters,
    #[n(1)]
    sealed: ByteVec,
    /// Tells damage from a wrong passphrase; it protects nothing and says nothing about the key.
    #[n(2)]
    checksum: ByteArray<32>,
}

impl KeyFile1 {
    /// Gives the database key.
    pub(crate) fn open(&self, passphrase: &Passphrase) -> Result<Secret<32>, KeyFileError> {
        let key = stretch(self.cost(), passphrase.bytes(), &self.parameters.salt).ok_or(KeyFileError::Derivation)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose()).map_err(|_| KeyFileError::Derivation)?;
        let nonce = Nonce::assume_unique_for_key(*self.parameters.nonce);
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        let plain = LessSafeKey::new(key)
            .open_in_place(nonce, Aad::from(canonical::encode(&self.parameters)), &mut bytes)
            .map_err(|_| KeyFileError::WrongPassphrase)?;
        Secret::from_slice(plain).ok_or(KeyFileError::Damaged)
    }

    /// Reads a key file's bytes, and refuses what asks for more than a device can spend before any of it is spent.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let file: Self = canonical::decode(bytes).map_err(|_| KeyFileError::Damaged)?;
        if checksum(&file.parameters, &file.sealed) != file.checksum {
            return Err(KeyFileError::Damaged);
        }
        let Parameters { memory_kib, passes, lanes, .. } = file.parameters;
        // Argon2 needs eight blocks a lane.
        if !(8..=MAX_MEMORY_KIB).contains(&memory_kib) || !(1..=MAX_PASSES).contains(&passes) || lanes != LANES {
            return Err(KeyFileError::Damaged);
        }
        Ok(file)
    }

    /// What opening it costs.
    pub(super) fn cost(&self) -> Cost {
        Cost { memory_kib: self.parameters.memory_kib, passes: self.parameters.passes }
    }

    /// Its salt: there is no other with the same.
    pub(crate) fn salt(&self) -> &[u8; 16] {
        &self.parameters.salt
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

    /// Seals a database key, as the first format did: for tests, and for the fuzzer's seeds.
    pub(super) fn seal_at(key: &Secret<32>, passphrase: &Passphrase, cost: Cost) -> Result<Self, KeyFileError> {
        let parameters = Parameters {
            version: VERSION,
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            lanes: LANES,
            salt: random_bytes::<16>().into(),
            nonce: random_bytes::<12>().into(),
        };
        let kek = stretch(cost, passphrase.bytes(), &parameters.salt).ok_or(KeyFileError::Derivation)?;
        let kek = UnboundKey::new(&CHACHA20_POLY1305, kek.expose()).map_err(|_| KeyFileError::Derivation)?;
        let mut sealed = key.expose().to_vec();
        let nonce = Nonce::assume_unique_for_key(*parameters.nonce);
        LessSafeKey::new(kek)
            .seal_in_place_append_tag(nonce, Aad::from(canonical::encode(&parameters)), &mut sealed)
            .map_err(|_| KeyFileError::Derivation)?;
        let sealed = ByteVec::from(sealed);
        let checksum = checksum(&parameters, &sealed);
        Ok(Self { parameters, sealed, checksum })
    }
}

fn checksum(parameters: &Parameters, sealed: &ByteVec) -> ByteArray<32> {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, &canonical::encode(&(parameters, sealed))).as_ref());
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::stretching::FLOOR;

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

    #[test]
    fn a_wrong_passphrase_and_damage_are_two_errors() {
        let key = Secret::random();
        let file = KeyFile1::seal_at(&key, &Passphrase::new("correct horse"), FLOOR).unwrap();
        let bytes = file.to_bytes();
        let opened = KeyFile1::from_bytes(&bytes).unwrap().open(&Passphrase::new("correct horse")).unwrap();
        assert_eq!(opened.expose(), key.expose());
        let wrong = KeyFile1::from_bytes(&bytes).unwrap().open(&Passphrase::new("wrong horse"));
        assert!(matches!(wrong, Err(KeyFileError::WrongPassphrase)));
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1;
            let result = KeyFile1::from_bytes(&damaged).and_then(|f| f.open(&Passphrase::new("correct horse")));
            assert!(matches!(result, Err(KeyFileError::Damaged)), "a flip at byte {position} was not seen as damage");
        }
    }

    #[test]
    fn a_key_file_that_asks_for_too_much_is_refused_before_anything_is_spent() {
        for (memory_kib, passes) in [(MAX_MEMORY_KIB + 1, 1), (8, MAX_PASSES + 1), (u32::MAX, u32::MAX), (0, 1), (8, 0)]
        {
            let file = KeyFile1::seal_at(&Secret::random(), &Passphrase::new("x"), CHEAP).unwrap();
            let claimed = KeyFile1 { parameters: Parameters { memory_kib, passes, ..file.parameters }, ..file };
            let bytes = KeyFile1::with_right_checksum(&claimed.to_bytes()).unwrap().to_bytes();
            assert!(matches!(KeyFile1::from_bytes(&bytes), Err(KeyFileError::Damaged)), "{memory_kib} {passes}");
        }
    }
}
