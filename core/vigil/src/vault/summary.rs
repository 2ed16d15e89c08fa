//! From facts and events to what lists and search need: columns, words, links.
//! A pure function of the record: two devices with the same record show the same row.

use super::decide::LET_GO_PREFIX;
use crate::error::{Result, VigilError};
use crate::records::{
    EventId, Facts, FieldName, FieldValue, FieldView, Kinds, OutcomeState, SignedEvent, Standing, resolve_fields,
};
use crate::store::{Columns, SearchText};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, Timestamp};
use vigil_screening::{AgeBand, Answer, Answers, Assessment, Id, Instrument, Profile, score, shipped, shipped_list};

/// Most words that one record adds to the search, in bytes.
const MAX_SEARCH_BYTES: usize = 64 * 1024;

/// A record's fields as people should see them.
pub(crate) type Fields = BTreeMap<FieldName, FieldView>;

/// Knows the kinds of record and the instruments.
pub(crate) struct Summariser {
    kinds: Kinds,
    instruments: BTreeMap<String, Instrument>,
}

impl Summariser {
    pub(crate) fn new() -> Result<Self> {
        let kinds = Kinds::builtin().map_err(|error| VigilError::internal(error.to_string()))?;
        let mut instruments = BTreeMap::new();
        for (id, version) in shipped_list() {
            if let Some(instrument) = shipped(id, version) {
                let instrument = instrument.map_err(|error| VigilError::internal(error.code()))?;
                instruments.insert(format!("{id}@{version}"), instrument);
            }
        }
        Ok(Self { kinds, instruments })
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// What the instrument that a screening names makes of its answers.
    pub(crate) fn assess(&self, kind: &str, fields: &Fields) -> Option<Assessment> {
        if kind != "screening" {
            return None;
        }
        let reader = Reader(fields);
        let instrument = self.instruments.get(reader.text("instrument")?)?;
        let age_band = reader.text("age_band").and_then(|code| AgeBand::parse(code).ok()).unwrap_or_default();
        let mut answers = Answers::new();
        for (name, view) in fields {
            let Some(item) = name.as_str().strip_prefix("answer.") else { continue };
            let answer = view.shown.as_ref().and_then(FieldValue::as_text).and_then(|code| Answer::parse(code).ok());
            if let (Ok(item), Some(answer)) = (Id::new(item), answer) {
                answers.insert(item, answer);
            }
        }
        Some(score(instrument, &Profile { age_band }, &answers))
    }

    /// Columns, words and links of a record.
    pub(crate) fn summarise(
        &self,
        kind: &str,
        creator: DeviceId,
        facts: &Facts,
        events: &BTreeMap<EventId, SignedEvent>,
    ) -> (Columns, SearchText) {
        let standing = Standing::of(events.iter().map(|(id, event)| (*id, &event.event)));
        let fields = resolve_fields(facts, &standing);
        let reader = Reader(&fields);
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        let mut note = |time: Timestamp| {
            first = first.min(time.0);
            last = last.max(time.0);
        };
        let mut conflicts = 0u32;
        let mut text = SearchText::default();
        for (name, view) in &fields {
            view.values.iter().for_each(|written| note(written.time));
            conflicts += u32::from(view.open);
            let searchable = self.kinds.is_searchable(kind, name);
            for written in &view.values {
                match &written.value {
                    FieldValue::Text(words) if searchable => add_words(&mut text.words, words),
                    FieldValue::Bytes(link) if is_link(name) => text.links.push(link.clone()),
                    FieldValue::Bytes(link) if name.as_str().starts_with(LET_GO_PREFIX) => {
                        text.let_go.push(link.clone());
                    }
                    _ => {}
                }
            }
        }
        events.values().for_each(|event| note(event.event.time));
        let outcome = match standing.outcome() {
            OutcomeState::None => None,
            OutcomeState::One { outcome, .. } => Some(outcome.name().to_owned()),
            OutcomeState::Open(_) => {
                conflicts += 1;
                Some("open".to_owned())
            }
        };
        let assessment = self.assess(kind, &fields);
        let columns = Columns {
            kind: kind.to_owned(),
            creator,
            created_at: Timestamp(if first == i64::MAX { 0 } else { first }),
            updated_at: Timestamp(last.max(0)),
            title: title(kind, &reader),
            place: reader.text("station").or_else(|| reader.text("place")).map(str::to_owned),
            outcome,
            points: assessment.as_ref().map(|assessment| i64::from(assessment.total)),
            band: assessment.as_ref().map(|assessment| assessment.band.id.to_string()),
            people: reader.number("people"),
            minutes: reader.number("minutes"),
            conflicts,
        };
        (columns, text)
    }
}

fn is_link(name: &FieldName) -> bool {
    name.as_str() == "link" || name.as_str().starts_with("link.")
}

fn add_words(words: &mut String, more: &str) {
    if words.len() + more.len() < MAX_SEARCH_BYTES {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(more);
    }
}

/// A few words that name nobody.
fn title(kind: &str, reader: &Reader<'_>) -> String {
    match kind {
        "screening" => match reader.number("people") {
            Some(1) | None => "screening".to_owned(),
            Some(people) => format!("screening of {people}"),
        },
        "person" => reader.text("role").unwrap_or("person").replace('_', " "),
        "" => "unknown kind".to_owned(),
        other => other.to_owned(),
    }
}

struct Reader<'a>(&'a Fields);

impl<'a> Reader<'a> {
    fn value(&self, name: &str) -> Option<&'a FieldValue> {
        self.0.get(&FieldName::new(name).ok()?)?.shown.as_ref()
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_text()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.as_integer()
    }
}
