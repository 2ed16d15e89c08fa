//! The typed form of an instrument file: what an author writes and what the engine reads.
//!
//! A [`Sheet`] is the file as written; an [`Instrument`](crate::Instrument) is a sheet that passed every check.

mod card;
mod item;
mod rule;
mod section;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::profile::{AgeBand, Exploitation, Profile};
use crate::text::{Lang, Review, Text};
use crate::unique::unique_map;

pub use card::{Card, Needs, Provenance, Publisher, Status, Verification, WorkedCase};
pub use item::{
    AnswerKind, Applies, Checked, CheckedHow, Choice, Concern, Htcds, Item, Media, MediaKind, Role, Strength, YesOrNo,
};
pub use rule::{
    ActMeansPurpose, AnyOf, Band, CaseRow, CaseTable, Count, GreenLights, Outcome, Pattern, Rule, StrengthCount,
    WeightedSum,
};
pub use section::{Derived, Group, Repeat, SafetyPage, Section};

/// Columns of a spreadsheet that the engine does not use, kept for export as they were written.
pub type Kept = BTreeMap<String, String>;

/// An instrument file as it is written; `docs/instrument-format.md` tells each field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Format of the file; [`Sheet::FORMAT`].
    pub format: u32,
    /// Name of the instrument, the same in every version.
    pub id: Id,
    /// Version, from 1. A published version never changes.
    pub version: u32,
    /// Language that the instrument was written in; every text has it.
    pub language: Lang,
    /// Every language used, with its review status.
    #[serde(deserialize_with = "unique_map")]
    pub languages: BTreeMap<Lang, Review>,
    /// Languages to try where a text lacks one, before the instrument's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub fallback: BTreeMap<Lang, Vec<Lang>>,
    /// Title.
    pub title: Text,
    /// What stands under every result: the score does not decide.
    pub notice: Text,
    /// Where it comes from and how far it was checked.
    pub provenance: Provenance,
    /// Why it may not be used yet. It can be read and gives no outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Text>,
    /// Who may use it.
    pub needs: Needs,
    /// Whom it tells apart; the first that fits is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<ProfileKind>,
    /// The page before every other.
    pub safety: SafetyPage,
    /// The items, page by page.
    pub sections: Vec<Section>,
    /// Options that several items share.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub lists: BTreeMap<Id, Vec<Choice>>,
    /// Headings under which results list their items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Ways in which a green light or a contact can be verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verifications: Vec<Verification>,
    /// Cards that open on certain answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub help_cards: Vec<Card>,
    /// Cards that a monitor opens by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice_cards: Vec<Card>,
    /// Values computed from answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<Derived>,
    /// What the answers add up to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Worked cases for practice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<WorkedCase>,
    /// Who answers for this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
    /// The publisher's Ed25519 signature over everything else, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Settings of the spreadsheet that it came from.
    #[serde(default, skip_serializing_if = "Kept::is_empty", deserialize_with = "unique_map")]
    pub xlsform: Kept,
}

/// One kind of person that an instrument tells apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileKind {
    /// Name, as strengths and points use it.
    pub id: Id,
    /// Whom it means.
    pub text: Text,
    /// The age it holds for; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<ProfileAge>,
    /// The kinds of exploitation it holds for; none: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exploitation: Vec<Exploitation>,
    /// Why it may not be used yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Text>,
}

/// The two ages that rules know; an unknown or disputed age is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProfileAge {
    /// Under 18, unknown or disputed.
    #[serde(rename = "under_18")]
    Under18,
    /// Known to be 18 or over.
    Adult,
}

impl ProfileKind {
    /// Whether it means this person.
    #[must_use]
    pub fn fits(&self, profile: &Profile) -> bool {
        let age = match self.age {
            None => true,
            Some(ProfileAge::Under18) => profile.age_band.counts_as_under_18(),
            Some(ProfileAge::Adult) => profile.age_band == AgeBand::Adult,
        };
        age && (self.exploitation.is_empty() || self.exploitation.contains(&profile.exploitation))
    }
}

impl Sheet {
    /// The file format that this version reads and writes.
    pub const FORMAT: u32 = 1;

    /// Every item, the safety page's first, in the order in which they are asked.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.safety.items.iter().chain(self.sections.iter().flat_map(|section| section.items.iter()))
    }

    /// The options of an item, its own or of the list it names; none where it has no options.
    #[must_use]
    pub fn options<'a>(&'a self, item: &'a Item) -> &'a [Choice] {
        match &item.answer {
            AnswerKind::Choice(options) | AnswerKind::Choices(options) => options,
            AnswerKind::ChoiceFrom(list) | AnswerKind::ChoicesFrom(list) => {
                self.lists.get(list).map_or(&[], Vec::as_slice)
            }
            _ => &[],
        }
    }
}
