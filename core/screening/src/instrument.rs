//! The typed form of an instrument file: what an author writes and what the engine reads.
//!
//! An [`Instrument`] exists only after every check of the file has passed, so the engine never meets a dangling
//! reference, a text without wording or a list beyond its limit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::error::InstrumentError;
use crate::id::{Id, ItemId};
use crate::rule::{GreenLights, Rule, WeightedSum};
use crate::text::{Lang, Reading, Review, Text};

/// A checked instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    sheet: Sheet,
}

/// An instrument file as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    pub languages: BTreeMap<Lang, Review>,
    /// Title.
    pub title: Text,
    /// What stands under every result: the score does not decide.
    pub notice: Text,
    /// Where it comes from and how far it was checked.
    pub provenance: Provenance,
    /// Who may use it.
    pub needs: Needs,
    /// The page before every other.
    pub safety: SafetyPage,
    /// The items, page by page.
    pub sections: Vec<Section>,
    /// Headings under which results list their items.
    pub groups: Vec<Group>,
    /// Ways in which a green light or a contact can be verified.
    pub verifications: Vec<Verification>,
    /// Cards that open on certain answers.
    pub help_cards: Vec<HelpCard>,
    /// What the answers add up to.
    pub rules: Vec<Rule>,
}

impl Sheet {
    /// The file format that this version reads and writes.
    pub const FORMAT: u32 = 1;
}

/// Where an instrument comes from and how far it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Source of the facts: which signs, which weights.
    pub source: String,
    /// What the source says about its licence.
    pub source_licence: String,
    /// How this instrument differs from its source.
    pub changes: Vec<String>,
    /// Licence of the wording in this file.
    pub licence: String,
    /// Whether it was validated.
    pub status: Status,
    /// What exactly was and was not verified.
    pub status_note: String,
}

/// Whether an instrument was validated in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has measured how well it tells cases apart.
    NotValidated,
    /// Validated, as the note beside it says.
    Validated,
}

/// Who may use an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Roles that may open it.
    pub roles: Vec<Id>,
    /// Training to have had first.
    pub training: Vec<Text>,
}

/// The page before every other (CARE 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyPage {
    /// Title.
    pub title: Text,
    /// What to do before asking anything.
    pub lines: Vec<Text>,
    /// What to check before going on.
    pub items: Vec<Item>,
}

/// A page of items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Name of the section.
    pub id: Id,
    /// Title.
    pub title: Text,
    /// Advice at the top of the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Text>,
    /// The items, in the order in which they are asked.
    pub items: Vec<Item>,
}

/// A heading for results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the group.
    pub id: Id,
    /// Heading.
    pub text: Text,
}

/// A way in which something can be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Name, as it stands in an answer after `yes:`.
    pub id: Id,
    /// What was done.
    pub text: Text,
}

/// A card that opens on certain answers, and can be opened at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpCard {
    /// Name of the card.
    pub id: Id,
    /// Title.
    pub title: Text,
    /// What to do, in order.
    pub lines: Vec<Text>,
}

/// One thing to ask or to look for. Every item can be skipped; there is no way to require one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Name of the item, as it stands in answers.
    pub id: ItemId,
    /// What it is for.
    pub role: Role,
    /// What can be answered.
    pub answer: AnswerKind,
    /// What the monitor reads.
    pub text: Text,
    /// How to find out, without harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Heading in results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Id>,
    /// Points that a yes adds; red flags only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u16,
    /// For whom it holds.
    #[serde(default, skip_serializing_if = "Applies::is_everyone")]
    pub applies: Applies,
    /// How a yes can be verified; green lights and contacts only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified_by: Vec<Id>,
    /// What a yes raises that no green light overrides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<Concern>,
    /// Card that a yes opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help_card: Option<Id>,
    /// The answer after which nothing more is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_when: Option<YesOrNo>,
    /// Never asked: noted only when the person brings it up.
    #[serde(default, skip_serializing_if = "is_false")]
    pub only_if_raised: bool,
    /// The items of the source that its facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_items: Vec<String>,
}

fn is_zero(points: &u16) -> bool {
    *points == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What an item is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A sign; adds points.
    RedFlag,
    /// A reason to stop asking and let the person go, once verified.
    GreenLight,
    /// A guardian or a school that was reached, once verified.
    Contact,
    /// Kept or acted on, without points.
    Question,
}

/// What can be answered, beside "unknown" and "not asked", which always can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AnswerKind {
    /// Yes or no.
    YesNo,
    /// One of these.
    Choice(Vec<Choice>),
    /// A whole number within bounds.
    Number {
        /// The lowest.
        min: i64,
        /// The highest.
        max: i64,
    },
    /// Words.
    Text,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Name, as it stands in an answer after `choice:`.
    pub id: Id,
    /// What the monitor reads.
    pub text: Text,
    /// Points that it adds; red flags only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u16,
}

/// For whom an item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Everyone.
    #[default]
    Everyone,
    /// Everyone who counts as under 18, which includes an unknown or disputed age.
    #[serde(rename = "under_18")]
    Under18,
    /// Those known to be 18 or over.
    Adult,
}

impl Applies {
    fn is_everyone(&self) -> bool {
        *self == Self::Everyone
    }

    /// Whether it holds for somebody.
    #[must_use]
    pub fn to(self, counts_as_under_18: bool) -> bool {
        match self {
            Self::Everyone => true,
            Self::Under18 => counts_as_under_18,
            Self::Adult => !counts_as_under_18,
        }
    }
}

/// What no green light overrides (CARE 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// The person asks for help.
    RequestForHelp,
    /// The person is hurt or unwell.
    Injury,
    /// Something threatens the person.
    Danger,
}

/// One of the two plain answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YesOrNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Instrument {
    /// Reads and checks an instrument file.
    ///
    /// # Errors
    /// [`InstrumentError`] with a stable code and the place in the file; nothing of a refused file is used.
    pub fn from_json(json: &str) -> Result<Self, InstrumentError> {
        check::read(json).map(|sheet| Self { sheet })
    }

    /// Everything that the file says.
    #[must_use]
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Name of the instrument, the same in every version.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.sheet.id
    }

    /// Version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.sheet.version
    }

    /// Every item, the safety page's first, in the order in which they are asked.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sheet.items()
    }

    /// The item of this name.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.items().find(|item| item.id.as_str() == id)
    }

    /// The help card of this name.
    #[must_use]
    pub fn help_card(&self, id: &str) -> Option<&HelpCard> {
        self.sheet.help_cards.iter().find(|card| card.id.as_str() == id)
    }

    /// A text for a reader who prefers these languages in this order; the instrument's own language comes last.
    #[must_use]
    pub fn read<'a>(&'a self, text: &'a Text, preferred: &[&str]) -> Reading<'a> {
        let own = self.sheet.language.as_str();
        let found = preferred.iter().chain([&own]).find_map(|lang| {
            let (lang, wording) = text.wordings().find(|(have, _)| have.as_str() == *lang)?;
            let review = wording.review.or_else(|| self.sheet.languages.get(lang).copied());
            Some((lang.as_str(), wording.text.as_str(), review.unwrap_or(Review::Unreviewed)))
        });
        // Every checked text has the instrument's own language.
        let (lang, words, review) = found.unwrap_or((own, "", Review::Unreviewed));
        let beside = (review == Review::Unreviewed && lang != own).then(|| self.words(text));
        Reading { lang, text: words, review, beside }
    }

    /// A text in the language that the instrument was written in.
    pub(crate) fn words<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.sheet.language.as_str()).map_or("", |wording| wording.text.as_str())
    }

    pub(crate) fn weighted_sum(&self) -> Option<&WeightedSum> {
        self.sheet.rules.iter().find_map(|rule| match rule {
            Rule::WeightedSum(rule) => Some(rule),
            Rule::GreenLights(_) => None,
        })
    }

    pub(crate) fn green_lights(&self) -> Option<&GreenLights> {
        self.sheet.rules.iter().find_map(|rule| match rule {
            Rule::GreenLights(rule) => Some(rule),
            Rule::WeightedSum(_) => None,
        })
    }
}

impl Sheet {
    pub(crate) fn items(&self) -> impl Iterator<Item = &Item> {
        self.safety.items.iter().chain(self.sections.iter().flat_map(|section| section.items.iter()))
    }
}

impl Item {
    /// The most points that one answer to it can add.
    #[must_use]
    pub fn most_points(&self) -> u16 {
        match &self.answer {
            AnswerKind::Choice(options) => options.iter().map(|option| option.points).max().unwrap_or(0),
            AnswerKind::YesNo | AnswerKind::Number { .. } | AnswerKind::Text => self.points,
        }
    }
}
