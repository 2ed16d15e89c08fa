//! From facts and events to what lists and search need: columns, words, links.
//! A pure function of the record: two devices with the same record show the same row.

use super::decide::LET_GO_PREFIX;
use crate::error::{Result, VigilError};
use crate::records::{
    EventId, Facts, FieldName, FieldValue, FieldView, Kinds, OutcomeState, SignedEvent, Standing, resolve_fields,
};
use crate::store::{Columns, SearchText};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use vigil_protocol::{DeviceId, Timestamp};
use vigil_screening::{AgeBand, Answer, Answers, Assessment, Date, Id, Instrument, Profile, score, shipped_once};

/// Most words that one record adds to the search, in bytes.
const MAX_SEARCH_BYTES: usize = 64 * 1024;

const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// A record's fields as people should see them.
pub(crate) type Fields = BTreeMap<FieldName, FieldView>;

/// Knows the kinds of record and the instruments.
pub(crate) struct Summariser {
    kinds: Kinds,
    /// Instruments that a programme brought, by what records pin; each is read when it is first needed.
    brought: BTreeMap<String, Brought>,
}

struct Brought {
    file: String,
    read: OnceLock<Option<Instrument>>,
}

impl Summariser {
    /// `brought` are pins and files.
    pub(crate) fn new(brought: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let kinds = Kinds::builtin().map_err(|error| VigilError::internal(error.to_string()))?;
        let brought = brought.into_iter().map(|(pin, file)| (pin, Brought { file, read: OnceLock::new() })).collect();
        Ok(Self { kinds, brought })
    }

    /// The instrument that a record pins: exactly this version, and for one that a programme brought exactly this file.
    pub(crate) fn instrument(&self, pin: &str) -> Option<&Instrument> {
        let (id, version) = pin.split_once('@')?;
        if let Ok(version) = version.parse() {
            return shipped_once(id, version);
        }
        let brought = self.brought.get(pin)?;
        brought.read.get_or_init(|| Instrument::from_json(&brought.file).ok()).as_ref()
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
        let instrument = self.instrument(reader.text("instrument")?)?;
        let age_band = reader.text("age_band").and_then(|code| AgeBand::parse(code).ok()).unwrap_or_default();
        // The day that the record says it began: two devices compute with the same one.
        let began = reader.number("started_at").map(|milliseconds| milliseconds.div_euclid(MILLISECONDS_A_DAY));
        let day = began.and_then(|days| Date::from_days(days).ok());
        let mut answers = Answers::new();
        for (name, view) in fields {
            let Some(item) = name.as_str().strip_prefix("answer.") else { continue };
            let answer = view.shown.as_ref().and_then(FieldValue::as_text).and_then(|code| Answer::parse(code).ok());
            if let (Ok(item), Some(answer)) = (Id::new(item), answer) {
                answers.insert(item, answer);
            }
        }
        Some(score(instrument, &Profile { age_band, day, ..Profile::default() }, &answers))
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
            points: assessment.as_ref().and_then(|assessment| assessment.total).map(i64::from),
            band: assessment.and_then(|assessment| assessment.band).map(|band| band.id.to_string()),
            people: reader.number("people"),
            minutes: reader.number("minutes"),
            conflicts,
        };
        (columns, text)
    }
}

/// What a screening says of the instrument that it was filled in with.
pub(super) fn pin(fields: &Fields) -> Option<String> {
    Reader(fields).text("instrument").map(str::to_owned)
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
