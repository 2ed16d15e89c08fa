//! What a second opinion is made of: a view with its reasons, the commitment that goes first, and what opens it later.
//! A commitment promises to say nothing of the view to whoever lacks its salt, and to be opened in one way only: by the
//! device that made it, for the record that it was made for.

use super::event::EventId;
use super::event_body::EventBody;
use super::text::{Code, LongText};
use minicbor::{Decode, Encode};
use serde::Serialize;
use std::fmt;
use vigil_protocol::{DeviceId, Hash, Purpose, RecordId, canonical, digest};

/// The views that every programme has. One that a programme brings has its prefix and a dot, as in `station.sent_on`.
pub const OPINION_VIEWS: [&str; 3] = ["signs_of_trafficking", "high_risk", "does_not_count"];

/// Whether somebody may give this view: a mistyped one would never equal another.
pub fn is_view(view: &Code) -> bool {
    OPINION_VIEWS.contains(&view.as_str()) || view.as_str().contains('.')
}

/// What keeps a commitment from being guessed: 32 random bytes, known to its author alone until it is opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpinionSalt(pub [u8; 32]);

impl fmt::Debug for OpinionSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpinionSalt(***)")
    }
}

impl<C> Encode<C> for OpinionSalt {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for OpinionSalt {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| minicbor::decode::Error::message("not a salt"))
    }
}

/// What somebody thinks of a record, and the salt that hides it until it is opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct Judgement {
    /// The view.
    #[n(0)]
    pub view: Code,
    /// Why.
    #[n(1)]
    pub reasons: LongText,
    /// Random.
    #[n(2)]
    #[serde(skip)]
    pub salt: OpinionSalt,
}

impl fmt::Debug for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judgement(***)")
    }
}

impl Judgement {
    /// What binds this author to it in this record: another author's or another record's never fits it.
    pub fn commitment(&self, record: &RecordId, author: &DeviceId) -> Hash {
        let words = canonical::encode(&(&self.view, &self.reasons));
        digest(Purpose::Opinion, &[record.as_bytes(), author.as_bytes(), &self.salt.0, &words])
    }

    /// The event that commits to it.
    pub fn committed(&self, record: &RecordId, author: &DeviceId) -> EventBody {
        EventBody::OpinionCommitted { commitment: self.commitment(record, author) }
    }

    /// What opens the commitment of this name.
    pub fn opened(self, of: EventId) -> OpinionOpened {
        OpinionOpened { of, judgement: self }
    }
}

/// A commitment opened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct OpinionOpened {
    /// The event with the commitment.
    #[n(0)]
    pub of: EventId,
    /// What stands behind it.
    #[n(1)]
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl fmt::Debug for OpinionOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpinionOpened({})", self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{device, event_id, judgement};
    use super::*;

    const RECORD: RecordId = RecordId([1; 16]);

    #[test]
    fn a_commitment_binds_record_author_view_reasons_and_salt() {
        let mine = judgement("high_risk", 1);
        let commitment = mine.commitment(&RECORD, &device(1));
        assert_eq!(mine.commitment(&RECORD, &device(1)), commitment);
        let mut others = vec![
            mine.commitment(&RecordId([2; 16]), &device(1)),
            mine.commitment(&RECORD, &device(2)),
            judgement("does_not_count", 1).commitment(&RECORD, &device(1)),
            judgement("high_risk", 2).commitment(&RECORD, &device(1)),
        ];
        let other_reasons = Judgement { reasons: LongText::new("Two tickets.").unwrap(), ..mine.clone() };
        others.push(other_reasons.commitment(&RECORD, &device(1)));
        // The border between view and reasons is part of what is hashed.
        let parts = |view: &str, reasons: &str| Judgement {
            view: Code::new(view).unwrap(),
            reasons: LongText::new(reasons).unwrap(),
            salt: mine.salt.clone(),
        };
        others.push(parts("ab", "c").commitment(&RECORD, &device(1)));
        others.push(parts("a", "bc").commitment(&RECORD, &device(1)));
        others.push(commitment);
        let count = others.len();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), count);
    }

    #[test]
    fn nothing_of_it_shows_in_debug_and_no_salt_in_json() {
        let opened = EventBody::OpinionOpened(judgement("high_risk", 0xab).opened(event_id(1)));
        let shown = format!("{opened:?} {:?}", judgement("high_risk", 0xab));
        for part in ["high", "ticket", "ab, ab", "171", "abab"] {
            assert!(!shown.contains(part), "{shown}");
        }
        let json = serde_json::to_value(&opened).unwrap();
        assert_eq!((&json["event"], &json["view"]), (&"opinion_opened".into(), &"high_risk".into()));
        assert!(json.get("salt").is_none() && json["reasons"].is_string());
    }

    #[test]
    fn a_view_is_one_of_the_list_or_has_a_programmes_prefix() {
        let is = |view: &str| is_view(&Code::new(view).unwrap());
        assert!(OPINION_VIEWS.iter().all(|view| is(view)));
        assert!(is("station.sent_on") && !is("high-risk") && !is("high_rsik"));
    }
}
