//! What Vigil's devices and its blind server say to each other: identifiers, canonical CBOR, signed and chained batches,
//! the membership log and the one sync request.
//!
//! This crate promises that every byte string it accepts has exactly one meaning and one encoding, that nothing here
//! performs I/O or reads a clock, and that no secret of a record can be reached through it: the server depends on this
//! crate and on no other of the core (DESIGN 2).
//!
//! ```
//! use vigil_protocol::{canonical, Role};
//!
//! let bytes = canonical::encode(&Role::Monitor);
//! assert_eq!(canonical::decode::<Role>(&bytes).unwrap(), Role::Monitor);
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batch;
pub mod canonical;
mod comparison;
mod enrolment;
mod error;
mod fixed_bytes;
mod ids;
mod item;
pub mod limits;
pub mod log;
mod membership;
pub mod ranges;
mod receipt;
mod signing;
pub mod sync;
mod welcome;

pub use batch::{Batch, BatchHeader, Chain};
pub use comparison::ComparisonNumber;
pub use enrolment::{
    ENROLMENT_VERSION, FirstCode, HardwareClaim, KnownDevice, KnownEpoch, SecondCode, ServerReference, enrolment_number,
};
pub use error::ProtocolError;
pub use ids::{
    DeviceId, Hash, Incarnation, KeyCommitment, Nonce, PersonId, RecordId, Salt, SealingPublicKey, Signature,
    SigningPublicKey, SpaceId, Timestamp,
};
pub use item::{Capsule, Item, KeyReference, Recipient, SealedKey};
pub use log::{
    Certificate, Cosignature, EpochShare, LastBatch, LogBody, LogEntry, Motion, NewMember, Policy, RecoveryShare,
    Removal, Role, Rotation,
};
pub use membership::{Lapse, Member, Membership, MotionRecord, MotionState, RecoveryDeal};
pub use ranges::SequenceRanges;
pub use receipt::Receipt;
pub use signing::{Purpose, SigningKey, digest, verify};
pub use sync::{
    Answer, BatchOutcome, Expand, ExpandedBatch, Known, PulledBatch, PulledItem, PushedBatch, PushedItem, RefusalCode,
    SyncRequest, SyncResponse,
};
pub use welcome::{JoinRequest, ServerCard, Welcome};

/// The cipher suite and layout that this build writes (PROTOCOL 7). There is no negotiation: another value is parked.
pub const SUITE: u8 = 1;
