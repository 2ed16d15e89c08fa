//! Entries of a space's membership log: who is a member, with which keys and role, and who holds which epoch.
//! Each entry promises to be signed by its author and chained to the one before; names inside are sealed (PROTOCOL 18).

mod body;
mod certificate;
mod motion;
mod policy;

pub use body::{LastBatch, LogBody, RecoveryShare, Removal, Rotation};
pub use certificate::{Certificate, Cosignature};
pub use motion::Motion;
pub use policy::Policy;

use crate::{
    DeviceId, Hash, ProtocolError, Purpose, SUITE, SealingPublicKey, Signature, SigningKey, SigningPublicKey, SpaceId,
    Timestamp, canonical, digest,
};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// What a member does, and so what its device may read (DESIGN 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Screens at a checkpoint; seals, and opens nothing of others.
    #[n(0)]
    Volunteer,
    /// Records in a village; reads own records.
    #[n(1)]
    Monitor,
    /// Takes over, refers and follows cases; reads assigned records.
    #[n(2)]
    Officer,
    /// The committee's laptop; holds the epoch key.
    #[n(3)]
    Desk,
    /// Another body; reads audit events, no cases.
    #[n(4)]
    Auditor,
}

impl Role {
    /// The role's name in the command line and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Monitor => "monitor",
            Self::Officer => "officer",
            Self::Desk => "desk",
            Self::Auditor => "auditor",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Volunteer, Self::Monitor, Self::Officer, Self::Desk, Self::Auditor]
            .into_iter()
            .find(|role| role.name() == name)
    }

    /// Whether it leads: writes to the membership log and counts in a quorum.
    pub const fn leads(self) -> bool {
        matches!(self, Self::Officer | Self::Desk)
    }

    /// How much it may read, for comparing. An auditor stands beside the others: nobody is raised or lowered to one.
    pub const fn rank(self) -> Option<u8> {
        match self {
            Self::Volunteer => Some(0),
            Self::Monitor => Some(1),
            Self::Officer => Some(2),
            Self::Desk => Some(3),
            Self::Auditor => None,
        }
    }

    /// Whether a change from this role to the other gives more.
    pub fn is_raised_by(self, other: Self) -> bool {
        matches!((self.rank(), other.rank()), (Some(now), Some(then)) if now < then)
    }

    /// Whether a change from this role to the other gives nothing more.
    pub fn covers(self, other: Self) -> bool {
        self == other || other.is_raised_by(self)
    }
}

/// A device that becomes a member.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct NewMember {
    /// Its random name in this space.
    #[n(0)]
    pub device: DeviceId,
    /// Verifies its batches, events and requests.
    #[n(1)]
    pub signing_key: SigningPublicKey,
    /// Capsules for it are sealed to this key.
    #[n(2)]
    pub sealing_key: SealingPublicKey,
    /// Its role.
    #[n(3)]
    pub role: Role,
    /// Rises when the app is installed anew on the same device (DESIGN 3.5).
    #[n(4)]
    pub install_generation: u32,
    /// The person's name, sealed to the epoch; empty if none was given.
    #[n(5)]
    pub sealed_name: ByteVec,
}

/// The private half of an epoch's key, sealed to one desk and checked on receipt against the public half.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EpochShare {
    /// The desk.
    #[n(0)]
    pub device: DeviceId,
    /// HPKE encapsulated key.
    #[n(1)]
    pub encapsulated: SealingPublicKey,
    /// The sealed private key with its tag.
    #[n(2)]
    pub sealed: ByteArray<48>,
}

/// A signed entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LogEntry {
    /// [`SUITE`].
    #[n(0)]
    pub suite: u8,
    /// The space.
    #[n(1)]
    pub space: SpaceId,
    /// 0 for the genesis.
    #[n(2)]
    pub index: u64,
    /// Hash of the entry before; [`Hash::NONE`] for the genesis.
    #[n(3)]
    pub previous: Hash,
    /// When its author says that it was made.
    #[n(4)]
    pub time: Timestamp,
    /// The author.
    #[n(5)]
    pub author: DeviceId,
    /// What it does.
    #[n(6)]
    pub body: LogBody,
    /// The author's signature over everything above.
    #[n(7)]
    pub signature: Signature,
}

impl LogEntry {
    /// Signs an entry.
    pub fn sign(
        space: SpaceId,
        (index, previous): (u64, Hash),
        time: Timestamp,
        author: DeviceId,
        body: LogBody,
        key: &SigningKey,
    ) -> Self {
        let mut entry =
            Self { suite: SUITE, space, index, previous, time, author, body, signature: Signature([0; 64]) };
        entry.signature = key.sign(Purpose::LogEntry, &entry.hash());
        entry
    }

    /// The entry's hash, which the next entry names. The signature is not part of it.
    pub fn hash(&self) -> Hash {
        let signed = (self.suite, self.space, self.index, self.previous, self.time, self.author, &self.body);
        digest(Purpose::LogEntry, &[&canonical::encode(&signed)])
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// As [`canonical::decode_limited`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        canonical::decode_limited(bytes, crate::limits::MAX_LOG_ENTRY_BYTES)
    }

    /// The bytes to store or carry.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }
}
