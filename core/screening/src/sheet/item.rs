//! One thing to ask or to look for, with everything that a monitor, a rule and an exporter need of it.
//!
//! Every item can be skipped; the format has no way to require one (CARE 6, DESIGN 14).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kept;
use crate::expression::Expression;
use crate::id::{Id, ItemId};
use crate::text::{Lang, Text};
use crate::unique::unique_map;

/// One thing to ask or to look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Asked only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// What an answer must fulfil; `value` is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<Expression>,
    /// What to say where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint_text: Option<Text>,
    /// Heading in results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Id>,
    /// Points that a yes adds; red flags only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u16,
    /// Other points for some profiles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub points_for: BTreeMap<Id, u16>,
    /// How strong a sign it is, by profile; under `any` where the instrument has no profiles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub strengths: BTreeMap<Id, Strength>,
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
    /// Asked before others of equal use; never forced.
    #[serde(default, skip_serializing_if = "is_false")]
    pub important: bool,
    /// Name of an icon, for low literacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<Id>,
    /// Name of a voice cue, for low literacy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<Id>,
    /// Pictures and sounds of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// How far this item was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Checked>,
    /// Its field in the Human Trafficking Case Data Standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub htcds: Option<Htcds>,
    /// The items of the source that its facts come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_items: Vec<String>,
    /// Its name in the spreadsheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Its columns of the spreadsheet that are not used here.
    #[serde(default, skip_serializing_if = "Kept::is_empty", deserialize_with = "unique_map")]
    pub xlsform: Kept,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(points: &u16) -> bool {
    *points == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What an item is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A sign.
    RedFlag,
    /// A reason to stop asking and let the person go, once verified.
    GreenLight,
    /// A guardian or a school that was reached, once verified.
    Contact,
    /// Kept or acted on, and no sign.
    Question,
}

/// What can be answered, beside "unknown" and "not asked", which always can.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AnswerKind {
    /// Yes or no.
    YesNo,
    /// One of these.
    Choice(Vec<Choice>),
    /// Any of these.
    Choices(Vec<Choice>),
    /// One of a list that several items share.
    ChoiceFrom(Id),
    /// Any of a list that several items share.
    ChoicesFrom(Id),
    /// A whole number within bounds.
    Number {
        /// The lowest.
        #[serde(default = "lowest", skip_serializing_if = "is_lowest")]
        min: i64,
        /// The highest.
        #[serde(default = "highest", skip_serializing_if = "is_highest")]
        max: i64,
    },
    /// A number with a fraction.
    Decimal,
    /// A day.
    Date,
    /// A time of day, or a day and a time.
    Time,
    /// Words.
    Text,
    /// Nothing: it is only read.
    Note,
    /// A kind of the spreadsheet that is not asked here.
    Kept(String),
}

fn lowest() -> i64 {
    i64::MIN
}

fn highest() -> i64 {
    i64::MAX
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_lowest(min: &i64) -> bool {
    *min == i64::MIN
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_highest(max: &i64) -> bool {
    *max == i64::MAX
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Name, as it stands in an answer after `choice:`.
    pub id: Id,
    /// What the monitor reads.
    pub text: Text,
    /// Points that it adds; red flags only.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub points: u16,
    /// Its value in the Human Trafficking Case Data Standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub htcds: Option<String>,
    /// Pictures and sounds of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Its name in the spreadsheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_name: Option<String>,
    /// Its columns of the spreadsheet that are not used here.
    #[serde(default, skip_serializing_if = "Kept::is_empty", deserialize_with = "unique_map")]
    pub xlsform: Kept,
}

/// For whom an item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum YesOrNo {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// How strong a sign is, in rules that count strengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Weak.
    Weak,
    /// Medium.
    Medium,
    /// Strong.
    Strong,
}

/// A picture or a sound, by the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// The file's name; the file travels beside the instrument.
    pub file: String,
    /// The language it is for; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
}

/// What a media file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A larger picture.
    BigImage,
    /// A sound.
    Audio,
    /// A film.
    Video,
}

/// How far an item was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// How.
    pub status: CheckedHow,
    /// What exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where an item's facts were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckedHow {
    /// In the source itself.
    ReadInSource,
    /// In a text that reproduces the source.
    ReadInSecondary,
    /// Sources say different things.
    Disputed,
    /// From memory; nobody has checked it.
    Recalled,
    /// It is an addition of this instrument's.
    Own,
}

/// A field of the Human Trafficking Case Data Standard (IOM, HTCDS v2.0, CC BY 4.0).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Htcds {
    /// The field's name in the standard.
    pub field: String,
    /// For answers that are no choice: the value that `yes` or `no` stands for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "unique_map")]
    pub values: BTreeMap<String, String>,
}

impl Item {
    /// Whether it can be answered at all.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !matches!(self.answer, AnswerKind::Note | AnswerKind::Kept(_))
    }

    /// The points of a yes for a profile.
    #[must_use]
    pub fn points_for(&self, profile: Option<&Id>) -> u16 {
        profile.and_then(|id| self.points_for.get(id)).copied().unwrap_or(self.points)
    }

    /// How strong a sign it is for a profile.
    #[must_use]
    pub fn strength(&self, profile: Option<&Id>) -> Option<Strength> {
        self.strengths.get(profile.map_or("any", Id::as_str)).copied()
    }
}
