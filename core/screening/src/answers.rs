//! What was answered, item by item, in a form that a record can hold as flat text.
//!
//! "Unknown" (asked, and not known or not said) and "not asked" are answers of their own and never "no". Each answer
//! has exactly one code, so two devices that write the same answer write the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::id::{Id, ItemId};
use crate::limits::ANSWER_BYTES;
use crate::quantity::{ClockTime, Decimal};

/// Answers by item. An item that is absent was not asked.
pub type Answers = BTreeMap<ItemId, Answer>;

/// The answer to one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Answer {
    /// Yes.
    Yes,
    /// Yes, and this is how it was verified: the id of one of the instrument's ways.
    Verified(Id),
    /// No.
    No,
    /// Asked or looked for, and not known, or the person would rather not say.
    Unknown,
    /// Not asked; the same as no answer at all.
    NotAsked,
    /// One of the item's options.
    Choice(Id),
    /// Any of the item's options; none of them is an answer too.
    Choices(BTreeSet<Id>),
    /// A whole number.
    Number(i64),
    /// A number with a fraction.
    Decimal(Decimal),
    /// A day.
    Date(Date),
    /// A time of day, or a day and a time, as it was written.
    Time(ClockTime),
    /// Words.
    Text(String),
}

/// Why a code is not an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Longer than any answer may be.
    #[error("an answer has at most {ANSWER_BYTES} bytes")]
    TooLong,
    /// Not one of the known forms.
    #[error(
        "an answer is yes, yes:way, no, unknown, not_asked, choice:option, choices:a+b, number:n, date:2026-11-22, \
         time:13:45 or text:words"
    )]
    NotAnAnswer,
    /// The way of verifying or the option is not an id.
    #[error("what stands after the colon is not an id")]
    BadId,
    /// Not a number in its shortest form.
    #[error("not a number in its shortest form")]
    BadNumber,
    /// Options that are not ordered, or stand twice.
    #[error("several options stand once each, in alphabetical order, with + between them")]
    BadChoices,
    /// Not a day or a time.
    #[error("a day is YYYY-MM-DD, and a time HH:MM with an optional day and seconds before and after it")]
    BadTime,
}

impl AnswerError {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "answer_too_long",
            Self::NotAnAnswer => "answer_unknown_form",
            Self::BadId => "answer_bad_id",
            Self::BadNumber => "answer_bad_number",
            Self::BadChoices => "answer_bad_choices",
            Self::BadTime => "answer_bad_time",
        }
    }
}

impl Answer {
    /// The code that a record holds: `yes`, `yes:document_seen`, `no`, `unknown`, `not_asked`, `choice:two_months`,
    /// `choices:food+shelter`, `number:3`, `number:1.5`, `date:2026-11-22`, `time:13:45` or `text:...`.
    #[must_use]
    pub fn code(&self) -> String {
        self.to_string()
    }

    /// Reads a code. For everything read, `parse(s)?.code() == s`.
    ///
    /// # Errors
    /// [`AnswerError`] for anything that [`Answer::code`] does not write.
    pub fn parse(code: &str) -> Result<Self, AnswerError> {
        if code.len() > ANSWER_BYTES {
            return Err(AnswerError::TooLong);
        }
        let id = |name: &str| Id::new(name).map_err(|_| AnswerError::BadId);
        match code.split_once(':') {
            None => match code {
                "yes" => Ok(Self::Yes),
                "no" => Ok(Self::No),
                "unknown" => Ok(Self::Unknown),
                "not_asked" => Ok(Self::NotAsked),
                _ => Err(AnswerError::NotAnAnswer),
            },
            Some(("yes", way)) => id(way).map(Self::Verified),
            Some(("choice", option)) => id(option).map(Self::Choice),
            Some(("choices", options)) => choices(options).map(Self::Choices),
            Some(("number", digits)) => match digits.parse::<i64>() {
                // "007" and "+7" would be second codes of one answer.
                Ok(number) if number.to_string() == digits => Ok(Self::Number(number)),
                _ => Decimal::parse(digits).map(Self::Decimal).ok_or(AnswerError::BadNumber),
            },
            Some(("date", day)) => Date::parse(day).map(Self::Date).map_err(|_| AnswerError::BadTime),
            Some(("time", time)) => ClockTime::parse(time).map(Self::Time).ok_or(AnswerError::BadTime),
            Some(("text", words)) => Ok(Self::Text(words.to_owned())),
            Some(_) => Err(AnswerError::NotAnAnswer),
        }
    }
}

/// Options in the one order that they are written in.
fn choices(list: &str) -> Result<BTreeSet<Id>, AnswerError> {
    if list.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids =
        list.split('+').map(|name| Id::new(name).map_err(|_| AnswerError::BadId)).collect::<Result<Vec<_>, _>>()?;
    if ids.is_sorted_by(|a, b| a < b) { Ok(ids.into_iter().collect()) } else { Err(AnswerError::BadChoices) }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yes => f.write_str("yes"),
            Self::Verified(way) => write!(f, "yes:{way}"),
            Self::No => f.write_str("no"),
            Self::Unknown => f.write_str("unknown"),
            Self::NotAsked => f.write_str("not_asked"),
            Self::Choice(option) => write!(f, "choice:{option}"),
            Self::Choices(options) => {
                f.write_str("choices:")?;
                options.iter().enumerate().try_for_each(|(i, id)| write!(f, "{}{id}", if i > 0 { "+" } else { "" }))
            }
            Self::Number(number) => write!(f, "number:{number}"),
            Self::Decimal(number) => write!(f, "number:{number}"),
            Self::Date(day) => write!(f, "date:{day}"),
            Self::Time(time) => write!(f, "time:{time}"),
            Self::Text(words) => write!(f, "text:{words}"),
        }
    }
}

impl TryFrom<String> for Answer {
    type Error = AnswerError;
    fn try_from(code: String) -> Result<Self, AnswerError> {
        Self::parse(&code)
    }
}

impl From<Answer> for String {
    fn from(answer: Answer) -> Self {
        answer.code()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_answer_survives_its_code() {
        let id = |s: &str| Id::new(s).unwrap();
        for answer in [
            Answer::Yes,
            Answer::Verified(id("document_seen")),
            Answer::No,
            Answer::Unknown,
            Answer::NotAsked,
            Answer::Choice(id("two_months")),
            Answer::Choices([id("shelter"), id("food")].into()),
            Answer::Choices([].into()),
            Answer::Number(i64::MIN),
            Answer::Decimal(Decimal::parse("-0.125").unwrap()),
            Answer::Date(Date::parse("2024-02-29").unwrap()),
            Answer::Time(ClockTime::parse("2026-11-22T07:30:00").unwrap()),
            Answer::Text("नेपाल: yes\n".to_owned()),
            Answer::Text(String::new()),
        ] {
            assert_eq!(Answer::parse(&answer.code()), Ok(answer.clone()));
            let json = serde_json::to_string(&answer).unwrap();
            assert_eq!(serde_json::from_str::<Answer>(&json).unwrap(), answer);
        }
        assert_eq!(Answer::Verified(id("document_seen")).code(), "yes:document_seen");
    }

    #[test]
    fn a_code_in_no_known_form_is_refused_with_a_stable_code() {
        let code = |s: &str| Answer::parse(s).unwrap_err().code();
        for bad in ["", "YES", "y", "true", "no:x", "maybe:x", " yes", "unknown:"] {
            assert_eq!(code(bad), "answer_unknown_form", "{bad}");
        }
        assert_eq!(code("yes:"), "answer_bad_id");
        assert_eq!(code("choice:A"), "answer_bad_id");
        for bad in ["number:", "number:007", "number:+7", "number:-0", "number:1.50", "number:.5", "number:1e3"] {
            assert_eq!(code(bad), "answer_bad_number", "{bad}");
        }
        for bad in ["choices:b+a", "choices:a+a"] {
            assert_eq!(code(bad), "answer_bad_choices", "{bad}");
        }
        assert_eq!(code("choices:a+"), "answer_bad_id");
        for bad in ["date:2026-02-29", "date:26-1-1", "time:25:00", "time:7:30", "time:07:30Z"] {
            assert_eq!(code(bad), "answer_bad_time", "{bad}");
        }
        assert_eq!(code(&format!("text:{}", "a".repeat(ANSWER_BYTES))), "answer_too_long");
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back_the_same(code in "(yes|no|unknown|not_asked|choices?|number|date|time|text)?:?[a-z0-9_+:.-]{0,11}|\\PC*") {
            if let Ok(answer) = Answer::parse(&code) {
                prop_assert_eq!(answer.code(), code);
            }
        }
    }
}
