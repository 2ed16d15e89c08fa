//! Entries of a space's membership log: who is a member, with which keys and role, and who holds which epoch.
//! Each entry promises to be signed by its author and chained to the one before; names inside are sealed (PROTOCOL 18).

use crate::{
    DeviceId, Hash, ProtocolError, Purpose, RecordId, SUITE, SealingPublicKey, Signature, SigningKey, SigningPublicKey,
    SpaceId, Timestamp, canonical, digest,
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

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum LogBody {
    /// Creates the space. Its author is the founder, a desk.
    #[n(0)]
    Genesis {
        /// The founding desk.
        #[n(0)]
        founder: NewMember,
        /// Public half of epoch 0.
        #[n(1)]
        epoch_key: SealingPublicKey,
        /// The committee's recovery key.
        #[n(2)]
        recovery_key: SealingPublicKey,
        /// Epoch 0 for the founder.
        #[n(3)]
        share: EpochShare,
    },
    /// Adds a device.
    #[n(1)]
    Add {
        /// The device.
        #[n(0)]
        member: NewMember,
        /// The current epoch, for a desk and only for a desk.
        #[n(1)]
        share: Option<EpochShare>,
    },
    /// Removes a device and starts a new epoch, in one entry.
    #[n(2)]
    RemoveAndRotate {
        /// The device.
        #[n(0)]
        device: DeviceId,
        /// Counter of the last batch of it that counts.
        #[n(1)]
        last_counter: u64,
        /// Hash of that batch; [`Hash::NONE`] with counter 0.
        #[n(2)]
        last_hash: Hash,
        /// Public half of the new epoch.
        #[n(3)]
        epoch_key: SealingPublicKey,
        /// The new epoch for each remaining desk.
        #[n(4)]
        shares: Vec<EpochShare>,
        /// The previous private half, sealed to the new epoch's key.
        #[n(5)]
        previous_encapsulated: SealingPublicKey,
        /// See `previous_encapsulated`.
        #[n(6)]
        previous_sealed: ByteArray<48>,
    },
    /// Names the officers who may read one record (PROTOCOL 3). Only officers and desks assign (PROTOCOL 4).
    #[n(3)]
    Assign {
        /// The record.
        #[n(0)]
        record: RecordId,
        /// All who may read it from now on.
        #[n(1)]
        officers: Vec<DeviceId>,
    },
    /// Names the officers on duty: identities of newly recorded persons are sealed to them.
    #[n(4)]
    Intake {
        /// All on duty from now on.
        #[n(0)]
        officers: Vec<DeviceId>,
    },
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
