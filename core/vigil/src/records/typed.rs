//! What the typed records share: how a value that a person gave becomes a field, and how fields are read back.
//! It promises that what was refused is named by its field and never repeated, and that what other versions left out or
//! added is tolerated when read.

use super::facts::Facts;
use super::field::{FieldError, FieldName, FieldValue};
use super::kind::{KindError, Kinds};
use super::settling::resolve_fields;
use super::standing::Standing;
use std::collections::BTreeMap;
use thiserror::Error;
use vigil_protocol::Timestamp;

/// Why what a person gave cannot be recorded. It names the field and never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// A field that must not be empty is.
    #[error("{field} must not be empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A field holds none of its codes.
    #[error("{field} holds none of its codes")]
    NotACode {
        /// The field.
        field: &'static str,
    },
    /// An answer's item or code is not one.
    #[error("an answer is not one that an instrument can hold: {code}")]
    NotAnAnswer {
        /// What is wrong with it.
        code: &'static str,
    },
    /// More of something than a record takes.
    #[error("at most {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A value that its field does not allow.
    #[error(transparent)]
    Kind(#[from] KindError),
    /// A name or value that no field takes.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl InputError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "input.empty",
            Self::NotACode { .. } => "input.not_a_code",
            Self::NotAnAnswer { .. } => "input.not_an_answer",
            Self::TooMany { .. } => "input.too_many",
            Self::Kind(error) => error.code(),
            Self::Field(error) => error.code(),
        }
    }
}

/// Fields in the making.
pub(super) struct Fields(Vec<(FieldName, FieldValue)>);

impl Fields {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field; nothing stays nothing.
    pub(super) fn put(&mut self, name: &str, value: Option<impl Into<FieldValue>>) -> Result<(), InputError> {
        if let Some(value) = value {
            self.0.push((FieldName::new(name)?, value.into()));
        }
        Ok(())
    }

    /// Adds words, unless there are none.
    pub(super) fn words(&mut self, name: &str, words: Option<&String>) -> Result<(), InputError> {
        self.put(name, words.filter(|words| !words.trim().is_empty()).cloned())
    }

    /// The fields as they are.
    pub(super) fn unchecked(self) -> Vec<(FieldName, FieldValue)> {
        self.0
    }

    /// The fields, if each may hold its value.
    pub(super) fn checked(self, kind: &str) -> Result<Vec<(FieldName, FieldValue)>, InputError> {
        let kinds = Kinds::shared()?;
        for (name, value) in &self.0 {
            value.check()?;
            kinds.check(kind, name, value)?;
        }
        Ok(self.0)
    }
}

/// Values of a record that is read back, by name.
pub(super) struct Values(BTreeMap<FieldName, FieldValue>);

impl Values {
    /// The values that people should see.
    pub(super) fn of(facts: &Facts, standing: &Standing) -> Self {
        let shown = resolve_fields(facts, standing).into_iter().filter_map(|(name, view)| Some((name, view.shown?)));
        Self(shown.collect())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_text().map(str::to_owned)
    }

    /// A number, if it fits.
    pub(super) fn number<N: TryFrom<i64>>(&self, name: &str) -> Option<N> {
        N::try_from(self.0.get(name)?.as_integer()?).ok()
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_boolean()
    }

    pub(super) fn time(&self, name: &str) -> Timestamp {
        Timestamp(self.number(name).unwrap_or(0))
    }

    /// The texts of all fields of a family, by the rest of their names.
    pub(super) fn family(&self, prefix: &str) -> BTreeMap<String, String> {
        let of_prefix = |(name, value): (&FieldName, &FieldValue)| {
            Some((name.as_str().strip_prefix(prefix)?.to_owned(), value.as_text()?.to_owned()))
        };
        self.0.iter().filter_map(of_prefix).collect()
    }
}

impl FromIterator<(FieldName, FieldValue)> for Values {
    fn from_iter<I: IntoIterator<Item = (FieldName, FieldValue)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// A time in JSON: milliseconds since 1970.
pub(super) mod milliseconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use vigil_protocol::Timestamp;

    pub(in crate::records) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(time.0)
    }

    pub(in crate::records) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp)
    }
}
