//! Allegations: what is said of somebody, on what basis, and when it is looked at again (CARE 10).
//! One promises to be a signed event with a day of review and a way back, and to show nothing through `Debug`; nothing that
//! leaves the committee reads this module.

use super::event::EventId;
use super::event_body::EventBody;
use super::standing::{Entry, Said};
use super::text::{Code, LongText};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use vigil_screening::Date;

/// The day on which an allegation is looked at again, in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReviewDay(i64);

impl ReviewDay {
    /// From a day of the calendar.
    pub fn new(date: Date) -> Self {
        Self(date.days())
    }

    /// Whether it has come.
    pub fn has_come(self, today: Date) -> bool {
        self.0 <= today.days()
    }
}

impl fmt::Display for ReviewDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Date::from_days(self.0).map_or(Ok(()), |date| write!(f, "{date}"))
    }
}

impl Serialize for ReviewDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<C> Encode<C> for ReviewDay {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i64(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ReviewDay {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let days = d.i64()?;
        Date::from_days(days).map(Self::new).map_err(|_| minicbor::decode::Error::message("not a day"))
    }
}

/// Of whom something is said.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Accused {
    /// A person with a record, by the random link of that record.
    #[n(0)]
    Person(
        #[n(0)]
        #[serde(serialize_with = "link_to_hex")]
        ByteArray<16>,
    ),
    /// Somebody who has none, by role.
    #[n(1)]
    Role(#[n(0)] Code),
}

fn link_to_hex<S: Serializer>(link: &ByteArray<16>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::field::to_hex(link.as_slice()))
}

/// What is said of somebody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct Allegation {
    /// Of whom.
    #[n(0)]
    pub about: Accused,
    /// What it rests on, as a code: `seen`, `told_by_her`, `document`, ...
    #[n(1)]
    pub basis: Code,
    /// When it is looked at again.
    #[n(2)]
    pub review_on: ReviewDay,
    /// The words.
    #[n(3)]
    pub words: LongText,
}

impl fmt::Debug for Allegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allegation(***)")
    }
}

/// An allegation made, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum AllegationStep {
    /// Made.
    #[n(0)]
    Alleged(#[n(0)] Allegation),
    /// Taken back: whoever says so need not be who made it.
    #[n(1)]
    Withdrawn {
        /// The event that made it.
        #[n(0)]
        allegation: EventId,
        /// Why, as a code.
        #[n(1)]
        reason: Code,
    },
}

/// An allegation and whether it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllegationState {
    /// What is said.
    pub allegation: Allegation,
    /// Who said it.
    pub said: Said,
    /// Who took it back, and why, by id. One is enough.
    pub withdrawn: Vec<(Code, Said)>,
}

impl AllegationState {
    /// Whether nobody took it back.
    pub fn stands(&self) -> bool {
        self.withdrawn.is_empty()
    }

    /// Whether it stands and its day of review has come.
    pub fn is_due(&self, today: Date) -> bool {
        self.stands() && self.allegation.review_on.has_come(today)
    }
}

/// Every allegation, by id.
pub(super) fn fold_allegations(entries: &[Entry<'_>]) -> Vec<AllegationState> {
    let mut allegations: BTreeMap<EventId, AllegationState> = BTreeMap::new();
    for entry in entries {
        if let EventBody::Allegation(AllegationStep::Alleged(allegation)) = &entry.event.body {
            let (allegation, said) = (allegation.clone(), entry.said());
            allegations.insert(entry.id, AllegationState { allegation, said, withdrawn: Vec::new() });
        }
    }
    for entry in entries {
        if let EventBody::Allegation(AllegationStep::Withdrawn { allegation, reason }) = &entry.event.body {
            let word = (reason.clone(), entry.said());
            allegations.entry(*allegation).and_modify(|state| state.withdrawn.push(word));
        }
    }
    allegations.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Standing;
    use crate::records::fixtures::{allegation, device, event, event_id};
    use vigil_protocol::{DeviceId, Timestamp};

    fn day(number: i64) -> Date {
        Date::from_days(number).unwrap()
    }

    #[test]
    fn an_allegation_is_due_from_its_day_of_review_on_and_never_once_it_was_taken_back() {
        let said = Said { event: event_id(1), author: DeviceId([1; 16]), time: Timestamp(0) };
        let code = |text| Code::new(text).unwrap();
        let allegation = Allegation {
            about: Accused::Role(code("driver")),
            basis: code("told_by_her"),
            review_on: ReviewDay::new(day(20_000)),
            words: LongText::new("He kept the passport.").unwrap(),
        };
        let mut state = AllegationState { allegation, said, withdrawn: Vec::new() };
        assert!(!state.is_due(day(19_999)) && state.is_due(day(20_000)) && state.is_due(day(20_001)));
        state.withdrawn.push((code("mistaken"), said));
        assert!(!state.stands() && !state.is_due(day(20_001)));
    }

    #[test]
    fn a_day_of_review_reads_as_a_day_of_the_calendar() {
        assert_eq!(ReviewDay::new(day(0)).to_string(), "1970-01-01");
    }

    #[test]
    fn an_allegation_stands_until_anybody_takes_back_this_very_one() {
        let reason = || Code::new("mistaken").unwrap();
        let withdrawn = |number| AllegationStep::Withdrawn { allegation: event_id(number), reason: reason() };
        let events = [
            event(1, &[], EventBody::Allegation(AllegationStep::Alleged(allegation()))),
            event(2, &[], EventBody::Allegation(AllegationStep::Alleged(allegation()))),
            event(3, &[2], EventBody::Allegation(withdrawn(2))),
            event(4, &[2], EventBody::Allegation(withdrawn(9))),
        ];
        let standing = Standing::of(events.iter().map(|(id, event)| (*id, event)));
        let [stands, taken_back] = standing.allegations() else { panic!("two were made") };
        assert!(stands.stands() && stands.allegation == allegation());
        assert_eq!((stands.said.event, stands.said.author), (event_id(1), device(1)));
        assert!(!taken_back.stands());
        let words: Vec<_> = taken_back.withdrawn.iter().map(|(why, said)| (why.clone(), said.author)).collect();
        assert_eq!(words, [(reason(), device(3))]);
    }
}
