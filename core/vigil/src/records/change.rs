//! A change of a record's facts: who wrote it, its hash, its bytes, and the form in which it travels.
//! Packing leaves out what the other end can rebuild and promises to give back the same bytes.

use super::chunk::{self, ACTOR_FIELD};
use super::limits::MAX_CHANGE_BYTES;
use std::fmt;
use thiserror::Error;
use vigil_protocol::DeviceId;

/// Who writes in one record: a device and 8 random bytes, new for each install generation and record (PROTOCOL 10).
/// The prefix binds it to the device that signs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor([u8; 24]);

impl Actor {
    /// Length in bytes.
    pub const LENGTH: usize = 24;

    /// The actor of a device; `random` comes from the system's generator and is kept with the record.
    pub fn new(device: &DeviceId, random: [u8; 8]) -> Self {
        let mut bytes = [0; Self::LENGTH];
        bytes[..DeviceId::LENGTH].copy_from_slice(device.as_bytes());
        bytes[DeviceId::LENGTH..].copy_from_slice(&random);
        Self(bytes)
    }

    /// From its bytes, if they are as many as they must be.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The device.
    pub fn device(&self) -> DeviceId {
        let mut device = [0; DeviceId::LENGTH];
        device.copy_from_slice(&self.0[..DeviceId::LENGTH]);
        DeviceId(device)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Actor({})", super::field::to_hex(&self.0))
    }
}

vigil_protocol::fixed_bytes!(
    /// SHA-256 of a change; the name by which other changes and settlements refer to it.
    ChangeHash,
    32
);

impl serde::Serialize for ChangeHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The raw, uncompressed bytes of one change. Whether they are one shows only when the guard has admitted them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChangeBytes(pub Vec<u8>);

impl ChangeBytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for ChangeBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeBytes({} bytes)", self.0.len())
    }
}

/// Why a packed change was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The bytes are not a packed change.
    #[error("not a well-formed packed change")]
    Malformed,
    /// Packed in a way that this build does not know: parked, not dropped.
    #[error("a change packed in the unknown way {0}")]
    UnknownPacking(u8),
    /// Larger than [`MAX_CHANGE_BYTES`].
    #[error("a change has at most {MAX_CHANGE_BYTES} bytes")]
    TooLarge,
}

impl ChangeError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "change.malformed",
            Self::UnknownPacking(_) => "change.unknown_packing",
            Self::TooLarge => "change.too_large",
        }
    }
}

/// The chunk follows as it is.
const WHOLE: u8 = 0;
/// Magic, checksum, type and length of the chunk and the device in its actor are left out.
const STRIPPED: u8 = 1;

/// A change as it travels in a write of `author`. What does not look as expected travels whole.
pub fn pack_change(change: &ChangeBytes, author: &DeviceId) -> Vec<u8> {
    strip(change.as_slice(), author).unwrap_or_else(|| [&[WHOLE], change.as_slice()].concat())
}

fn strip(whole: &[u8], author: &DeviceId) -> Option<Vec<u8>> {
    let body = chunk::body_of(whole)?;
    let parents = chunk::parents_length(body)?;
    let (parents, rest) = body.split_at_checked(parents)?;
    let rest = rest.strip_prefix(&ACTOR_FIELD)?.strip_prefix(author.as_bytes())?;
    let packed = [&[STRIPPED], parents, rest].concat();
    (rest.len() >= Actor::LENGTH - DeviceId::LENGTH && rebuild(&packed[1..], author)? == whole).then_some(packed)
}

fn rebuild(stripped: &[u8], author: &DeviceId) -> Option<Vec<u8>> {
    let (parents, rest) = stripped.split_at_checked(chunk::parents_length(stripped)?)?;
    Some(chunk::from_body(&[parents, &ACTOR_FIELD, author.as_bytes(), rest].concat()))
}

/// The change that was packed in a write of `author`.
///
/// # Errors
/// [`ChangeError`]; what comes back is still to be guarded.
pub fn unpack_change(packed: &[u8], author: &DeviceId) -> Result<ChangeBytes, ChangeError> {
    if packed.len() > MAX_CHANGE_BYTES {
        return Err(ChangeError::TooLarge);
    }
    match packed.split_first() {
        Some((&WHOLE, whole)) => Ok(ChangeBytes(whole.to_vec())),
        Some((&STRIPPED, stripped)) => rebuild(stripped, author).map(ChangeBytes).ok_or(ChangeError::Malformed),
        Some((&other, _)) => Err(ChangeError::UnknownPacking(other)),
        None => Err(ChangeError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{actor, device, edit, screening, set};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_packed_change_is_27_bytes_smaller_and_comes_back_the_same() {
        let (_, change) = screening(1);
        let packed = pack_change(&change, &device(1));
        // Magic 4, checksum 4, type 1, length 2, the actor's length 1 and device 16, less the byte that says so.
        assert_eq!(packed.len() + 4 + 4 + 1 + 2 + 1 + 16 - 1, change.as_slice().len());
        assert_eq!(unpack_change(&packed, &device(1)), Ok(change));
    }

    #[test]
    fn a_change_of_another_device_travels_whole() {
        let (_, change) = screening(1);
        let packed = pack_change(&change, &device(2));
        assert_eq!((packed[0], &packed[1..]), (WHOLE, change.as_slice()));
        assert_eq!(unpack_change(&packed, &device(2)), Ok(change));
    }

    #[test]
    fn an_unknown_packing_is_told_apart_from_damage() {
        assert_eq!(unpack_change(&[9, 9], &device(1)), Err(ChangeError::UnknownPacking(9)));
        assert_eq!(unpack_change(&[], &device(1)), Err(ChangeError::Malformed));
        assert_eq!(unpack_change(&[STRIPPED, 0xff], &device(1)), Err(ChangeError::Malformed));
        assert_eq!(unpack_change(&vec![0; MAX_CHANGE_BYTES + 1], &device(1)), Err(ChangeError::TooLarge));
    }

    #[test]
    fn an_actor_names_its_device() {
        assert_eq!(actor(4).device(), device(4));
        assert_eq!(Actor::from_slice(actor(4).as_bytes()), Some(actor(4)));
        assert_eq!(Actor::from_slice(&[0; 16]), None);
    }

    proptest! {
        #[test]
        fn every_change_survives_packing(texts in prop::collection::vec("\\PC{0,40}", 1..6), writer in 1u8..4) {
            let (mut facts, first) = screening(1);
            let mut changes = vec![(1, first)];
            for (i, text) in texts.iter().enumerate() {
                let number = (i % 3) as u8 + 1;
                changes.push((number, edit(&mut facts, number, &[set("note", format!("{i} {text}"))])));
            }
            for (number, change) in changes {
                for author in [number, writer] {
                    let packed = pack_change(&change, &device(author));
                    prop_assert_eq!(unpack_change(&packed, &device(author)), Ok(change.clone()));
                }
            }
        }

        #[test]
        fn any_bytes_survive_packing_and_unpack_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let change = ChangeBytes(bytes.clone());
            prop_assert_eq!(unpack_change(&pack_change(&change, &device(1)), &device(1)), Ok(change));
            let _ = unpack_change(&bytes, &device(1));
        }

        #[test]
        fn mutated_changes_survive_packing(at in 0usize..400, with in any::<u8>()) {
            let (_, ChangeBytes(mut bytes)) = screening(1);
            let at = at % bytes.len();
            bytes[at] = with;
            let change = ChangeBytes(bytes);
            prop_assert_eq!(unpack_change(&pack_change(&change, &device(1)), &device(1)), Ok(change));
        }
    }
}
