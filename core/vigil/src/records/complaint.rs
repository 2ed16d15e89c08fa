//! A complaint, or the question what is kept: what a person who was screened says to somebody else than the committee.
//! It needs words and nothing else; who she is stands in it only if she says so herself (CARE 14).

use super::field::{FieldName, FieldValue};
use super::typed::{Fields, InputError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of this kind of record.
pub const COMPLAINT: &str = "complaint";

/// What she asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintAsks {
    /// That somebody looks at what was done.
    #[default]
    Review,
    /// To know what is kept about her.
    WhatIsKept,
}

impl ComplaintAsks {
    /// Its code in a record.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::WhatIsKept => "what_is_kept",
        }
    }
}

/// A complaint as given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewComplaint {
    /// What she asks for.
    #[serde(default)]
    pub asks: ComplaintAsks,
    /// In her words.
    pub text: String,
}

impl fmt::Debug for NewComplaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewComplaint(..)")
    }
}

impl NewComplaint {
    /// The fields of its record.
    ///
    /// # Errors
    /// [`InputError`] if there are no words, or too many.
    pub fn to_fields(&self) -> Result<Vec<(FieldName, FieldValue)>, InputError> {
        if self.text.trim().is_empty() {
            return Err(InputError::Empty { field: "text" });
        }
        let mut fields = Fields::new();
        fields.put("asks", Some(self.asks.code()))?;
        fields.put("text", Some(self.text.as_str()))?;
        fields.checked(COMPLAINT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_needs_words_and_nothing_else() {
        let complaint = |text: &str| NewComplaint { asks: ComplaintAsks::WhatIsKept, text: text.to_owned() };
        let fields = complaint("He kept my phone.").to_fields().unwrap();
        let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["asks", "text"]);
        assert_eq!(complaint("  ").to_fields().unwrap_err().code(), "input.empty");
        assert_eq!(complaint(&"a".repeat(9000)).to_fields().unwrap_err().code(), "kind.too_long");
        assert_eq!(format!("{:?}", complaint("He")), "NewComplaint(..)");
    }
}
