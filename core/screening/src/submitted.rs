//! Answers as other programs hand them over: plain JSON values, read by what each item can be answered with.
//!
//! Whatever cannot be read is refused with its place; nothing is guessed at.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::answers::{Answer, Answers};
use crate::date::Date;
use crate::id::Id;
use crate::instrument::Instrument;
use crate::limits;
use crate::plan::round_of;
use crate::profile::{AgeBand, Exploitation, Profile};
use crate::quantity::{ClockTime, Decimal};
use crate::sheet::{AnswerKind, Choice, Item};
use crate::unique::unique_map;

/// Bytes in one sheet of answers.
const MOST_BYTES: usize = 1024 * 1024;
/// Answers in one sheet.
const MOST_ANSWERS: usize = 20_000;
/// The highest age in years.
const MOST_YEARS: u16 = 130;
/// Up to here every whole number is a double of its own.
const MOST_WHOLE: f64 = 9_007_199_254_740_991.0;

/// A sheet of answers: `{"profile": {..}, "answers": {item: value}}`.
///
/// A value is an answer's code (`"yes:document_seen"`), or plain JSON: `true` and `false` for yes/no, a number, the id of an
/// option, a list of such ids, a day, words, `null` for not asked. The profile takes `age_band` or `age` in years,
/// `exploitation` and `day`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Whom it is about.
    pub profile: Profile,
    /// The answers.
    pub answers: Answers,
}

/// Why a sheet of answers was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct SubmittedError {
    /// Where: a line and column, or a path such as `answers.threats`.
    pub place: String,
    /// Why.
    pub why: String,
}

impl SubmittedError {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "answers_not_readable"
    }

    fn new(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self { place: place.into(), why: why.into() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    profile: WrittenProfile,
    #[serde(default, deserialize_with = "unique_map")]
    answers: BTreeMap<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenProfile {
    age_band: Option<AgeBand>,
    age: Option<u16>,
    #[serde(default)]
    exploitation: Exploitation,
    day: Option<Date>,
}

impl Submitted {
    /// Reads a sheet against an instrument.
    ///
    /// # Errors
    /// [`SubmittedError`] with the place.
    pub fn from_json(instrument: &Instrument, json: &str) -> Result<Self, SubmittedError> {
        if json.len() > MOST_BYTES {
            return Err(SubmittedError::new("file", format!("more than {MOST_BYTES} bytes")));
        }
        // The parser would take a list for an object with its fields in order.
        if !json.trim_start().starts_with('{') {
            return Err(SubmittedError::new("line 1, column 1", "expected an object with profile and answers"));
        }
        let written: Written = serde_json::from_str(json).map_err(|error| {
            let why: String = error.to_string().chars().filter(|c| !c.is_control()).take(limits::ERROR_CHARS).collect();
            SubmittedError::new(format!("line {}, column {}", error.line(), error.column()), why)
        })?;
        if written.answers.len() > MOST_ANSWERS {
            return Err(SubmittedError::new("answers", format!("more than {MOST_ANSWERS}")));
        }
        let mut answers = Answers::new();
        for (name, value) in &written.answers {
            let place = || format!("answers.{}", name.chars().take(limits::ID_BYTES).collect::<String>());
            let id = Id::new(name.as_str()).map_err(|error| SubmittedError::new(place(), error.to_string()))?;
            let item = instrument.item(round_of(name).0);
            let options = item.map_or(&[][..], |item| instrument.sheet().options(item));
            answers
                .insert(id, answer(item, options, value).ok_or_else(|| SubmittedError::new(place(), expected(item)))?);
        }
        Ok(Self { profile: written.profile.read()?, answers })
    }
}

impl WrittenProfile {
    fn read(self) -> Result<Profile, SubmittedError> {
        if self.age.is_some_and(|years| years > MOST_YEARS) {
            return Err(SubmittedError::new("profile.age", format!("nobody is more than {MOST_YEARS} years old")));
        }
        let by_years = self.age.map(|years| if years < 18 { AgeBand::Under18 } else { AgeBand::Adult });
        let age_band = match (self.age_band, by_years) {
            // Unknown and disputed are the protective reading; a number of years does not settle them.
            (Some(band @ (AgeBand::Unknown | AgeBand::Disputed)), _) => band,
            (Some(band), Some(years)) if band != years => {
                return Err(SubmittedError::new("profile.age", "age and age_band say different things"));
            }
            (Some(band), _) | (None, Some(band)) => band,
            (None, None) => AgeBand::Unknown,
        };
        Ok(Profile { age_band, exploitation: self.exploitation, day: self.day })
    }
}

fn answer(item: Option<&Item>, options: &[Choice], value: &Value) -> Option<Answer> {
    match value {
        Value::Null => Some(Answer::NotAsked),
        Value::Bool(true) => Some(Answer::Yes),
        Value::Bool(false) => Some(Answer::No),
        Value::Number(number) => match number.as_i64().or_else(|| number.as_f64().and_then(whole)) {
            Some(whole) => Some(Answer::Number(whole)),
            None => Decimal::parse(&number.to_string()).map(Answer::Decimal),
        },
        Value::Array(list) => {
            let ids = list.iter().map(|entry| Id::new(entry.as_str()?).ok()).collect::<Option<_>>()?;
            Some(Answer::Choices(ids))
        }
        Value::String(words) => text(item, options, words),
        Value::Object(_) => None,
    }
}

/// A whole number that was written as `2.0`.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= MOST_WHOLE).then_some(number as i64)
}

/// Words are first what the item asks for, and else a code: an option may be called `no` or `unknown`.
fn text(item: Option<&Item>, options: &[Choice], words: &str) -> Option<Answer> {
    let code = || Answer::parse(words).ok();
    match item.map(|item| &item.answer) {
        Some(AnswerKind::Choice(_) | AnswerKind::ChoiceFrom(_)) => {
            let option = options.iter().find(|option| option.id.as_str() == words);
            let option = option.map(|option| Answer::Choice(option.id.clone()));
            option.or_else(code).or_else(|| Id::new(words).ok().map(Answer::Choice))
        }
        Some(AnswerKind::Choices(_) | AnswerKind::ChoicesFrom(_)) => {
            let ids: Option<BTreeSet<Id>> = words.split_whitespace().map(|word| Id::new(word).ok()).collect();
            let all_options = |ids: &BTreeSet<Id>| ids.iter().all(|id| options.iter().any(|option| option.id == *id));
            let known = ids.clone().filter(all_options).map(Answer::Choices);
            known.or_else(code).or_else(|| ids.map(Answer::Choices))
        }
        Some(AnswerKind::Date) => code().or_else(|| Date::parse(words).ok().map(Answer::Date)),
        Some(AnswerKind::Time) => code().or_else(|| ClockTime::parse(words).map(Answer::Time)),
        Some(AnswerKind::Text) => {
            // Only what says that it is a code is one: somebody may have answered "yes" in words.
            let is_code = words.starts_with("text:") || matches!(words, "unknown" | "not_asked");
            if is_code {
                code()
            } else {
                (words.len() < limits::ANSWER_BYTES - 8).then(|| Answer::Text(words.to_owned()))
            }
        }
        _ => code(),
    }
}

fn expected(item: Option<&Item>) -> String {
    let kind = match item.map(|item| &item.answer) {
        Some(AnswerKind::YesNo) => "true, false, \"yes\", \"yes:way\" or \"no\"",
        Some(AnswerKind::Choice(_) | AnswerKind::ChoiceFrom(_)) => "the id of an option",
        Some(AnswerKind::Choices(_) | AnswerKind::ChoicesFrom(_)) => "a list of ids of options",
        Some(AnswerKind::Number { .. }) => "a whole number",
        Some(AnswerKind::Decimal) => "a number",
        Some(AnswerKind::Date) => "a day such as \"2026-11-22\"",
        Some(AnswerKind::Time) => "a time such as \"13:45\"",
        _ => "words",
    };
    format!("expected {kind}, \"unknown\", \"not_asked\" or null")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Submitted, SubmittedError> {
        Submitted::from_json(&crate::border_interception().unwrap(), json)
    }

    #[test]
    fn plain_json_and_codes_say_the_same() {
        let plain = r#"{"profile":{"age":17},"answers":{"threats":true,"debt_bondage":false,"journey_purpose":"work",
            "job_confirmed":"yes:employer_called_back","phone_withheld":null,"in_danger":"unknown"}}"#;
        let codes = r#"{"profile":{"age_band":"under_18"},"answers":{"threats":"yes","debt_bondage":"no",
            "journey_purpose":"choice:work","job_confirmed":"yes:employer_called_back","phone_withheld":"not_asked",
            "in_danger":"unknown"}}"#;
        assert_eq!(read(plain).unwrap(), read(codes).unwrap());
        assert_eq!(read("{}").unwrap().profile.age_band, AgeBand::Unknown);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (json, place) in [
            (r#"{"answers":{"threats":{}}}"#, "answers.threats"),
            (r#"{"answers":{"threats":"perhaps"}}"#, "answers.threats"),
            (r#"{"answers":{"Threats":true}}"#, "answers.Threats"),
            (r#"{"answers":{"journey_purpose":1.25e300}}"#, "answers.journey_purpose"),
            (r#"{"profile":{"age":17,"age_band":"adult"}}"#, "profile.age"),
        ] {
            let error = read(json).unwrap_err();
            assert_eq!((error.place.as_str(), error.code()), (place, "answers_not_readable"), "{json}");
        }
        for json in
            ["", "[]", r#"{"profile":{"caste":"x"}}"#, r#"{"answers":{"threats":true,"threats":false}}"#, "{\"a\":1}"]
        {
            assert!(read(json).unwrap_err().place.starts_with("line "), "{json}");
        }
    }
}
