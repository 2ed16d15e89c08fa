//! What an event says: a decision, consent given or withdrawn, an opinion, an addendum, a settlement, an erasure, the two
//! steps of a second opinion, and everything about sharing.
//! A body travels as a number and bytes, so that one which a newer version wrote is kept and passed on unchanged. A kind is
//! never extended: what means something else gets a number of its own.

use super::allegation::AllegationStep;
use super::audit::ReadNote;
use super::basis::BasisDeclaration;
use super::change::ChangeHash;
use super::consent::{AuthorityChoice, ChildConsent, Consent};
use super::event::EventId;
use super::field::{FieldName, to_hex};
use super::hiding::Hiding;
use super::limits::MAX_SETTLED_OVER;
use super::opinion::OpinionOpened;
use super::outcome::Outcome;
use super::share::{RecallStep, Received, Shared};
use super::text::{Code, LongText};
use minicbor::{Decode, Encode};
use serde::{Serialize, Serializer};
use std::fmt;
use vigil_protocol::{Hash, canonical};

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
    /// Consent was given for somebody who counts as under 18.
    ChildConsentGiven(ChildConsent),
    /// An officer declared one of the closed list that stands in for consent.
    BasisDeclared(BasisDeclaration),
    /// Another officer stands behind a declaration, too.
    BasisSeconded {
        /// The declaration.
        declaration: EventId,
    },
    /// A declaration is at its end.
    BasisEnded {
        /// The declaration.
        declaration: EventId,
    },
    /// The person chose the authorities that she wants to deal with.
    AuthorityChosen(AuthorityChoice),
    /// Something was shared with another space.
    Shared(Shared),
    /// A share was called back, or the recipient answered.
    Recall(RecallStep),
    /// Something came from another space.
    Received(Received),
    /// Something was said of somebody, or taken back.
    Allegation(AllegationStep),
    /// The record was taken out of the lists, or put back.
    Hiding(Hiding),
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
const CHILD_CONSENT_GIVEN: u16 = 11;
const BASIS_DECLARED: u16 = 12;
const BASIS_SECONDED: u16 = 13;
const BASIS_ENDED: u16 = 14;
const AUTHORITY_CHOSEN: u16 = 15;
const SHARED: u16 = 16;
const RECALL: u16 = 17;
const RECEIVED: u16 = 18;
const ALLEGATION: u16 = 19;
const HIDING: u16 = 25;

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
            Self::ChildConsentGiven(_) => "child_consent_given",
            Self::BasisDeclared(_) => "basis_declared",
            Self::BasisSeconded { .. } => "basis_seconded",
            Self::BasisEnded { .. } => "basis_ended",
            Self::AuthorityChosen(_) => "authority_chosen",
            Self::Shared(_) => "shared",
            Self::Recall(_) => "recall",
            Self::Received(_) => "received",
            Self::Allegation(_) => "allegation",
            Self::Hiding(_) => "hiding",
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
            Self::ChildConsentGiven(consent) => (CHILD_CONSENT_GIVEN, canonical::encode(consent)),
            Self::BasisDeclared(declared) => (BASIS_DECLARED, canonical::encode(declared)),
            Self::BasisSeconded { declaration } => (BASIS_SECONDED, canonical::encode(declaration)),
            Self::BasisEnded { declaration } => (BASIS_ENDED, canonical::encode(declaration)),
            Self::AuthorityChosen(choice) => (AUTHORITY_CHOSEN, canonical::encode(choice)),
            Self::Shared(shared) => (SHARED, canonical::encode(shared)),
            Self::Recall(step) => (RECALL, canonical::encode(step)),
            Self::Received(received) => (RECEIVED, canonical::encode(received)),
            Self::Allegation(step) => (ALLEGATION, canonical::encode(step)),
            Self::Hiding(hiding) => (HIDING, canonical::encode(hiding)),
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
            CHILD_CONSENT_GIVEN => canonical::decode(bytes).map(Self::ChildConsentGiven),
            BASIS_DECLARED => canonical::decode(bytes).map(Self::BasisDeclared),
            BASIS_SECONDED => canonical::decode(bytes).map(|declaration| Self::BasisSeconded { declaration }),
            BASIS_ENDED => canonical::decode(bytes).map(|declaration| Self::BasisEnded { declaration }),
            AUTHORITY_CHOSEN => canonical::decode(bytes).map(Self::AuthorityChosen),
            SHARED => canonical::decode(bytes).map(Self::Shared),
            RECALL => canonical::decode(bytes).map(Self::Recall),
            RECEIVED => canonical::decode(bytes).map(Self::Received),
            ALLEGATION => canonical::decode(bytes).map(Self::Allegation),
            HIDING => canonical::decode(bytes).map(Self::Hiding),
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
            Self::AuthorityChosen(choice) => choice.is_well_formed(),
            Self::Shared(shared) => shared.is_within_limits(),
            Self::Received(Received::Share(provenance)) => provenance.is_within_limits(),
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
            Self::ChildConsentGiven(consent) => write!(f, "{consent:?}"),
            Self::BasisDeclared(declared) => write!(f, "{declared:?}"),
            Self::BasisSeconded { declaration } => write!(f, "BasisSeconded({declaration})"),
            Self::BasisEnded { declaration } => write!(f, "BasisEnded({declaration})"),
            Self::AuthorityChosen(choice) => write!(f, "{choice:?}"),
            Self::Shared(shared) => write!(f, "{shared:?}"),
            Self::Recall(step) => write!(f, "Recall({step:?})"),
            Self::Received(received) => write!(f, "Received({received:?})"),
            Self::Allegation(step) => write!(f, "{step:?}"),
            Self::Hiding(hiding) => write!(f, "Hiding({hiding:?})"),
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

#[cfg(test)]
mod tests {
    use super::super::fixtures::one_of_each;
    use super::super::outcome::Agreement;
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
    fn what_is_over_its_limit_or_spelled_twice_is_kept_unread() {
        use super::super::fixtures::{choice, event_id, shared};
        use super::super::{Ground, SharedPart};
        let unsorted = EventBody::AuthorityChosen(choice(&["shelter", "police"]));
        let twice = EventBody::AuthorityChosen(choice(&["police", "police"]));
        let mut wide = shared(4, "shelter", Ground::Consent, event_id(1));
        let part = SharedPart { kind: Code::new("person").unwrap(), fields: Vec::new() };
        wide.parts = vec![part; super::super::limits::MAX_SHARED_RECORDS + 1];
        for body in [unsorted, twice, EventBody::Shared(wide)] {
            assert_eq!(there_and_back(&body).name(), "unknown");
        }
    }

    #[test]
    fn debug_shows_no_words() {
        let shown = format!("{:?}", one_of_each());
        for words in ["Maya", "Maiti", "uncle", "ट्रक", "ticket", "high_risk", "12-34", "driver"] {
            assert!(!shown.contains(words), "{shown}");
        }
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
