//! Items: what a batch carries - sealed content, capsules (sealed record keys), tombstones and receipts.
//! An item's hash promises that a capsule or a ciphertext can later be destroyed on its own, leaving a 32-byte stub that
//! says nothing (PROTOCOL 6).

use crate::{
    DeviceId, Hash, KeyCommitment, ProtocolError, Purpose, Receipt, RecordId, SealingPublicKey, canonical, digest,
    limits,
};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// Who can open one copy of a record key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Recipient {
    /// Holders of the private half of an epoch's key: the committee's desks.
    #[n(0)]
    Epoch(#[n(0)] u32),
    /// A single device.
    #[n(1)]
    Device(#[n(0)] DeviceId),
    /// The committee's recovery key.
    #[n(2)]
    Recovery,
}

/// A record key sealed to one recipient: HPKE (RFC 9180), DHKEM(X25519), HKDF-SHA256, ChaCha20-Poly1305, base mode.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SealedKey {
    /// Who can open it.
    #[n(0)]
    pub to: Recipient,
    /// The encapsulated key.
    #[n(1)]
    pub encapsulated: SealingPublicKey,
    /// The sealed 32-byte key with its tag.
    #[n(2)]
    pub sealed: ByteArray<48>,
}

/// A record key of one generation, sealed to all who may read it, with the commitment that names the generation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Capsule {
    /// The record whose key it is.
    #[n(0)]
    pub record: RecordId,
    /// Commitment to the key; checked when the capsule is opened.
    #[n(1)]
    pub commitment: KeyCommitment,
    /// One sealed copy for each recipient.
    #[n(2)]
    pub sealed: Vec<SealedKey>,
}

impl Capsule {
    /// The hash that stands for this capsule once it is destroyed.
    pub fn hash(&self) -> Hash {
        digest(Purpose::ItemPart, &[b"capsule\0", &canonical::encode(self)])
    }

    /// Whether a copy for this recipient is inside.
    pub fn is_for(&self, recipient: Recipient) -> bool {
        self.sealed.iter().any(|copy| copy.to == recipient)
    }

    fn check(&self) -> Result<(), ProtocolError> {
        if self.sealed.is_empty() {
            return Err(ProtocolError::Malformed { what: "capsule" });
        }
        if self.sealed.len() > limits::MAX_CAPSULE_RECIPIENTS {
            return Err(ProtocolError::TooLarge { what: "capsule", limit: limits::MAX_CAPSULE_RECIPIENTS });
        }
        let mut recipients: Vec<_> = self.sealed.iter().map(|copy| copy.to).collect();
        recipients.sort_unstable();
        recipients.dedup();
        if recipients.len() != self.sealed.len() {
            return Err(ProtocolError::Malformed { what: "capsule" });
        }
        Ok(())
    }
}

/// Which key an item's content is sealed under.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum KeyReference {
    /// A new key, delivered here: a new record, or a new generation of one.
    #[n(0)]
    New(#[n(0)] Capsule),
    /// A generation that the readers hold already, named by its commitment (PROTOCOL 4).
    #[n(1)]
    Known(#[n(0)] KeyCommitment),
}

impl KeyReference {
    /// The generation's name.
    pub fn commitment(&self) -> KeyCommitment {
        match self {
            Self::New(capsule) => capsule.commitment,
            Self::Known(commitment) => *commitment,
        }
    }

    fn hash(&self) -> Hash {
        match self {
            Self::New(capsule) => capsule.hash(),
            Self::Known(commitment) => digest(Purpose::ItemPart, &[b"generation\0", commitment.as_bytes()]),
        }
    }
}

/// One item of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Item {
    /// Sealed content of a record: changes of its facts and events.
    #[n(0)]
    Write(#[n(0)] KeyReference, #[n(1)] ByteVec),
    /// A key for more readers, without content.
    #[n(1)]
    Grant(#[n(0)] Capsule),
    /// Every capsule and every content of this record is to be destroyed (PROTOCOL 6).
    #[n(2)]
    Tombstone(#[n(0)] RecordId),
    /// That something was taken in, or destroyed.
    #[n(3)]
    Receipt(#[n(0)] Receipt),
}

impl Item {
    /// The hash that a batch's signature covers.
    pub fn hash(&self) -> Hash {
        match self {
            Self::Write(key, sealed) => digest(
                Purpose::Item,
                &[
                    b"write\0",
                    key.hash().as_bytes(),
                    digest(Purpose::ItemPart, &[b"sealed\0", sealed.as_slice()]).as_bytes(),
                ],
            ),
            Self::Grant(capsule) => digest(Purpose::Item, &[b"grant\0", capsule.hash().as_bytes()]),
            Self::Tombstone(record) => digest(Purpose::Item, &[b"tombstone\0", record.as_bytes()]),
            Self::Receipt(receipt) => digest(Purpose::Item, &[b"receipt\0", &canonical::encode(receipt)]),
        }
    }

    /// The capsule inside, if there is one.
    pub fn capsule(&self) -> Option<&Capsule> {
        match self {
            Self::Write(KeyReference::New(capsule), _) | Self::Grant(capsule) => Some(capsule),
            _ => None,
        }
    }

    /// Checks sizes and shape.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
    pub fn check(&self) -> Result<(), ProtocolError> {
        if let Some(capsule) = self.capsule() {
            capsule.check()?;
        }
        if let Self::Receipt(receipt) = self {
            receipt.check()?;
        }
        if let Self::Write(_, sealed) = self
            && sealed.len() > limits::MAX_SEALED_BYTES
        {
            return Err(ProtocolError::TooLarge { what: "sealed content", limit: limits::MAX_SEALED_BYTES });
        }
        Ok(())
    }
}
