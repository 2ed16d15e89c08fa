//! What an expression computes with, and where it gets it from.
//!
//! What is missing stays apart from every answer, "no" included, and says why it is missing.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::Number;
use crate::date::Date;
use crate::id::Id;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Truth(bool),
    /// A number.
    Number(Number),
    /// A text, or the one option chosen of several.
    Text(String),
    /// A day.
    Date(Date),
    /// The options chosen, where several can be.
    Choices(BTreeSet<String>),
    /// No value, and why.
    Missing(Missing),
}

/// Why there is no value. Where several are missing, the first of these wins: asking could still help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Nobody asked.
    NotAsked,
    /// Asked, and not known.
    Unknown,
    /// Values of the wrong kind, a division by zero, or a result beyond a limit.
    NotComputable,
}

impl Missing {
    /// Stable word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Unknown => "unknown",
            Self::NotComputable => "not_computable",
        }
    }
}

impl fmt::Display for Value {
    /// As `string(x)` gives it, choices beside each other as in a form of ODK; what is missing as its code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(truth) => f.write_str(if *truth { "yes" } else { "no" }),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => write!(f, "{date}"),
            Self::Choices(set) => set.iter().enumerate().try_for_each(|(i, choice)| {
                f.write_str(if i > 0 { " " } else { "" })?;
                f.write_str(choice)
            }),
            Self::Missing(why) => f.write_str(why.code()),
        }
    }
}

/// What the names in an expression stand for.
pub trait Names {
    /// The value of an item, a derived value, a rule or a fact about the profile.
    fn value(&self, name: &Id) -> Value;

    /// The values of an item in every round of its repetition; one where it is not repeated.
    fn rounds(&self, name: &Id) -> Vec<Value> {
        vec![self.value(name)]
    }

    /// The day that counts as today: this crate reads no clock. Without one, `today()` is not computable.
    fn today(&self) -> Option<Date>;
}

impl Value {
    /// A value that could not be computed.
    pub(crate) const NOT_COMPUTABLE: Self = Self::Missing(Missing::NotComputable);

    /// Yes or no; anything else is missing, and a value of another kind cannot be read as either.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn truth(&self) -> Result<bool, Missing> {
        match self {
            Self::Truth(truth) => Ok(*truth),
            Self::Missing(why) => Err(*why),
            _ => Err(Missing::NotComputable),
        }
    }

    /// Why there is no value, if there is none.
    #[must_use]
    pub fn missing(&self) -> Option<Missing> {
        match self {
            Self::Missing(why) => Some(*why),
            _ => None,
        }
    }

    pub(crate) fn number(number: f64) -> Self {
        Number::new(number).map_or(Self::NOT_COMPUTABLE, Self::Number)
    }

    pub(crate) fn count(count: usize) -> Self {
        Self::Number(Number::of(count))
    }
}

/// The stronger of two reasons.
pub(crate) fn stronger(one: Option<Missing>, other: Missing) -> Missing {
    one.map_or(other, |one| one.min(other))
}

/// Why any of them is missing.
pub(crate) fn any_missing<'a>(values: impl IntoIterator<Item = &'a Value>) -> Option<Missing> {
    values.into_iter().filter_map(Value::missing).min()
}
