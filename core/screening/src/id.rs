//! Names of items, groups, bands and ways of verifying: short, lower-case, safe as a field name anywhere.
//!
//! An [`Id`] that exists is well formed; nothing else in this crate checks one again.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::ID_BYTES;

/// A snake_case name: a letter, then letters, digits and underscores, 64 bytes at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

/// The id of an item, as it stands in a record's answers.
pub type ItemId = Id;

/// A name that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a lower-case letter followed by lower-case letters, digits or underscores, 64 at most")]
pub struct BadId;

impl BadId {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "bad_id"
    }
}

impl Id {
    /// Takes a name if it is well formed.
    ///
    /// # Errors
    /// [`BadId`] if it is not.
    pub fn new(name: impl Into<String>) -> Result<Self, BadId> {
        let name = name.into();
        let well_formed = name.len() <= ID_BYTES
            && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if well_formed { Ok(Self(name)) } else { Err(BadId) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = BadId;
    fn try_from(name: String) -> Result<Self, BadId> {
        Self::new(name)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_snake_case_names_are_ids() {
        for good in ["a", "debt_bondage", "q501", &"a".repeat(ID_BYTES)] {
            assert!(Id::new(good).is_ok(), "{good}");
        }
        for bad in ["", "_a", "1a", "A", "a-b", "a b", "a:b", "é", &"a".repeat(ID_BYTES + 1)] {
            assert_eq!(Id::new(bad).unwrap_err().code(), "bad_id", "{bad}");
        }
    }
}
