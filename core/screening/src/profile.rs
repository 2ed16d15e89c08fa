//! Whom an instrument is applied to: as much as changes which items and rules hold, and nothing that names anybody.
//!
//! An age that is unknown or disputed counts as under 18 everywhere (CARE 5).

use serde::{Deserialize, Serialize};

use crate::date::Date;

/// What the rules need to know about the person screened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Age, as far as the rules care.
    #[serde(default)]
    pub age_band: AgeBand,
    /// What kind of exploitation it is about, for instruments that tell kinds apart.
    #[serde(default, skip_serializing_if = "Exploitation::is_unknown")]
    pub exploitation: Exploitation,
    /// The day of the screening, for instruments that compute with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
}

impl Profile {
    /// Somebody of whom only the age band matters.
    #[must_use]
    pub fn of_age(age_band: AgeBand) -> Self {
        Self { age_band, ..Self::default() }
    }
}

/// A kind of exploitation, as far as the rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Exploitation {
    /// Of somebody's work.
    Labour,
    /// Sexual.
    Sexual,
    /// Another kind.
    Other,
    /// Not known, or not asked.
    #[default]
    Unknown,
}

impl Exploitation {
    /// The word that stands for it in records and files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Labour => "labour",
            Self::Sexual => "sexual",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

/// Age, as far as the rules care.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeBand {
    /// Under 18.
    #[serde(rename = "under_18")]
    Under18,
    /// 18 or over.
    Adult,
    /// Not known, or not asked.
    #[default]
    Unknown,
    /// The person, their papers or those with them say different things.
    Disputed,
}

/// A word that is not an age band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an age band is under_18, adult, unknown or disputed")]
pub struct BadAgeBand;

impl BadAgeBand {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "bad_age_band"
    }
}

impl AgeBand {
    /// Every band.
    pub const ALL: [Self; 4] = [Self::Under18, Self::Adult, Self::Unknown, Self::Disputed];

    /// The word that stands for it in records and files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Under18 => "under_18",
            Self::Adult => "adult",
            Self::Unknown => "unknown",
            Self::Disputed => "disputed",
        }
    }

    /// Reads the word that stands in records and files.
    ///
    /// # Errors
    /// [`BadAgeBand`] for any other word; a caller that goes on anyway takes [`AgeBand::Unknown`].
    pub fn parse(word: &str) -> Result<Self, BadAgeBand> {
        Self::ALL.into_iter().find(|band| band.code() == word).ok_or(BadAgeBand)
    }

    /// Whether the rules for children hold: always, unless the person is known to be 18 or over.
    #[must_use]
    pub fn counts_as_under_18(self) -> bool {
        self != Self::Adult
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_age_but_a_known_adult_counts_as_under_18() {
        assert!(AgeBand::Under18.counts_as_under_18());
        assert!(AgeBand::Unknown.counts_as_under_18());
        assert!(AgeBand::Disputed.counts_as_under_18());
        assert!(!AgeBand::Adult.counts_as_under_18());
        assert!(Profile::default().age_band.counts_as_under_18());
    }

    #[test]
    fn an_age_band_is_the_same_word_in_code_and_json() {
        for band in AgeBand::ALL {
            assert_eq!(AgeBand::parse(band.code()), Ok(band));
            assert_eq!(serde_json::to_string(&band).unwrap(), format!("\"{}\"", band.code()));
        }
        assert_eq!(AgeBand::parse("17").unwrap_err().code(), "bad_age_band");
    }
}
