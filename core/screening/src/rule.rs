//! The rules of an instrument, as data: one kind a variant, so that a new kind leaves the old ones alone.
//!
//! A rule names its outcomes neutrally and never decides; it says what the answers add up to.

use serde::{Deserialize, Serialize};

use crate::id::{Id, ItemId};
use crate::text::Text;

/// One rule of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Adds up the points of the red flags and names the band that the sum falls in.
    WeightedSum(WeightedSum),
    /// Proposes to let the person go when a reason for it was verified (CARE 4).
    GreenLights(GreenLights),
}

impl Rule {
    /// The rule's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        match self {
            Self::WeightedSum(rule) => &rule.id,
            Self::GreenLights(rule) => &rule.id,
        }
    }
}

/// A sum of points with thresholds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedSum {
    /// Name of the rule.
    pub id: Id,
    /// From the lowest to the highest; the first starts at 0.
    pub bands: Vec<Band>,
}

/// A range of a sum, up to the start of the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Neutral name of the outcome.
    pub id: Id,
    /// The sum from which it holds.
    pub from: u16,
    /// What it means and what to do, never a verdict.
    pub text: Text,
}

/// When a verified green light proposes release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GreenLights {
    /// Name of the rule.
    pub id: Id,
    /// For a child, at least one of these must be verified beside the green light: a guardian or school was reached.
    pub child_contacts: Vec<ItemId>,
}

impl WeightedSum {
    /// The band that a sum falls in, if there is any band at all.
    #[must_use]
    pub fn band(&self, sum: u32) -> Option<&Band> {
        self.bands.iter().rev().find(|band| u32::from(band.from) <= sum)
    }

    /// The highest threshold.
    #[must_use]
    pub fn top(&self) -> u32 {
        self.bands.iter().map(|band| u32::from(band.from)).max().unwrap_or(0)
    }
}
