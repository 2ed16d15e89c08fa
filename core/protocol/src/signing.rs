//! Ed25519 signatures and SHA-256 digests, each under a purpose of its own.
//! Domain separation promises that a signature made for one purpose is worth nothing for another.

use crate::{Hash, ProtocolError, Signature, SigningPublicKey};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// What a digest or a signature is for; its label is the first thing that goes into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A batch header.
    Batch,
    /// An item of a batch.
    Item,
    /// A part of an item that may later be destroyed on its own.
    ItemPart,
    /// An entry of the membership log.
    LogEntry,
    /// A sync request.
    Request,
    /// A server's answer.
    Answer,
    /// A join request of a new device.
    JoinRequest,
    /// An event inside a record.
    Event,
    /// A commitment to a record key.
    KeyCommitment,
    /// A commitment to an opinion.
    Opinion,
    /// A second person's signature over a certificate.
    Cosignature,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Batch => b"vigil/1 batch\0",
            Self::Item => b"vigil/1 item\0",
            Self::ItemPart => b"vigil/1 item part\0",
            Self::LogEntry => b"vigil/1 log entry\0",
            Self::Request => b"vigil/1 request\0",
            Self::Answer => b"vigil/1 answer\0",
            Self::JoinRequest => b"vigil/1 join request\0",
            Self::Event => b"vigil/1 event\0",
            Self::KeyCommitment => b"vigil/1 key commitment\0",
            Self::Opinion => b"vigil/1 opinion\0",
            Self::Cosignature => b"vigil/1 cosignature\0",
        }
    }
}

/// SHA-256 over the purpose and the parts. Callers pass parts of fixed length or canonical encodings only, so that the
/// borders between them are not in doubt.
pub fn digest(purpose: Purpose, parts: &[&[u8]]) -> Hash {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(purpose.label());
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Hash(hash)
}

/// Checks a signature over a digest made for `purpose`.
///
/// # Errors
/// [`ProtocolError::BadSignature`].
pub fn verify(
    key: &SigningPublicKey,
    purpose: Purpose,
    digest: &Hash,
    signature: &Signature,
    what: &'static str,
) -> Result<(), ProtocolError> {
    let message = [purpose.label(), digest.as_bytes()].concat();
    UnparsedPublicKey::new(&ED25519, key.as_bytes())
        .verify(&message, signature.as_bytes())
        .map_err(|_| ProtocolError::BadSignature { what })
}

/// A private Ed25519 key. It has no `Debug`, no `Clone` and no way back to its bytes.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// From a 32-byte seed, which stays the caller's to wipe.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] if the seed is not one.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, ProtocolError> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| ProtocolError::Malformed { what: "signing key seed" })
    }

    /// The public half.
    pub fn public(&self) -> SigningPublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        SigningPublicKey(bytes)
    }

    /// Signs a digest for a purpose.
    pub fn sign(&self, purpose: Purpose, digest: &Hash) -> Signature {
        let message = [purpose.label(), digest.as_bytes()].concat();
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.sign(&message).as_ref());
        Signature(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_made_for_one_purpose_fails_for_every_other() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let hash = digest(Purpose::Batch, &[b"content"]);
        let signature = key.sign(Purpose::Batch, &hash);
        assert!(verify(&key.public(), Purpose::Batch, &hash, &signature, "batch").is_ok());
        for other in [Purpose::Item, Purpose::LogEntry, Purpose::Request, Purpose::Answer, Purpose::Event] {
            assert!(verify(&key.public(), other, &hash, &signature, "batch").is_err());
        }
    }
}
