//! The two codes by which a device becomes a member, face to face and with no network (PROTOCOL 20).
//! Each promises to be of bounded size, signed, and bound to the other.

mod first_code;
mod second_code;

pub use first_code::{FirstCode, HardwareClaim};
pub use second_code::{KnownDevice, KnownEpoch, SecondCode, ServerReference};

use crate::{ComparisonNumber, Purpose, canonical};

/// The layout of both codes. 1 was a request that never ended and a welcome with the whole log.
pub const ENROLMENT_VERSION: u8 = 2;

/// The number that both devices show: it differs if the new device holds another pair of codes than the officer.
pub fn enrolment_number(first: &FirstCode, second: &SecondCode) -> ComparisonNumber {
    ComparisonNumber::of(Purpose::Enrolment, &canonical::encode(&(first, second)))
}
