//! Identifiers, public keys, hashes and times: each a type of its own.
//! They promise that none can stand in for another and that none of them is a secret.

use crate::fixed_bytes::fixed_bytes;
use minicbor::{Decode, Encode};

fixed_bytes!(
    /// A space: a committee's shared caseload, the unit of trust and replication. 16 random bytes.
    SpaceId, 16);
fixed_bytes!(
    /// A device as a member of one space. 16 random bytes, bound to its keys by the log entry that adds it.
    DeviceId, 16);
fixed_bytes!(
    /// A person as a member of one space: a pseudonym of 16 random bytes, the same for all devices of hers.
    PersonId, 16);
fixed_bytes!(
    /// A record (screening, person, sighting, ...). 16 random bytes, never derived from content.
    RecordId, 16);
fixed_bytes!(
    /// The random salt of a batch; it keeps keys and nonces apart even on a phone restored from a backup.
    Salt, 16);
fixed_bytes!(
    /// A life of the server's database; a restored or wiped server has another one (PROTOCOL 16).
    Incarnation, 16);
fixed_bytes!(
    /// A random number that is used once: it binds the second code of an enrolment to the first. 16 random bytes.
    Nonce, 16);
fixed_bytes!(
    /// A SHA-256 digest, never shortened (PROTOCOL 7).
    Hash, 32);
fixed_bytes!(
    /// The signed commitment to a record key: names a generation of the record (PROTOCOL 2, 4).
    KeyCommitment, 32);
fixed_bytes!(
    /// An Ed25519 public key.
    SigningPublicKey, 32);
fixed_bytes!(
    /// An X25519 public key.
    SealingPublicKey, 32);
fixed_bytes!(
    /// An Ed25519 signature.
    Signature, 64);

/// Milliseconds since 1970-01-01T00:00:00Z as its author's clock claimed. A hint for people, never an order of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

impl Hash {
    /// What the first entry of a chain names as its predecessor.
    pub const NONE: Self = Self([0; 32]);
}

impl DeviceId {
    /// A short form for lists and logs, where it need not be unique for ever.
    pub fn short(&self) -> String {
        self.to_string().chars().take(6).collect()
    }
}

impl PersonId {
    /// The person of a device whose entry names none: each such device counts as a person of its own.
    pub const fn of_device(device: &DeviceId) -> Self {
        Self(device.0)
    }
}

impl RecordId {
    /// A short form for lists; the command line accepts any prefix that is unique.
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_there_and_back() {
        let id = RecordId([0xa5; 16]);
        assert_eq!(RecordId::from_hex(&id.to_string()), Some(id));
        assert_eq!(RecordId::from_hex("a5"), None);
        assert_eq!(RecordId::from_hex(&"zz".repeat(16)), None);
        assert_eq!(RecordId::from_hex(&"é".repeat(16)), None);
    }
}
