//! A slot of a key file: the name and key of a database, sealed under a PIN and the hardware's key together.
//! It opens in its own place of its own file, and one that is not in use looks like every other.

use super::hardware::HardwareVault;
use super::header::Header;
use super::key_file::KeyFileError;
use super::secret::{Secret, random_bytes};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use vigil_protocol::canonical;
use zeroize::Zeroizing;

/// Profile, name of the database, its key.
const CONTENT_BYTES: usize = 1 + 8 + 32;
const SEALED_BYTES: usize = CONTENT_BYTES + 16;

/// The name of a database in its home: random, and it says nothing about what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DatabaseName(pub(crate) [u8; 8]);

impl DatabaseName {
    /// The name that databases had before there were two.
    pub(crate) const FORMER: Self = Self([0; 8]);

    pub(crate) fn random() -> Self {
        Self(random_bytes())
    }

    /// The file.
    pub(crate) fn file_name(&self) -> String {
        if *self == Self::FORMER {
            return "vigil.db".to_owned();
        }
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        digits + ".db"
    }
}

/// What a PIN opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// The home.
    Whole,
    /// The small one that a duress PIN opens.
    Small,
}

/// What a slot holds.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) profile: Profile,
    pub(crate) database: DatabaseName,
    pub(crate) key: Secret<32>,
}

impl Content {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // With room for the tag: it must not move while it is in the clear.
        let mut bytes = Zeroizing::new(Vec::with_capacity(SEALED_BYTES));
        bytes.push(match self.profile {
            Profile::Whole => 1,
            Profile::Small => 2,
        });
        bytes.extend_from_slice(&self.database.0);
        bytes.extend_from_slice(self.key.expose());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (profile, rest) = bytes.split_first()?;
        let (database, key) = rest.split_first_chunk::<8>()?;
        let profile = match profile {
            1 => Profile::Whole,
            2 => Profile::Small,
            _ => return None,
        };
        Some(Self { profile, database: DatabaseName(*database), key: Secret::from_slice(key)? })
    }
}

/// A PIN after stretching: with the hardware's key it opens a slot.
pub(crate) struct Stretched(pub(crate) Secret<32>);

#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(super) struct Slot {
    #[n(0)]
    nonce: ByteArray<12>,
    #[n(1)]
    pub(super) sealed: ByteArray<SEALED_BYTES>,
}

impl Slot {
    /// A slot that nothing opens. It looks like every other.
    pub(super) fn unused() -> Self {
        Self { nonce: random_bytes::<12>().into(), sealed: random_bytes::<SEALED_BYTES>().into() }
    }

    /// A slot that this PIN opens, in this place.
    pub(super) fn seal(
        header: &Header,
        number: usize,
        (stretched, content): (&Stretched, &Content),
        hardware: &dyn HardwareVault,
    ) -> Result<Self, KeyFileError> {
        let nonce = random_bytes::<12>();
        let mut bytes = content.to_bytes();
        slot_key(header, stretched, hardware)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place(header, number)),
                &mut *bytes,
            )
            .map_err(|_| KeyFileError::Derivation)?;
        let sealed: [u8; SEALED_BYTES] = bytes.as_slice().try_into().map_err(|_| KeyFileError::Derivation)?;
        Ok(Self { nonce: nonce.into(), sealed: sealed.into() })
    }

    /// What is in it, if this key opens it in this place.
    pub(super) fn open(
        &self,
        header: &Header,
        number: usize,
        key: &LessSafeKey,
    ) -> Result<Option<Content>, KeyFileError> {
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*self.nonce);
        match key.open_in_place(nonce, Aad::from(place(header, number)), &mut bytes) {
            Ok(plain) => Content::from_bytes(plain).map(Some).ok_or(KeyFileError::Damaged),
            Err(_) => Ok(None),
        }
    }
}

fn place(header: &Header, number: usize) -> Vec<u8> {
    canonical::encode(&("vigil/2 slot", header, number as u64))
}

/// PIN and hardware together. What passes to the hardware is derived from the stretched PIN and does not give it back: the
/// buffers on that way are not ours to wipe.
pub(super) fn slot_secret(
    header: &Header,
    stretched: &Stretched,
    hardware: &dyn HardwareVault,
) -> Result<Secret<32>, KeyFileError> {
    let shown = expand(&header.salt, stretched.0.expose(), "vigil/2 to hardware")?;
    let mac = hardware.mac(&header.alias(), &[b"vigil/2 unlock".as_slice(), shown.expose()].concat())?;
    let mut both = Zeroizing::new([0; 64]);
    let (first, second) = both.split_at_mut(32);
    first.copy_from_slice(stretched.0.expose());
    second.copy_from_slice(mac.as_slice());
    expand(&header.salt, both.as_slice(), "vigil/2 slot key")
}

/// The key that opens the slots of one PIN.
pub(super) fn slot_key(
    header: &Header,
    stretched: &Stretched,
    hardware: &dyn HardwareVault,
) -> Result<LessSafeKey, KeyFileError> {
    let secret = slot_secret(header, stretched, hardware)?;
    UnboundKey::new(&CHACHA20_POLY1305, secret.expose()).map(LessSafeKey::new).map_err(|_| KeyFileError::Derivation)
}

fn expand(salt: &[u8; 16], secret: &[u8], info: &str) -> Result<Secret<32>, KeyFileError> {
    let mut bytes = [0; 32];
    Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info.as_bytes()], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut bytes))
        .map_err(|_| KeyFileError::Derivation)?;
    Ok(Secret::take(&mut bytes))
}
