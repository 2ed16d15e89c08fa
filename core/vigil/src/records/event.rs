//! Events: signed, append-only statements beside the facts of a record.
//! An event promises that its author made it for this record and had seen the events that it names; its name is its hash,
//! so no two events can be taken for each other, and clocks have no say.

use super::event_body::EventBody;
use super::limits::{MAX_EVENT_BODY_BYTES, MAX_EVENT_PARENTS};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use std::fmt;
use thiserror::Error;
use vigil_protocol::{
    DeviceId, Hash, Purpose, RecordId, Signature, SigningKey, SigningPublicKey, Timestamp, canonical, digest, verify,
};

/// Why an event was refused. It never repeats content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventError {
    /// Not a well-formed event.
    #[error("not a well-formed event")]
    Malformed,
    /// More of something than the limits allow.
    #[error("an event has at most {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The signature is not its author's over this event in this record.
    #[error("the signature of an event does not match")]
    BadSignature,
}

impl EventError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "event.malformed",
            Self::TooLarge { .. } => "event.too_large",
            Self::BadSignature => "event.bad_signature",
        }
    }
}

/// The name of an event: a digest of record and event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct EventId(#[n(0)] pub Hash);

impl EventId {
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        Hash::from_hex(text).map(Self)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

impl serde::Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What somebody stated about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The device that stated it.
    pub author: DeviceId,
    /// When, by its clock: a hint for people.
    pub time: Timestamp,
    /// The newest events of the record that the author had seen, sorted.
    pub after: Vec<EventId>,
    /// What it says.
    pub body: EventBody,
}

/// What the hash and the signature cover, after the record's id.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Statement {
    #[n(0)]
    author: DeviceId,
    #[n(1)]
    time: Timestamp,
    #[n(2)]
    after: Vec<EventId>,
    #[n(3)]
    number: u16,
    #[n(4)]
    body: ByteVec,
}

impl Event {
    /// A new event. `newest` are the record's newest events; should there be more than [`MAX_EVENT_PARENTS`], the first
    /// of them in order are named, and the others count as not seen.
    pub fn new(author: DeviceId, time: Timestamp, newest: impl IntoIterator<Item = EventId>, body: EventBody) -> Self {
        let mut after: Vec<EventId> = newest.into_iter().collect();
        after.sort_unstable();
        after.dedup();
        after.truncate(MAX_EVENT_PARENTS);
        Self { author, time, after, body }
    }

    /// Its name in this record.
    pub fn id(&self, record: &RecordId) -> EventId {
        let (number, body) = self.body.to_parts();
        let statement =
            Statement { author: self.author, time: self.time, after: self.after.clone(), number, body: body.into() };
        EventId(digest(Purpose::Event, &[record.as_bytes(), &canonical::encode(&statement)]))
    }

    /// Signs it for this record with its author's key.
    pub fn sign(self, record: &RecordId, key: &SigningKey) -> SignedEvent {
        let signature = key.sign(Purpose::Event, &self.id(record).0);
        SignedEvent { event: self, signature }
    }
}

/// An event with its author's signature, which stays true when everything around it is packed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedEvent {
    /// The event.
    pub event: Event,
    /// Its author's signature over record and event.
    pub signature: Signature,
}

impl SignedEvent {
    /// Checks the signature for this record; gives the event's name.
    ///
    /// # Errors
    /// [`EventError::BadSignature`].
    pub fn verify(&self, record: &RecordId, key: &SigningPublicKey) -> Result<EventId, EventError> {
        let id = self.event.id(record);
        verify(key, Purpose::Event, &id.0, &self.signature, "event").map_err(|_| EventError::BadSignature)?;
        Ok(id)
    }

    /// The event's name in this record; whether its author made it is for [`Self::verify`].
    pub fn id(&self, record: &RecordId) -> EventId {
        self.event.id(record)
    }

    /// The bytes to store.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(&EventContent::of(self, None))
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`EventError::Malformed`] or [`EventError::TooLarge`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EventError> {
        canonical::decode::<EventContent>(bytes).map_err(|_| EventError::Malformed)?.open(None)
    }
}

/// A signed event inside a write. The author is left out where it is the write's.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(super) struct EventContent {
    #[n(0)]
    author: Option<DeviceId>,
    #[n(1)]
    time: Timestamp,
    #[n(2)]
    after: Vec<EventId>,
    #[n(3)]
    number: u16,
    #[n(4)]
    body: ByteVec,
    #[n(5)]
    signature: Signature,
}

impl EventContent {
    pub(super) fn of(signed: &SignedEvent, writer: Option<&DeviceId>) -> Self {
        let event = &signed.event;
        let (number, body) = event.body.to_parts();
        Self {
            author: Some(event.author).filter(|author| Some(author) != writer),
            time: event.time,
            after: event.after.clone(),
            number,
            body: body.into(),
            signature: signed.signature,
        }
    }

    pub(super) fn open(self, writer: Option<&DeviceId>) -> Result<SignedEvent, EventError> {
        if self.after.len() > MAX_EVENT_PARENTS {
            return Err(EventError::TooLarge { what: "predecessors", limit: MAX_EVENT_PARENTS });
        }
        if self.body.len() > MAX_EVENT_BODY_BYTES {
            return Err(EventError::TooLarge { what: "bytes in its body", limit: MAX_EVENT_BODY_BYTES });
        }
        // Sorted and without the writer's own name, there is one spelling of each event.
        if !self.after.is_sorted_by(|a, b| a < b) || (self.author.is_some() && self.author.as_ref() == writer) {
            return Err(EventError::Malformed);
        }
        let author = self.author.or(writer.copied()).ok_or(EventError::Malformed)?;
        let body = EventBody::from_parts(self.number, &self.body);
        let event = Event { author, time: self.time, after: self.after, body };
        Ok(SignedEvent { event, signature: self.signature })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::one_of_each;
    use super::*;
    use crate::records::Outcome;

    const RECORD: RecordId = RecordId([9; 16]);
    const AUTHOR: DeviceId = DeviceId([1; 16]);

    fn key() -> SigningKey {
        SigningKey::from_seed(&[5; 32]).unwrap()
    }

    fn event(body: EventBody) -> Event {
        Event::new(AUTHOR, Timestamp(1_795_000_000_000), [EventId(Hash([8; 32])), EventId(Hash([7; 32]))], body)
    }

    #[test]
    fn a_signature_holds_for_one_event_of_one_record_by_one_author() {
        let signed = event(Outcome::LetGo.into()).sign(&RECORD, &key());
        assert_eq!(signed.verify(&RECORD, &key().public()), Ok(signed.event.id(&RECORD)));
        assert!(signed.verify(&RecordId([8; 16]), &key().public()).is_err());
        let stranger = SigningKey::from_seed(&[6; 32]).unwrap();
        assert!(signed.verify(&RECORD, &stranger.public()).is_err());
        for change in [
            |event: &mut Event| event.author = DeviceId([2; 16]),
            |event: &mut Event| event.time.0 += 1,
            |event: &mut Event| event.after.truncate(1),
            |event: &mut Event| event.body = Outcome::DeclinedInformed.into(),
        ] {
            let mut other = signed.clone();
            change(&mut other.event);
            assert_eq!(other.verify(&RECORD, &key().public()), Err(EventError::BadSignature));
        }
    }

    #[test]
    fn every_event_is_stored_and_read_back_with_its_name_also_one_of_an_unknown_kind() {
        for body in one_of_each() {
            let signed = event(body).sign(&RECORD, &key());
            let read = SignedEvent::from_bytes(&signed.to_bytes()).unwrap();
            assert_eq!(read, signed);
            assert!(read.verify(&RECORD, &key().public()).is_ok());
        }
    }

    #[test]
    fn the_writer_s_own_events_travel_without_its_name() {
        let signed = event(Outcome::LetGo.into()).sign(&RECORD, &key());
        let own = EventContent::of(&signed, Some(&AUTHOR));
        let of_another = EventContent::of(&signed, Some(&DeviceId([2; 16])));
        assert!(canonical::encode(&own).len() + 16 <= canonical::encode(&of_another).len());
        assert_eq!(own.open(Some(&AUTHOR)).unwrap(), signed);
        assert_eq!(of_another.open(Some(&DeviceId([2; 16]))).unwrap(), signed);
    }

    #[test]
    fn a_second_spelling_of_an_event_is_refused() {
        let signed = event(Outcome::LetGo.into()).sign(&RECORD, &key());
        let spelled_out = EventContent::of(&signed, None);
        assert_eq!(spelled_out.clone().open(Some(&AUTHOR)), Err(EventError::Malformed));
        let mut unsorted = spelled_out.clone();
        unsorted.after.reverse();
        assert_eq!(unsorted.open(None), Err(EventError::Malformed));
        let mut many = spelled_out;
        many.after = (0..=MAX_EVENT_PARENTS).map(|i| EventId(Hash([i as u8; 32]))).collect();
        assert_eq!(many.open(None).unwrap_err().code(), "event.too_large");
    }

    #[test]
    fn an_event_names_no_more_predecessors_than_it_may() {
        let many = (0..100).map(|i| EventId(Hash([i; 32])));
        let event = Event::new(AUTHOR, Timestamp(0), many, Outcome::LetGo.into());
        assert_eq!(event.after.len(), MAX_EVENT_PARENTS);
    }
}
