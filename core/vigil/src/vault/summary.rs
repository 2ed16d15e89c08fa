//! From facts and events to what lists and search need: columns, words, links.
//! A pure function of the record: two devices with the same record show the same row.

use super::decide::LET_GO_PREFIX;
use crate::error::{Result, VigilError};
use crate::records::{
    EventId, Facts, FieldName, FieldValue, FieldView, Kinds, NewScreening, OutcomeState, SignedEvent, Standing,
    resolve_fields,
};
use crate::store::{Columns, SearchText};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use vigil_protocol::{DeviceId, Timestamp};
use vigil_screening::{
    AgeBand, Answer, Answers, Assessment, Date, Exploitation, Id, Instrument, Profile, score, shipped_once,
};

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

    /// What the instrument that a screening names makes of its answers. Where people differ on a field and nobody has
    /// settled it, the most protective reading counts.
    pub(crate) fn assess(&self, kind: &str, fields: &Fields) -> Option<Assessment> {
        if kind != "screening" {
            return None;
        }
        let reader = Reader(fields);
        let instrument = self.instrument(reader.text("instrument")?)?;
        let profile = profile(&reader);
        let mut answers = Answers::new();
        for (name, view) in fields {
            let Some(Ok(item)) = name.as_str().strip_prefix("answer.").map(Id::new) else { continue };
            let is_concern = instrument.item(item.as_str()).is_some_and(|item| item.concern.is_some());
            if let Some(answer) = answer(view, is_concern) {
                answers.insert(item, answer);
            }
        }
        Some(score(instrument, &profile, &answers))
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
            hidden: !standing.hidden_by().is_empty(),
        };
        (columns, text)
    }
}

/// What a screening says of the instrument that it was filled in with.
pub(super) fn pin(fields: &Fields) -> Option<String> {
    Reader(fields).text("instrument").map(str::to_owned)
}

/// Whom a screening is about, as far as the rules care.
fn profile(reader: &Reader<'_>) -> Profile {
    let band = |value: &FieldValue| value.as_text().and_then(|code| AgeBand::parse(code).ok()).unwrap_or_default();
    let kind = |value: &FieldValue| value.as_text().and_then(NewScreening::read_exploitation).unwrap_or_default();
    // The day that the record says it began: two devices compute with the same one.
    let began = |value: &FieldValue| {
        let days = value.as_integer()?.div_euclid(MILLISECONDS_A_DAY);
        Date::from_days(days).ok()
    };
    Profile {
        age_band: reader.view("age_band").and_then(|view| agreed(view, band, AgeBand::Disputed)).unwrap_or_default(),
        exploitation: reader
            .view("exploitation")
            .and_then(|view| agreed(view, kind, Exploitation::Unknown))
            .unwrap_or_default(),
        day: reader.view("started_at").and_then(|view| agreed(view, began, None)).flatten(),
    }
}

/// What a field says, read so; `differing` while its open values do not read the same.
fn agreed<T: PartialEq>(view: &FieldView, read: impl Fn(&FieldValue) -> T, differing: T) -> Option<T> {
    if !view.open {
        return view.shown.as_ref().map(read);
    }
    let mut values = view.values.iter().map(|written| read(&written.value));
    let first = values.next()?;
    Some(if values.all(|value| value == first) { first } else { differing })
}

/// What a field says in answer to an item. Somebody did ask, also where what came of it cannot be read; and what
/// anybody raised stays raised until people settle it (CARE 4).
fn answer(view: &FieldView, is_concern: bool) -> Option<Answer> {
    let read =
        |value: &FieldValue| value.as_text().and_then(|code| Answer::parse(code).ok()).unwrap_or(Answer::Unknown);
    let is_yes = |value: &FieldValue| matches!(read(value), Answer::Yes | Answer::Verified(_));
    let mut open = view.values.iter().map(|written| &written.value);
    let yes = if is_concern { open.any(is_yes) } else { open.all(is_yes) };
    agreed(view, read, if yes { Answer::Yes } else { Answer::Unknown })
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
    fn view(&self, name: &str) -> Option<&'a FieldView> {
        self.0.get(&FieldName::new(name).ok()?)
    }

    fn value(&self, name: &str) -> Option<&'a FieldValue> {
        self.view(name)?.shown.as_ref()
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.value(name)?.as_text()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.as_integer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{ChangeHash, Written};

    /// A field with these values, of which the first is shown.
    fn view(values: &[&str], open: bool) -> FieldView {
        let written = |value: &&str| Written {
            value: (*value).into(),
            author: DeviceId([0; 16]),
            time: Timestamp(0),
            change: ChangeHash([0; 32]),
        };
        let values: Vec<_> = values.iter().map(written).collect();
        FieldView { shown: values.first().map(|written| written.value.clone()), open, values, settled_by: None }
    }

    fn code(values: &[&str], is_concern: bool) -> String {
        // Which of them is shown changes nothing.
        let reversed: Vec<_> = values.iter().rev().copied().collect();
        let read = answer(&view(values, true), is_concern).unwrap();
        assert_eq!(answer(&view(&reversed, true), is_concern).unwrap(), read);
        read.code()
    }

    #[test]
    fn while_people_differ_the_most_protective_answer_counts() {
        assert_eq!((code(&["no", "yes"], true), code(&["no", "yes"], false)), ("yes".into(), "unknown".into()));
        assert_eq!(code(&["unknown", "yes:document_seen", "no"], true), "yes");
        assert_eq!(
            (code(&["no", "unknown"], true), code(&["no", "not_asked"], true)),
            ("unknown".into(), "unknown".into())
        );
        assert_eq!(code(&["yes", "yes:document_seen"], false), "yes");
        assert_eq!(code(&["choice:work", "choice:study"], false), "unknown");
        assert_eq!(code(&["Sita", "no"], true), "unknown");
        // What was settled counts, whatever else was written.
        assert_eq!(answer(&view(&["no", "yes"], false), true), Some(Answer::No));
        assert_eq!(answer(&view(&[], false), true), None);
    }

    #[test]
    fn an_answer_that_cannot_be_read_was_asked() {
        assert_eq!(answer(&view(&["Sita"], false), false), Some(Answer::Unknown));
    }

    #[test]
    fn while_people_differ_the_age_is_disputed_and_the_kind_and_the_day_are_not_known() {
        let of = |name: &str, values: &[&str], open| {
            profile(&Reader(&[(FieldName::new(name).unwrap(), view(values, open))].into()))
        };
        assert_eq!(of("age_band", &["adult", "under_18"], true).age_band, AgeBand::Disputed);
        assert_eq!(of("age_band", &["adult", "Sita"], true).age_band, AgeBand::Disputed);
        assert_eq!(of("age_band", &["adult", "under_18"], false).age_band, AgeBand::Adult);
        assert_eq!(of("age_band", &["Sita"], false).age_band, AgeBand::Unknown);
        assert_eq!(of("exploitation", &["sexual"], false).exploitation, Exploitation::Sexual);
        assert_eq!(of("exploitation", &["sexual", "labour"], true).exploitation, Exploitation::Unknown);
        assert_eq!(of("exploitation", &["Sita"], false).exploitation, Exploitation::Unknown);
        let began = |times: [i64; 2]| {
            let mut open = view(&["", ""], true);
            for (written, time) in open.values.iter_mut().zip(times) {
                written.value = time.into();
            }
            profile(&Reader(&[(FieldName::new("started_at").unwrap(), open)].into())).day
        };
        assert_eq!(began([0, 1000]), Date::from_days(0).ok());
        assert_eq!(began([0, MILLISECONDS_A_DAY]), None);
    }
}
