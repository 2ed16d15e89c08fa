//! The rules of an instrument, as data: one kind a variant, so that a new kind leaves the old ones alone.
//!
//! A rule names its outcomes neutrally and never decides; it says what the answers add up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::expression::Expression;
use crate::id::{Id, ItemId};
use crate::text::Text;
use crate::unique::unique_map;

/// One rule of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Adds up points and names the band that the sum falls in.
    WeightedSum(WeightedSum),
    /// Says whether enough strong, medium and weak signs of one dimension were noted.
    StrengthCount(StrengthCount),
    /// Says whether any of some items was answered yes.
    AnyOf(AnyOf),
    /// Counts, without a verdict.
    Count(Count),
    /// Proposes to let the person go when a reason for it was verified (CARE 4).
    GreenLights(GreenLights),
    /// The three elements of the Palermo Protocol, Article 3, with its rule for children.
    ActMeansPurpose(ActMeansPurpose),
    /// The first row whose condition holds.
    CaseTable(CaseTable),
}

impl Rule {
    /// The rule's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        match self {
            Self::WeightedSum(rule) => &rule.id,
            Self::StrengthCount(rule) => &rule.id,
            Self::AnyOf(rule) => &rule.id,
            Self::Count(rule) => &rule.id,
            Self::GreenLights(rule) => &rule.id,
            Self::ActMeansPurpose(rule) => &rule.id,
            Self::CaseTable(rule) => &rule.id,
        }
    }

    /// The rule's title, if it has one.
    #[must_use]
    pub fn title(&self) -> Option<&Text> {
        match self {
            Self::WeightedSum(rule) => rule.title.as_ref(),
            Self::StrengthCount(rule) => rule.title.as_ref(),
            Self::AnyOf(rule) => rule.title.as_ref(),
            Self::Count(rule) => rule.title.as_ref(),
            Self::GreenLights(rule) => rule.title.as_ref(),
            Self::ActMeansPurpose(rule) => rule.title.as_ref(),
            Self::CaseTable(rule) => rule.title.as_ref(),
        }
    }

    /// The kind's name in a file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::WeightedSum(_) => "weighted_sum",
            Self::StrengthCount(_) => "strength_count",
            Self::AnyOf(_) => "any_of",
            Self::Count(_) => "count",
            Self::GreenLights(_) => "green_lights",
            Self::ActMeansPurpose(_) => "act_means_purpose",
            Self::CaseTable(_) => "case_table",
        }
    }
}

/// An outcome in a rule's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Neutral name.
    pub id: Id,
    /// What it means and what to do, never a verdict.
    pub text: Text,
}

/// A sum of points with thresholds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WeightedSum {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Points of this sum in place of the items' own: yes/no items only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub points: BTreeMap<ItemId, u16>,
    /// From the lowest to the highest; the first starts at 0.
    pub bands: Vec<Band>,
}

/// A range of a sum, up to the start of the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Neutral name of the outcome.
    pub id: Id,
    /// The sum from which it holds.
    pub from: u16,
    /// What it means and what to do, never a verdict.
    pub text: Text,
}

/// A dimension that holds with enough signs of enough strength (ILO/EC operational indicators, 2009).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StrengthCount {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The items it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemId>,
    /// Or the group whose items it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Id>,
    /// What is enough: any of these.
    pub patterns: Vec<Pattern>,
    /// What it means where one of them is reached.
    pub positive: Text,
    /// What it means where none is.
    pub not_positive: Text,
}

/// How many signs of each strength are enough; a stronger sign may stand in a weaker one's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Strong signs.
    #[serde(default)]
    pub strong: u8,
    /// Medium signs.
    #[serde(default)]
    pub medium: u8,
    /// Weak signs.
    #[serde(default)]
    pub weak: u8,
}

/// Whether any of some items was answered yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AnyOf {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemId>,
    /// Or the group whose items they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Id>,
    /// At least one.
    pub some: Outcome,
    /// None so far.
    pub none: Outcome,
}

/// A count that is shown and means nothing by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemId>,
    /// Or the group whose items they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Id>,
    /// What stands beside the count.
    pub text: Text,
}

/// When a verified green light proposes release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GreenLights {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// For a child, at least one of these must be verified beside the green light: a guardian or school was reached.
    pub child_contacts: Vec<ItemId>,
}

/// Act, means and purpose (Palermo Protocol, Article 3); for a child an act and a purpose are enough (3(c)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ActMeansPurpose {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Items or earlier rules, any of which shows an act.
    pub act: Vec<Id>,
    /// Likewise for means.
    pub means: Vec<Id>,
    /// Likewise for a purpose.
    pub purpose: Vec<Id>,
    /// What it means where every element that is needed was noted.
    pub met: Text,
    /// What it means where one is not.
    pub not_met: Text,
}

/// Rows of conditions; the first that holds names the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CaseTable {
    /// Name of the rule.
    pub id: Id,
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The rows, read from the first.
    pub rows: Vec<CaseRow>,
    /// Where none holds.
    pub otherwise: Outcome,
}

/// One row of a case table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CaseRow {
    /// The condition.
    pub when: Expression,
    /// What it comes to.
    pub outcome: Outcome,
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

impl Pattern {
    /// Whether so many signs are enough.
    #[must_use]
    pub fn is_reached(&self, strong: usize, medium: usize, weak: usize) -> bool {
        let (s, m, w) = (usize::from(self.strong), usize::from(self.medium), usize::from(self.weak));
        strong >= s && strong + medium >= s + m && strong + medium + weak >= s + m + w
    }

    /// How many signs it asks for.
    #[must_use]
    pub fn signs(&self) -> usize {
        usize::from(self.strong) + usize::from(self.medium) + usize::from(self.weak)
    }
}
