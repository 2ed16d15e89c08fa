//! What an event says: a decision, consent given or withdrawn, an opinion, an addendum, a settlement, an erasure, and the
//! two steps of a second opinion.
//! A body travels as a number and bytes, so that one which a newer version wrote is kept and passed on unchanged. A kind is
//! never extended: what means something else gets a number of its own.

use super::audit::ReadNote;
use super::change::ChangeHash;
use super::event::EventId;
use super::field::{FieldName, to_hex};
use super::limits::MAX_SETTLED_OVER;
use super::opinion::OpinionOpened;
use super::text::{Code, LongText, ShortText};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use vigil_protocol::{DeviceId, Hash, canonical};

/// On what ground somebody was kept from travelling on (CARE 1, 5, 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// An adult agreed herself.
    #[n(0)]
    Agreed,
    /// A child assented, and a guardian consented who is neither suspected nor travelling along.
    #[n(1)]
    ChildWithGuardian,
    /// A child assented, and child protection consented.
    #[n(2)]
    ChildWithProtection,
    /// Without agreement: a child in danger.
    #[n(3)]
    ChildInDanger,
    /// Without agreement: a life at risk.
    #[n(4)]
    LifeAtRisk,
    /// Without agreement: a court ordered it.
    #[n(5)]
    CourtOrder,
}

impl Agreement {
    /// Whether this ground exists for somebody of this age. Unknown and disputed ages count as under 18.
    pub const fn suits(self, under_18: bool) -> bool {
        match self {
            Self::Agreed => !under_18,
            Self::ChildWithGuardian | Self::ChildWithProtection | Self::ChildInDanger => under_18,
            Self::LifeAtRisk | Self::CourtOrder => true,
        }
    }

    /// Whether it is one of the closed list that stands in for agreement; such grounds are counted (CARE 8).
    pub const fn is_without_agreement(self) -> bool {
        matches!(self, Self::ChildInDanger | Self::LifeAtRisk | Self::CourtOrder)
    }
}

/// Who took over.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandedTo {
    /// A device of the space.
    #[n(0)]
    Device(
        #[n(0)]
        #[serde(serialize_with = "device_to_hex", deserialize_with = "device_from_hex")]
        DeviceId,
    ),
    /// Somebody without one: police, a shelter, family.
    #[n(1)]
    Other(#[n(0)] ShortText),
}

impl fmt::Debug for HandedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(device) => write!(f, "Device({})", device.short()),
            Self::Other(text) => write!(f, "Other({text:?})"),
        }
    }
}

/// What came of a record. All are of equal rank (CARE 1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// No concern, or one that was cleared: the person travelled on.
    #[n(0)]
    LetGo,
    /// The person was told of the concern and of help, and chose to travel on.
    #[n(1)]
    DeclinedInformed,
    /// The person did not travel on.
    #[n(2)]
    Intercepted {
        /// On what ground.
        #[n(0)]
        agreement: Agreement,
    },
    /// Help was found elsewhere.
    #[n(3)]
    Referred {
        /// Where.
        #[n(0)]
        to: ShortText,
    },
    /// Somebody else took over.
    #[n(4)]
    HandedOver {
        /// Who.
        #[n(0)]
        to: HandedTo,
    },
    /// Nothing more will be done.
    #[n(5)]
    Closed {
        /// Why, in a few words.
        #[n(0)]
        #[serde(default)]
        reason: Option<ShortText>,
    },
}

impl Outcome {
    /// The outcome without its details, for lists and statistics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LetGo => "let_go",
            Self::DeclinedInformed => "declined_informed",
            Self::Intercepted { .. } => "intercepted",
            Self::Referred { .. } => "referred",
            Self::HandedOver { .. } => "handed_over",
            Self::Closed { .. } => "closed",
        }
    }
}

/// Consent to one purpose and one kind of recipient (CARE 8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(array)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// What for, for example `referral` or `photo`.
    #[n(0)]
    pub purpose: Code,
    /// To whom, for example `shelter` or `police`.
    #[n(1)]
    pub recipient: Code,
    /// The language it was asked in.
    #[n(2)]
    pub language: Code,
    /// Who was there.
    #[n(3)]
    #[serde(default)]
    pub witness: Option<ShortText>,
}

/// Which of a field's concurrent values holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct FieldSettlement {
    /// The field.
    #[n(0)]
    pub field: FieldName,
    /// The change that wrote the value which holds.
    #[n(1)]
    pub chosen: ChangeHash,
    /// The changes that wrote the values it was chosen over.
    #[n(2)]
    pub over: Vec<ChangeHash>,
}

/// Which of a record's contradictory outcomes holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct OutcomeSettlement {
    /// The decision that holds.
    #[n(0)]
    pub chosen: EventId,
    /// The decisions that it was chosen over.
    #[n(1)]
    pub over: Vec<EventId>,
}

/// What an event says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventBody {
    /// An outcome was decided.
    Decision(Outcome),
    /// Consent was given.
    ConsentGiven(Consent),
    /// Consent was withdrawn.
    ConsentWithdrawn(Consent),
    /// What somebody thinks of the case, for everybody to read at once. A second opinion is the two at the end.
    Opinion {
        /// The words.
        text: LongText,
    },
    /// What came to mind later.
    Addendum {
        /// The words.
        text: LongText,
    },
    /// A field in conflict was settled.
    Settled(FieldSettlement),
    /// Contradictory outcomes were settled.
    OutcomeSettled(OutcomeSettlement),
    /// The record was erased.
    Erased {
        /// Why, as a code: what is erased is not told again.
        reason: Code,
    },
    /// Somebody judged the record; what they think shows when they open it (ADR 0012).
    OpinionCommitted {
        /// What binds them to it.
        #[serde(serialize_with = "hash_to_hex")]
        commitment: Hash,
    },
    /// What somebody judged, once somebody else is bound, too.
    OpinionOpened(OpinionOpened),
    /// A device showed or exported what tells who somebody is (ADR 0017).
    Read(ReadNote),
    /// An auditor answered a complaint.
    ComplaintAnswered {
        /// The words.
        text: LongText,
    },
    /// Of a kind that this version does not know, or cannot read: kept and passed on unchanged.
    Unknown {
        /// Its number.
        number: u16,
        /// Its bytes.
        #[serde(serialize_with = "bytes_to_hex")]
        bytes: Vec<u8>,
    },
}

const DECISION: u16 = 1;
const CONSENT_GIVEN: u16 = 2;
const CONSENT_WITHDRAWN: u16 = 3;
const OPINION: u16 = 4;
const ADDENDUM: u16 = 5;
const SETTLED: u16 = 6;
const OUTCOME_SETTLED: u16 = 7;
const ERASED: u16 = 8;
const OPINION_COMMITTED: u16 = 9;
const OPINION_OPENED: u16 = 10;
const READ: u16 = 20;
const COMPLAINT_ANSWERED: u16 = 23;

impl EventBody {
    /// The kind of event, for lists and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Decision(_) => "decision",
            Self::ConsentGiven(_) => "consent_given",
            Self::ConsentWithdrawn(_) => "consent_withdrawn",
            Self::Opinion { .. } => "opinion",
            Self::Addendum { .. } => "addendum",
            Self::Settled(_) => "settled",
            Self::OutcomeSettled(_) => "outcome_settled",
            Self::Erased { .. } => "erased",
            Self::OpinionCommitted { .. } => "opinion_committed",
            Self::OpinionOpened(_) => "opinion_opened",
            Self::Read(_) => "read",
            Self::ComplaintAnswered { .. } => "complaint_answered",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Number and bytes, as signed and sent.
    pub(super) fn to_parts(&self) -> (u16, Vec<u8>) {
        match self {
            Self::Decision(outcome) => (DECISION, canonical::encode(outcome)),
            Self::ConsentGiven(consent) => (CONSENT_GIVEN, canonical::encode(consent)),
            Self::ConsentWithdrawn(consent) => (CONSENT_WITHDRAWN, canonical::encode(consent)),
            Self::Opinion { text } => (OPINION, canonical::encode(text)),
            Self::Addendum { text } => (ADDENDUM, canonical::encode(text)),
            Self::Settled(settlement) => (SETTLED, canonical::encode(settlement)),
            Self::OutcomeSettled(settlement) => (OUTCOME_SETTLED, canonical::encode(settlement)),
            Self::Erased { reason } => (ERASED, canonical::encode(reason)),
            Self::OpinionCommitted { commitment } => (OPINION_COMMITTED, canonical::encode(commitment)),
            Self::OpinionOpened(opened) => (OPINION_OPENED, canonical::encode(opened)),
            Self::Read(note) => (READ, canonical::encode(note)),
            Self::ComplaintAnswered { text } => (COMPLAINT_ANSWERED, canonical::encode(text)),
            Self::Unknown { number, bytes } => (*number, bytes.clone()),
        }
    }

    /// The body that was sent. What cannot be read is [`Self::Unknown`]: half of a meaning is none.
    pub(super) fn from_parts(number: u16, bytes: &[u8]) -> Self {
        let known = match number {
            DECISION => canonical::decode(bytes).map(Self::Decision),
            CONSENT_GIVEN => canonical::decode(bytes).map(Self::ConsentGiven),
            CONSENT_WITHDRAWN => canonical::decode(bytes).map(Self::ConsentWithdrawn),
            OPINION => canonical::decode(bytes).map(|text| Self::Opinion { text }),
            ADDENDUM => canonical::decode(bytes).map(|text| Self::Addendum { text }),
            SETTLED => canonical::decode(bytes).map(Self::Settled),
            OUTCOME_SETTLED => canonical::decode(bytes).map(Self::OutcomeSettled),
            ERASED => canonical::decode(bytes).map(|reason| Self::Erased { reason }),
            OPINION_COMMITTED => canonical::decode(bytes).map(|commitment| Self::OpinionCommitted { commitment }),
            OPINION_OPENED => canonical::decode(bytes).map(Self::OpinionOpened),
            READ => canonical::decode(bytes).map(Self::Read),
            COMPLAINT_ANSWERED => canonical::decode(bytes).map(|text| Self::ComplaintAnswered { text }),
            _ => return Self::Unknown { number, bytes: bytes.to_vec() },
        };
        match known {
            Ok(body) if body.is_within_limits() => body,
            _ => Self::Unknown { number, bytes: bytes.to_vec() },
        }
    }

    fn is_within_limits(&self) -> bool {
        match self {
            Self::Settled(settlement) => settlement.over.len() <= MAX_SETTLED_OVER,
            Self::OutcomeSettled(settlement) => settlement.over.len() <= MAX_SETTLED_OVER,
            _ => true,
        }
    }
}

impl fmt::Debug for EventBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision(outcome) => write!(f, "Decision({outcome:?})"),
            Self::ConsentGiven(consent) => write!(f, "ConsentGiven({consent:?})"),
            Self::ConsentWithdrawn(consent) => write!(f, "ConsentWithdrawn({consent:?})"),
            Self::Opinion { text } => write!(f, "Opinion({text:?})"),
            Self::Addendum { text } => write!(f, "Addendum({text:?})"),
            Self::Settled(settlement) => write!(f, "{settlement:?}"),
            Self::OutcomeSettled(settlement) => write!(f, "{settlement:?}"),
            Self::Erased { reason } => write!(f, "Erased({reason})"),
            Self::OpinionCommitted { .. } => f.write_str("OpinionCommitted"),
            Self::OpinionOpened(opened) => write!(f, "{opened:?}"),
            Self::Read(note) => write!(f, "Read({})", note.number),
            Self::ComplaintAnswered { text } => write!(f, "ComplaintAnswered({text:?})"),
            Self::Unknown { number, bytes } => write!(f, "Unknown({number}, {} bytes)", bytes.len()),
        }
    }
}

impl From<Outcome> for EventBody {
    fn from(outcome: Outcome) -> Self {
        Self::Decision(outcome)
    }
}

fn bytes_to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_hex(bytes))
}

fn hash_to_hex<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(hash)
}

fn device_to_hex<S: Serializer>(device: &DeviceId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(device)
}

fn device_from_hex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<DeviceId, D::Error> {
    let text = String::deserialize(deserializer)?;
    DeviceId::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a device is 32 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::one_of_each;
    use super::*;

    fn there_and_back(body: &EventBody) -> EventBody {
        let (number, bytes) = body.to_parts();
        EventBody::from_parts(number, &bytes)
    }

    #[test]
    fn every_body_is_read_as_it_was_written() {
        for body in one_of_each() {
            assert_eq!(there_and_back(&body), body);
        }
    }

    #[test]
    fn a_known_kind_that_a_newer_version_extended_is_kept_unread() {
        let newer_outcome = EventBody::from_parts(DECISION, &[0x82, 0x18, 0x63, 0x80]);
        assert_eq!(newer_outcome.to_parts(), (DECISION, vec![0x82, 0x18, 0x63, 0x80]));
        assert_eq!(newer_outcome.name(), "unknown");
        let (_, mut one_field_more) = one_of_each()[7].to_parts();
        one_field_more[0] += 1;
        one_field_more.push(0x01);
        assert_eq!(EventBody::from_parts(CONSENT_GIVEN, &one_field_more).name(), "unknown");
    }

    #[test]
    fn debug_shows_no_words() {
        let shown = format!("{:?}", one_of_each());
        for words in ["Maya", "Maiti", "uncle", "ट्रक", "ticket", "high_risk"] {
            assert!(!shown.contains(words), "{shown}");
        }
    }

    #[test]
    fn an_adult_is_not_kept_on_a_ground_for_children_nor_a_child_on_an_adults() {
        assert!(Agreement::Agreed.suits(false) && !Agreement::Agreed.suits(true));
        assert!(Agreement::ChildWithGuardian.suits(true) && !Agreement::ChildWithGuardian.suits(false));
        assert!(Agreement::LifeAtRisk.suits(true) && Agreement::LifeAtRisk.suits(false));
    }

    #[test]
    fn an_outcome_is_read_from_json() {
        let outcome: Outcome = serde_json::from_str(r#"{"outcome":"intercepted","agreement":"agreed"}"#).unwrap();
        assert_eq!(outcome, Outcome::Intercepted { agreement: Agreement::Agreed });
        assert!(serde_json::from_str::<Outcome>(r#"{"outcome":"intercepted"}"#).is_err());
        assert!(serde_json::from_str::<Outcome>(r#"{"outcome":"closed","why":"x"}"#).is_err());
        for body in one_of_each() {
            assert!(serde_json::to_string(&body).unwrap().contains(body.name()));
        }
    }
}
