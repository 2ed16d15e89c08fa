//! What an entry of the membership log does.
//! Each variant keeps its number and its shape for ever, because entries are signed; new ones are added at the end.

use super::{Certificate, Cosignature, EpochShare, Motion, NewMember, Policy};
use crate::{DeviceId, Hash, RecordId, SealingPublicKey};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

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
    /// Creates a space that has a policy. Its author is the founder, a desk.
    #[n(5)]
    Found {
        /// The founding desk.
        #[n(0)]
        founder: Certificate,
        /// Public half of epoch 0.
        #[n(1)]
        epoch_key: SealingPublicKey,
        /// The committee's recovery key.
        #[n(2)]
        recovery_key: SealingPublicKey,
        /// Epoch 0 for the founder.
        #[n(3)]
        share: EpochShare,
        /// Epoch 0, sealed to the recovery key.
        #[n(4)]
        recovery_encapsulated: SealingPublicKey,
        /// See `recovery_encapsulated`.
        #[n(5)]
        recovery_sealed: ByteArray<48>,
        /// How many persons decide what, and how long things last.
        #[n(6)]
        policy: Policy,
    },
    /// Adds a device by a certificate.
    #[n(6)]
    Admit {
        /// The certificate.
        #[n(0)]
        certificate: Certificate,
        /// The current epoch, for a desk and only for a desk.
        #[n(1)]
        share: Option<EpochShare>,
        /// Who else signed, where the policy asks for two persons.
        #[n(2)]
        cosignatures: Vec<Cosignature>,
    },
    /// Gives a member a certificate with new dates: the same keys and person, the same or a lower role.
    #[n(7)]
    Renew {
        /// The certificate. Empty details leave those of before.
        #[n(0)]
        certificate: Certificate,
        /// Who else signed, where the policy asks for two persons.
        #[n(1)]
        cosignatures: Vec<Cosignature>,
    },
    /// Closes a device out at once, by one person's word.
    #[n(8)]
    Suspend {
        /// The device.
        #[n(0)]
        device: DeviceId,
        /// The last batch of it that counts. None where the author does not follow the whole chain, as an officer does not:
        /// then every batch counts that came by the server, which takes no more.
        #[n(1)]
        last: Option<LastBatch>,
        /// A new epoch in the same entry, from a desk.
        #[n(2)]
        rotation: Option<Rotation>,
    },
    /// Starts a new epoch, and removes a device where a carried motion says so.
    #[n(9)]
    Rotate {
        /// The removal.
        #[n(0)]
        removal: Option<Removal>,
        /// The new epoch.
        #[n(1)]
        rotation: Rotation,
    },
    /// Moves what needs two persons, or one and the time for objections. Its author is the first of them.
    #[n(10)]
    Move {
        /// What is moved.
        #[n(0)]
        motion: Motion,
    },
    /// Joins a motion.
    #[n(11)]
    Second {
        /// Hash of the entry that moved it.
        #[n(0)]
        motion: Hash,
    },
    /// Objects to a motion: one person alone cannot carry it any more.
    #[n(12)]
    Object {
        /// Hash of the entry that moved it.
        #[n(0)]
        motion: Hash,
    },
    /// Does what a carried motion says, except for a removal, which comes with [`LogBody::Rotate`].
    #[n(13)]
    CarryOut {
        /// Hash of the entry that moved it.
        #[n(0)]
        motion: Hash,
        /// The current epoch, for a device that becomes a desk or is one again.
        #[n(1)]
        share: Option<EpochShare>,
    },
    /// Puts one device in another's place in the assignments of many records.
    #[n(14)]
    HandOverCases {
        /// Whose cases.
        #[n(0)]
        from: DeviceId,
        /// Who takes them over.
        #[n(1)]
        to: DeviceId,
        /// The records.
        #[n(2)]
        records: Vec<RecordId>,
    },
    /// Deals the recovery key out anew; earlier shares stand no more.
    #[n(15)]
    RecoveryShares {
        /// How many of them open it.
        #[n(0)]
        threshold: u8,
        /// One for each holder.
        #[n(1)]
        shares: Vec<RecoveryShare>,
    },
    /// A holder's share of the recovery key, sealed to a desk that was admitted for recovery.
    #[n(16)]
    RecoveryShareFor {
        /// The desk.
        #[n(0)]
        desk: DeviceId,
        /// HPKE encapsulated key.
        #[n(1)]
        encapsulated: SealingPublicKey,
        /// The sealed share.
        #[n(2)]
        sealed: ByteVec,
    },
    /// Puts a record without history in the place of another, so that one person can erase a field: the devices that were
    /// named for the one are named for the other, and then the one may be erased.
    #[n(17)]
    Replace {
        /// The record that goes.
        #[n(0)]
        record: RecordId,
        /// The one that stands from now on.
        #[n(1)]
        by: RecordId,
        /// All who may read that one.
        #[n(2)]
        officers: Vec<DeviceId>,
    },
}

/// A new epoch. Whoever holds it reads the epochs before as well.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Rotation {
    /// Public half of the new epoch.
    #[n(0)]
    pub epoch_key: SealingPublicKey,
    /// The new epoch for each remaining desk.
    #[n(1)]
    pub shares: Vec<EpochShare>,
    /// The previous private half, sealed to the new epoch's key.
    #[n(2)]
    pub previous_encapsulated: SealingPublicKey,
    /// See `previous_encapsulated`.
    #[n(3)]
    pub previous_sealed: ByteArray<48>,
    /// The new epoch, sealed to the recovery key.
    #[n(4)]
    pub recovery_encapsulated: SealingPublicKey,
    /// See `recovery_encapsulated`.
    #[n(5)]
    pub recovery_sealed: ByteArray<48>,
}

/// What a removal says besides the motion's target.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Removal {
    /// Hash of the entry that moved it.
    #[n(0)]
    pub motion: Hash,
    /// The device's last batch that counts; that of its suspension if that named one.
    #[n(1)]
    pub last: LastBatch,
}

/// The last batch of a device that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LastBatch {
    /// Its counter; 0 if none counts.
    #[n(0)]
    pub counter: u64,
    /// Its hash; [`Hash::NONE`] with counter 0.
    #[n(1)]
    pub hash: Hash,
}

impl LastBatch {
    /// None counts.
    pub const NONE: Self = Self { counter: 0, hash: Hash::NONE };
}

/// A share of the recovery key, sealed to its holder.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RecoveryShare {
    /// The holder.
    #[n(0)]
    pub device: DeviceId,
    /// HPKE encapsulated key.
    #[n(1)]
    pub encapsulated: SealingPublicKey,
    /// The sealed share.
    #[n(2)]
    pub sealed: ByteVec,
}
