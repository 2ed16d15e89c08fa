//! What one sealed write holds: changes of one record's facts and events beside them.
//! It promises one encoding for each content, bounded counts before any work that grows with them, and that a version
//! which this build does not know is told apart from damage: it is parked, not dropped.

use super::change::{ChangeBytes, ChangeError, pack_change, unpack_change};
use super::event::{EventContent, EventError, SignedEvent};
use super::limits::{MAX_CHANGES_PER_CONTENT, MAX_CONTENT_BYTES, MAX_EVENTS_PER_CONTENT};
use super::text::Code;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use thiserror::Error;
use vigil_protocol::{DeviceId, canonical};

/// The version that this build writes.
const VERSION: u8 = 1;

/// Why the content of a write was refused. It never repeats content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Not the content of a write.
    #[error("not the content of a write")]
    Malformed,
    /// A version that this build does not know: parked, not dropped.
    #[error("content of the unknown version {version}")]
    UnknownVersion {
        /// The version that was found.
        version: u8,
    },
    /// More of something than the limits allow.
    #[error("a write has at most {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A change inside was refused.
    #[error(transparent)]
    Change(ChangeError),
    /// An event inside was refused.
    #[error(transparent)]
    Event(#[from] EventError),
}

impl ContentError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "content.malformed",
            Self::UnknownVersion { .. } => "content.unknown_version",
            Self::TooLarge { .. } => "content.too_large",
            Self::Change(error) => error.code(),
            Self::Event(error) => error.code(),
        }
    }
}

impl From<ChangeError> for ContentError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::UnknownPacking(version) => Self::UnknownVersion { version },
            other => Self::Change(other),
        }
    }
}

/// Changes and events of one record, written by one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordContent {
    /// The record's kind; needed in its first write only.
    pub kind: Option<Code>,
    /// Changes of its facts.
    pub changes: Vec<ChangeBytes>,
    /// Events beside them.
    pub events: Vec<SignedEvent>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Packed {
    #[n(0)]
    kind: Option<Code>,
    #[n(1)]
    changes: Vec<ByteVec>,
    #[n(2)]
    events: Vec<EventContent>,
}

impl RecordContent {
    /// The bytes to compress and seal; `author` is the device that signs the batch.
    pub fn encode(&self, author: &DeviceId) -> Vec<u8> {
        let packed = Packed {
            kind: self.kind.clone(),
            changes: self.changes.iter().map(|change| pack_change(change, author).into()).collect(),
            events: self.events.iter().map(|event| EventContent::of(event, Some(author))).collect(),
        };
        [&[VERSION], canonical::encode(&packed).as_slice()].concat()
    }

    /// Reads what `author` sealed. Changes are still to be guarded, events to be verified.
    ///
    /// # Errors
    /// [`ContentError`].
    pub fn decode(bytes: &[u8], author: &DeviceId) -> Result<Self, ContentError> {
        let too_large = |what, limit| Err(ContentError::TooLarge { what, limit });
        if bytes.len() > MAX_CONTENT_BYTES {
            return too_large("bytes", MAX_CONTENT_BYTES);
        }
        let packed: Packed = match bytes.split_first() {
            Some((&VERSION, packed)) => canonical::decode(packed).map_err(|_| ContentError::Malformed)?,
            Some((&version, _)) => return Err(ContentError::UnknownVersion { version }),
            None => return Err(ContentError::Malformed),
        };
        if packed.changes.len() > MAX_CHANGES_PER_CONTENT {
            return too_large("changes", MAX_CHANGES_PER_CONTENT);
        }
        if packed.events.len() > MAX_EVENTS_PER_CONTENT {
            return too_large("events", MAX_EVENTS_PER_CONTENT);
        }
        let changes = packed.changes.iter().map(|change| unpack_change(change, author)).collect::<Result<_, _>>()?;
        let events = packed.events.into_iter().map(|event| event.open(Some(author))).collect::<Result<_, _>>()?;
        Ok(Self { kind: packed.kind, changes, events })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{device, edit, event_id, one_of_each, screening, set, time};
    use super::super::{Event, Outcome};
    use super::*;
    use proptest::prelude::*;
    use vigil_protocol::{RecordId, SigningKey};

    const RECORD: RecordId = RecordId([4; 16]);

    fn content() -> RecordContent {
        let (mut facts, first) = screening(1);
        let second = edit(&mut facts, 1, &[set("minutes", 6)]);
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let events = one_of_each()
            .into_iter()
            .enumerate()
            .map(|(at, body)| {
                Event::new(device(1 + at as u8 % 2), time(0), [event_id(at as u8)], body).sign(&RECORD, &key)
            })
            .collect();
        RecordContent { kind: Some(Code::new("screening").unwrap()), changes: vec![first, second], events }
    }

    #[test]
    fn a_write_is_read_as_it_was_written() {
        for content in [content(), RecordContent::default()] {
            let bytes = content.encode(&device(1));
            assert_eq!(RecordContent::decode(&bytes, &device(1)), Ok(content.clone()));
        }
    }

    #[test]
    fn a_first_write_with_a_decision_adds_little_to_its_change() {
        let content = content();
        let key = SigningKey::from_seed(&[1; 32]).unwrap();
        let decision = Event::new(device(1), time(0), [], Outcome::LetGo.into()).sign(&RECORD, &key);
        let write = RecordContent { events: vec![decision], changes: content.changes[..1].to_vec(), ..content };
        let change = pack_change(&write.changes[0], &device(1)).len();
        // Version, kind, counts and an event: its time 9, its body 3 and its signature 66 among them.
        assert!(write.encode(&device(1)).len() <= change + 100);
    }

    #[test]
    fn a_newer_version_is_told_apart_from_damage() {
        let mut bytes = content().encode(&device(1));
        bytes[0] = 2;
        assert_eq!(RecordContent::decode(&bytes, &device(1)), Err(ContentError::UnknownVersion { version: 2 }));
        let newer_packing = Packed { kind: None, changes: vec![vec![7, 7].into()], events: vec![] };
        let bytes = [&[VERSION], canonical::encode(&newer_packing).as_slice()].concat();
        assert_eq!(RecordContent::decode(&bytes, &device(1)), Err(ContentError::UnknownVersion { version: 7 }));
        assert_eq!(RecordContent::decode(&[], &device(1)), Err(ContentError::Malformed));
        assert_eq!(RecordContent::decode(&[VERSION, 0xff], &device(1)), Err(ContentError::Malformed));
    }

    #[test]
    fn more_than_a_write_may_hold_is_refused() {
        let change = content().changes[0].clone();
        let code = |content: &RecordContent| {
            RecordContent::decode(&content.encode(&device(1)), &device(1)).unwrap_err().code()
        };
        let short = ChangeBytes(vec![1]);
        let many = RecordContent { changes: vec![short; MAX_CHANGES_PER_CONTENT + 1], ..RecordContent::default() };
        assert_eq!(code(&many), "content.too_large");
        let long = RecordContent { changes: vec![change; 1 + MAX_CONTENT_BYTES / 500], ..RecordContent::default() };
        assert_eq!(code(&long), "content.too_large");
        let event = content().events[0].clone();
        let many = RecordContent { events: vec![event; MAX_EVENTS_PER_CONTENT + 1], ..RecordContent::default() };
        assert_eq!(code(&many), "content.too_large");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back_the_same(at in 0usize..10_000, with in any::<u8>(), cut in 0usize..10_000) {
            let mut bytes = content().encode(&device(1));
            let length = bytes.len();
            bytes[at % length] = with;
            if cut % 3 == 0 {
                bytes.truncate(cut % length);
            }
            if let Ok(content) = RecordContent::decode(&bytes, &device(1)) {
                prop_assert_eq!(content.encode(&device(1)), bytes);
            }
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = RecordContent::decode(&bytes, &device(1));
            let _ = SignedEvent::from_bytes(&bytes);
        }
    }
}
