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
    /// A bundle of evidence.
    Evidence,
    /// The card of a space that receives shares.
    SpaceCard,
    /// Something shared with another space.
    Share,
    /// The recall of a share.
    Recall,
    /// The recipient's answer to a recall.
    RecallAnswer,
    /// A second person's signature over a certificate.
    Cosignature,
    /// What a new device shows.
    FirstCode,
    /// What an officer shows to a new device.
    SecondCode,
    /// The number of two codes that belong together.
    Enrolment,
    /// A server's card.
    ServerCard,
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
            Self::Evidence => b"vigil/1 evidence\0",
            Self::SpaceCard => b"vigil/1 space card\0",
            Self::Share => b"vigil/1 share\0",
            Self::Recall => b"vigil/1 recall\0",
            Self::RecallAnswer => b"vigil/1 recall answer\0",
            Self::Cosignature => b"vigil/1 cosignature\0",
            Self::FirstCode => b"vigil/1 first code\0",
            Self::SecondCode => b"vigil/1 second code\0",
            Self::Enrolment => b"vigil/1 enrolment\0",
            Self::ServerCard => b"vigil/1 server card\0",
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
    if is_signed(key, &message, signature) { Ok(()) } else { Err(ProtocolError::BadSignature { what }) }
}

/// Ed25519 (RFC 8032) over a whole message.
fn is_signed(key: &SigningPublicKey, message: &[u8], signature: &Signature) -> bool {
    UnparsedPublicKey::new(&ED25519, key.as_bytes()).verify(message, signature.as_bytes()).is_ok()
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
        self.sign_message(&[purpose.label(), digest.as_bytes()].concat())
    }

    fn sign_message(&self, message: &[u8]) -> Signature {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.sign(message).as_ref());
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

    fn bytes<const N: usize>(value: &serde_json::Value) -> [u8; N] {
        hex(value).try_into().unwrap()
    }

    fn hex(value: &serde_json::Value) -> Vec<u8> {
        let digits = value.as_str().unwrap().as_bytes();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    /// The order of the group, low byte first (RFC 8032, 5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    #[test]
    fn the_published_vectors_hold_and_no_signature_has_a_second_form() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/published.json");
        let vectors: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let cases = vectors["ed25519"]["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 4);
        for case in cases {
            let key = SigningKey::from_seed(&bytes(&case["seed"])).unwrap();
            let (public, message) = (SigningPublicKey(bytes(&case["public"])), hex(&case["message"]));
            let signature = Signature(bytes(&case["signature"]));
            assert_eq!(key.public(), public, "{}", case["name"]);
            assert_eq!(key.sign_message(&message), signature, "{}", case["name"]);
            assert!(is_signed(&public, &message, &signature));
            // The same signature with the order added to its second half: equal for whoever does not check.
            let (mut carry, mut second) = (0, signature);
            for (byte, add) in second.0[32..].iter_mut().zip(ORDER) {
                carry += u16::from(*byte) + u16::from(add);
                *byte = carry.to_le_bytes()[0];
                carry >>= 8;
            }
            assert!(!is_signed(&public, &message, &second), "{}: a second signature", case["name"]);
            for bit in 0..512 {
                let mut flipped = signature;
                flipped.0[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_signed(&public, &message, &flipped), "{}: bit {bit}", case["name"]);
            }
            assert!(!is_signed(&public, &[message.as_slice(), b"x"].concat(), &signature));
        }
    }
}
