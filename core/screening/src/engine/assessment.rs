//! What an instrument makes of the answers, complete with its reasons.
//!
//! An assessment carries no decision. Its total is exactly the sum of the red flags it lists, and whatever was left
//! out of account is listed too.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::answers::Answer;
use crate::id::{Id, ItemId};
use crate::profile::AgeBand;
use crate::sheet::Concern;

/// The result of one instrument for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// Name of the instrument.
    pub instrument: Id,
    /// Its version.
    pub version: u32,
    /// The age that was given.
    pub age_band: AgeBand,
    /// Whether the rules for children were used.
    pub counted_as_under_18: bool,
    /// The kind of person that the instrument takes them for, where it tells kinds apart.
    pub kind: Option<Id>,
    /// Why the instrument says nothing about this person, if it does not.
    pub says_nothing: Option<String>,
    /// What each rule comes to, in the instrument's order.
    pub rules: Vec<RuleResult>,
    /// Values computed from the answers.
    pub derived: Vec<DerivedValue>,
    /// Sum of the points of [`Self::red_flags`]; none where the instrument adds nothing up.
    pub total: Option<u32>,
    /// The band that the total falls in.
    pub band: Option<BandReached>,
    /// The answers that made the total, in the instrument's order.
    pub red_flags: Vec<RedFlagCounted>,
    /// What was raised that comes before every score and every green light.
    pub concerns: Vec<ConcernRaised>,
    /// Help cards that the answers open.
    pub help_cards: Vec<Id>,
    /// Green lights that were answered yes, verified or not.
    pub green_lights: Vec<ShownLight>,
    /// Guardians and schools that were reached, verified or not.
    pub contacts: Vec<ShownLight>,
    /// Whether a verified green light proposes to let the person go. A person decides.
    pub release_proposed: bool,
    /// Everything that speaks for and against release, or stands beside it.
    pub release_reasons: Vec<Reason>,
    /// Items that were asked and stay unknown.
    pub unknown: Vec<ItemId>,
    /// Items that could still change the outcome: not asked, or said yes to and not yet verified.
    pub open: Vec<ItemId>,
    /// What to ask next: what is left of the safety page, then the most useful of [`Self::open`]. None when there is a reason
    /// to stop asking.
    pub next: Option<ItemId>,
    /// Why nothing more should be asked.
    pub stop: Option<Stop>,
    /// Answers that were left out of account, and why.
    pub set_aside: Vec<SetAside>,
    /// Answers that do not fulfil their item's constraint. They count, and are worth asking about again.
    pub doubtful: Vec<ItemId>,
    /// What stands under every result of this instrument.
    pub notice: String,
    /// The languages that the reader prefers.
    #[serde(skip)]
    pub(crate) languages: Vec<String>,
    /// The wording of every item that is named above and may be shown.
    #[serde(skip)]
    pub(crate) wording: BTreeMap<ItemId, String>,
}

/// What one rule comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleResult {
    /// The rule.
    pub id: Id,
    /// Its kind.
    pub kind: &'static str,
    /// What it is called.
    pub title: Option<String>,
    /// Neutral name of the outcome; `disabled` or `not_applicable` where the rule says nothing about this person.
    pub outcome: String,
    /// The outcome in words.
    pub text: String,
    /// The sum or the count, for rules that have one.
    pub value: Option<i64>,
    /// The items whose answers produced the outcome.
    pub because: Vec<ItemId>,
    /// The items of the rule that were asked and stay unknown. Unknown is not no.
    pub unknown: Vec<ItemId>,
    /// The items whose answers could still change it.
    pub open: Vec<ItemId>,
    /// The most useful of them that can be asked now; none when there is a reason to stop asking.
    pub next: Option<ItemId>,
}

/// A value computed from the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DerivedValue {
    /// Its name.
    pub id: Id,
    /// What it is called.
    pub text: String,
    /// The value; none while an answer that it needs is missing.
    pub value: Option<String>,
}

/// The band that a total falls in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BandReached {
    /// Neutral name of the outcome.
    pub id: Id,
    /// The words of the instrument.
    pub text: String,
}

/// An answer that added points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RedFlagCounted {
    /// The item.
    pub item: ItemId,
    /// The words of the instrument, with the option chosen.
    pub text: String,
    /// The heading it belongs under.
    pub group: Option<String>,
    /// What was answered.
    pub answer: Answer,
    /// What it added.
    pub points: u16,
}

/// Something raised that no green light overrides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConcernRaised {
    /// The item.
    pub item: ItemId,
    /// The words of the instrument.
    pub text: String,
    /// What it is.
    pub concern: Concern,
    /// The card to open.
    pub help_card: Option<Id>,
}

/// A green light or a contact that was answered yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownLight {
    /// The item.
    pub item: ItemId,
    /// The words of the instrument.
    pub text: String,
    /// How it was verified; none: it was only said, and counts for nothing yet.
    pub verified: Option<VerifiedBy>,
}

/// How something was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedBy {
    /// The way.
    pub id: Id,
    /// The words of the instrument.
    pub text: String,
}

/// One reason for or against proposing release, or beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable name of the reason.
    pub code: ReasonCode,
    /// Which way it speaks.
    pub side: Side,
    /// The item it comes from.
    pub item: Option<ItemId>,
    /// The reason in words.
    pub text: String,
}

/// Which way a reason speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// For release.
    For,
    /// Against proposing it.
    Against,
    /// Neither, and to be weighed by the person who decides.
    Beside,
}

/// Stable names of the reasons around release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasonCode {
    /// A green light was verified.
    GreenLight,
    /// A child's guardian or school was reached.
    ContactReached,
    /// The person asks for help.
    RequestForHelp,
    /// The person is hurt or unwell.
    Injury,
    /// Something threatens the person.
    Danger,
    /// The person counts as under 18, and neither guardian nor school was reached.
    ChildNotReached,
    /// A green light was said and not verified.
    NotVerified,
    /// No green light at all.
    NoGreenLight,
    /// The instrument has no green lights.
    NoRule,
    /// Signs were noted beside the green light.
    SignsNoted,
    /// It is unknown whether there is a concern.
    ConcernUnknown,
    /// Nobody asked whether there is a concern.
    ConcernNotAsked,
}

/// Why nothing more should be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The person does not want to go on.
    Declined,
    /// Help comes first.
    HelpFirst,
    /// A green light was verified.
    GreenLight,
}

/// An answer that was left out of account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The item.
    pub item: ItemId,
    /// Why.
    pub why: SetAsideWhy,
}

/// Why an answer was left out of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideWhy {
    /// This version of the instrument has no such item.
    NoSuchItem,
    /// The item is not for this age.
    OtherAge,
    /// The item belongs to a branch that other answers ruled out.
    OtherBranch,
    /// The item cannot be answered like that.
    WrongKind,
}
