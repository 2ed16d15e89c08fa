//! Sealing a 32-byte key (or a short text) to an X25519 public key with HPKE (RFC 9180): DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, ChaCha20-Poly1305, base mode. What is sealed is bound to its purpose and place by `info`, and a record key
//! is checked against its signed commitment when it is opened: one ciphertext has one reading (PROTOCOL 2).

use super::secret::Secret;
use super::shares::KeyShare;
use crate::records::ShareId;
use hpke::aead::ChaCha20Poly1305 as Aead;
use hpke::kdf::HkdfSha256 as Kdf;
use hpke::kem::X25519HkdfSha256 as Kem25519;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use vigil_protocol::{
    DeviceId, Hash, KeyCommitment, Purpose, Recipient, RecordId, SUITE, SealingPublicKey, SpaceId, canonical, digest,
};
use zeroize::{Zeroize, Zeroizing};

/// An X25519 key pair.
pub(crate) struct SealingKeyPair {
    private: Secret<32>,
    public: SealingPublicKey,
}

impl SealingKeyPair {
    pub(crate) fn generate() -> Self {
        let (private, public) = Kem25519::gen_keypair();
        Self { private: take_private(&private), public: to_public(&public) }
    }

    /// `None` if the bytes are not a private key.
    pub(crate) fn from_private(private: Secret<32>) -> Option<Self> {
        let key = <Kem25519 as Kem>::PrivateKey::from_bytes(private.expose()).ok()?;
        let public = to_public(&Kem25519::sk_to_pk(&key));
        Some(Self { private, public })
    }

    pub(crate) fn public(&self) -> SealingPublicKey {
        self.public
    }

    pub(crate) fn private(&self) -> &Secret<32> {
        &self.private
    }
}

fn take_private(key: &<Kem25519 as Kem>::PrivateKey) -> Secret<32> {
    let mut bytes: [u8; 32] = key.to_bytes().into();
    Secret::take(&mut bytes)
}

fn to_public(key: &<Kem25519 as Kem>::PublicKey) -> SealingPublicKey {
    SealingPublicKey(key.to_bytes().into())
}

/// What a sealed key is for; it becomes HPKE's `info`.
pub(crate) enum SealedTo {
    /// A record key in a capsule.
    Record { space: SpaceId, record: RecordId, commitment: KeyCommitment, recipient: Recipient },
    /// The private half of an epoch's key, for a desk.
    Epoch { space: SpaceId, epoch: u32, desk: DeviceId },
    /// The private half of the epoch before, for holders of the new one.
    PreviousEpoch { space: SpaceId, epoch: u32 },
    /// A member's name, for holders of the epoch key.
    Name { space: SpaceId, device: DeviceId },
    /// A share of the recovery key, for its holder.
    RecoveryShare { space: SpaceId, holder: DeviceId },
    /// The same, given on to a desk that was admitted for recovery.
    RecoveryShareFor { space: SpaceId, desk: DeviceId, holder: DeviceId },
    /// The content key of an archive, for whoever two persons agreed on.
    Archive { space: SpaceId, motion: Hash },
    /// The key of a share, for one device of another space.
    Share { from: SpaceId, to: SpaceId, share: ShareId, commitment: KeyCommitment, device: DeviceId },
    /// A member's details, for holders of the epoch key.
    Details { space: SpaceId, device: DeviceId },
    /// The private half of an epoch's key, for whoever holds the recovery key.
    RecoveryEpoch { space: SpaceId, epoch: u32 },
}

impl SealedTo {
    fn info(&self) -> Vec<u8> {
        match self {
            Self::Record { space, record, commitment, recipient } => {
                canonical::encode(&("vigil/1 record key", SUITE, space, record, commitment, recipient))
            }
            Self::Epoch { space, epoch, desk } => canonical::encode(&("vigil/1 epoch key", SUITE, space, epoch, desk)),
            Self::PreviousEpoch { space, epoch } => canonical::encode(&("vigil/1 previous epoch", SUITE, space, epoch)),
            Self::Share { from, to, share, commitment, device } => {
                canonical::encode(&("vigil/1 share key", SUITE, from, to, share, commitment, device))
            }
            Self::Name { space, device } => canonical::encode(&("vigil/1 name", SUITE, space, device)),
            Self::RecoveryShare { space, holder } => {
                canonical::encode(&("vigil/1 recovery share", SUITE, space, holder))
            }
            Self::RecoveryShareFor { space, desk, holder } => {
                canonical::encode(&("vigil/1 recovery share for", SUITE, space, desk, holder))
            }
            Self::Archive { space, motion } => canonical::encode(&("vigil/1 archive", SUITE, space, motion)),
            Self::Details { space, device } => canonical::encode(&("vigil/1 details", SUITE, space, device)),
            Self::RecoveryEpoch { space, epoch } => canonical::encode(&("vigil/1 recovery epoch", SUITE, space, epoch)),
        }
    }
}

/// Seals bytes. `None` if the public key is not one.
fn seal(to: &SealingPublicKey, purpose: &SealedTo, plain: &[u8]) -> Option<(SealingPublicKey, Vec<u8>)> {
    let public = <Kem25519 as Kem>::PublicKey::from_bytes(to.as_bytes()).ok()?;
    let (encapsulated, sealed) =
        hpke::single_shot_seal::<Aead, Kdf, Kem25519>(&OpModeS::Base, &public, &purpose.info(), plain, b"").ok()?;
    Some((SealingPublicKey(encapsulated.to_bytes().into()), sealed))
}

fn open(with: &SealingKeyPair, purpose: &SealedTo, encapsulated: &SealingPublicKey, sealed: &[u8]) -> Option<Vec<u8>> {
    open_with_info(with, &purpose.info(), encapsulated, sealed, b"")
}

/// HPKE's `Open` of base mode (RFC 9180, 6.1).
pub(super) fn open_with_info(
    with: &SealingKeyPair,
    info: &[u8],
    encapsulated: &SealingPublicKey,
    sealed: &[u8],
    associated: &[u8],
) -> Option<Vec<u8>> {
    let private = <Kem25519 as Kem>::PrivateKey::from_bytes(with.private.expose()).ok()?;
    let encapsulated = <Kem25519 as Kem>::EncappedKey::from_bytes(encapsulated.as_bytes()).ok()?;
    hpke::single_shot_open::<Aead, Kdf, Kem25519>(&OpModeR::Base, &private, &encapsulated, info, sealed, associated)
        .ok()
}

/// Seals a key. `None` if the public key is not one.
pub(crate) fn seal_key(
    to: &SealingPublicKey,
    purpose: &SealedTo,
    key: &Secret<32>,
) -> Option<(SealingPublicKey, [u8; 48])> {
    let (encapsulated, sealed) = seal(to, purpose, key.expose())?;
    Some((encapsulated, sealed.try_into().ok()?))
}

/// Opens a key. `None` if it was sealed to another key or for another purpose.
pub(crate) fn open_key(
    with: &SealingKeyPair,
    purpose: &SealedTo,
    encapsulated: &SealingPublicKey,
    sealed: &[u8; 48],
) -> Option<Secret<32>> {
    let mut plain = open(with, purpose, encapsulated, sealed)?;
    let key = Secret::from_slice(&plain);
    plain.zeroize();
    key
}

/// Seals a share of a key. `None` if the public key is not one.
pub(crate) fn seal_share(
    to: &SealingPublicKey,
    purpose: &SealedTo,
    share: &KeyShare,
) -> Option<(SealingPublicKey, Vec<u8>)> {
    seal(to, purpose, share.expose())
}

/// Opens a share of a key. `None` if it was sealed to another key or for another purpose.
pub(crate) fn open_share(
    with: &SealingKeyPair,
    purpose: &SealedTo,
    encapsulated: &SealingPublicKey,
    sealed: &[u8],
) -> Option<KeyShare> {
    let plain = Zeroizing::new(open(with, purpose, encapsulated, sealed)?);
    KeyShare::from_slice(&plain)
}

/// Seals a short text, padded to hide its length.
pub(crate) fn seal_text(to: &SealingPublicKey, purpose: &SealedTo, text: &str) -> Option<Vec<u8>> {
    seal_bytes(to, purpose, text.as_bytes().to_vec())
}

/// Opens a short text.
pub(crate) fn open_text(with: &SealingKeyPair, purpose: &SealedTo, sealed: &[u8]) -> Option<String> {
    String::from_utf8(open_bytes(with, purpose, sealed)?).ok()
}

/// Seals a few bytes, padded to hide their length.
pub(crate) fn seal_bytes(to: &SealingPublicKey, purpose: &SealedTo, plain: Vec<u8>) -> Option<Vec<u8>> {
    let (encapsulated, sealed) = seal(to, purpose, &crate::sealing::pad(plain))?;
    Some([encapsulated.as_bytes().as_slice(), &sealed].concat())
}

/// Opens a few bytes.
pub(crate) fn open_bytes(with: &SealingKeyPair, purpose: &SealedTo, sealed: &[u8]) -> Option<Vec<u8>> {
    let (encapsulated, sealed) = sealed.split_at_checked(SealingPublicKey::LENGTH)?;
    let plain = open(with, purpose, &SealingPublicKey::from_slice(encapsulated)?, sealed)?;
    crate::sealing::unpad(plain)
}

/// The commitment that names a generation of a record's key.
pub(crate) fn commitment(record: &RecordId, key: &Secret<32>) -> KeyCommitment {
    KeyCommitment(digest(Purpose::KeyCommitment, &[record.as_bytes(), key.expose()]).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_for_its_recipient_and_purpose_only() {
        let (desk, other) = (SealingKeyPair::generate(), SealingKeyPair::generate());
        let (space, key) = (SpaceId([1; 16]), Secret::random());
        let purpose = SealedTo::Epoch { space, epoch: 0, desk: DeviceId([2; 16]) };
        let (encapsulated, sealed) = seal_key(&desk.public(), &purpose, &key).unwrap();
        let opened = open_key(&desk, &purpose, &encapsulated, &sealed).unwrap();
        assert_eq!(opened.expose(), key.expose());
        assert!(open_key(&other, &purpose, &encapsulated, &sealed).is_none());
        let elsewhere = SealedTo::Epoch { space, epoch: 1, desk: DeviceId([2; 16]) };
        assert!(open_key(&desk, &elsewhere, &encapsulated, &sealed).is_none());
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::take(&mut [65; 4])), "Secret(***)");
    }

    #[test]
    fn an_all_zero_public_key_is_refused() {
        let purpose = SealedTo::PreviousEpoch { space: SpaceId([1; 16]), epoch: 1 };
        assert!(seal_key(&SealingPublicKey([0; 32]), &purpose, &Secret::random()).is_none());
    }

    #[test]
    fn a_name_opens_for_its_device_only_and_does_not_show_how_long_it_is() {
        let epoch = SealingKeyPair::generate();
        let space = SpaceId([1; 16]);
        let of = |number: u8| SealedTo::Name { space, device: DeviceId([number; 16]) };
        let seal = |name: &str| seal_text(&epoch.public(), &of(2), name).unwrap();
        let (short, long) = (seal("Mo"), seal("Mohanmaya Budhathoki Magar, east gate"));
        assert_eq!(short.len(), long.len());
        assert_eq!(open_text(&epoch, &of(2), &short).unwrap(), "Mo");
        assert_eq!(open_text(&epoch, &of(2), &long).unwrap(), "Mohanmaya Budhathoki Magar, east gate");
        assert!(open_text(&epoch, &of(3), &short).is_none());
        assert!(open_text(&SealingKeyPair::generate(), &of(2), &short).is_none());
        assert!(open_text(&epoch, &of(2), &short[..31]).is_none());
    }

    #[test]
    fn a_key_pair_from_its_private_half_is_the_same_pair() {
        let pair = SealingKeyPair::generate();
        let again = SealingKeyPair::from_private(pair.private().clone()).unwrap();
        assert_eq!(again.public(), pair.public());
        assert_ne!(SealingKeyPair::generate().public(), pair.public());
    }

    #[test]
    fn a_commitment_names_one_key_of_one_record() {
        let (record, key) = (RecordId([1; 16]), Secret::take(&mut [2; 32]));
        let named = commitment(&record, &key);
        assert_eq!(named, commitment(&record, &key.clone()));
        assert_ne!(named, commitment(&RecordId([3; 16]), &key));
        assert_ne!(named, commitment(&record, &Secret::take(&mut [3; 32])));
    }

    #[test]
    fn what_is_sealed_for_one_purpose_opens_for_no_other() {
        let (desk, key) = (SealingKeyPair::generate(), Secret::random());
        let (space, device, record) = (SpaceId([1; 16]), DeviceId([2; 16]), RecordId([3; 16]));
        let generation = commitment(&record, &key);
        let purposes = || {
            [
                SealedTo::Record { space, record, commitment: generation, recipient: Recipient::Epoch(1) },
                SealedTo::Record { space, record, commitment: generation, recipient: Recipient::Epoch(2) },
                SealedTo::Epoch { space, epoch: 1, desk: device },
                SealedTo::PreviousEpoch { space, epoch: 1 },
                SealedTo::Name { space, device },
            ]
        };
        for (sealed_for, purpose) in purposes().iter().enumerate() {
            let (encapsulated, sealed) = seal_key(&desk.public(), purpose, &key).unwrap();
            for (opened_for, other) in purposes().iter().enumerate() {
                let opened = open_key(&desk, other, &encapsulated, &sealed);
                assert_eq!(opened.is_some(), sealed_for == opened_for, "{sealed_for} {opened_for}");
            }
        }
    }
}
