//! The engine's own words, in one place so that they can be translated together.
//!
//! Plain sentences for a person at a checkpoint; none of them calls anybody anything.

use crate::assessment::{ReasonCode, SetAsideWhy, Stop};

/// A reason around release; `item` is the wording of the item it comes from.
pub(crate) fn reason(code: ReasonCode, item: Option<&str>) -> String {
    let sentence = match code {
        ReasonCode::GreenLight => "verified",
        ReasonCode::ContactReached => "guardian or school reached",
        ReasonCode::RequestForHelp => "help is asked for, and no green light overrides that",
        ReasonCode::Injury => "needs care, and no green light overrides that",
        ReasonCode::Danger => "possible danger, and no green light overrides that",
        ReasonCode::ChildNotReached => {
            "counts as under 18, and neither a guardian nor a school was reached and verified"
        }
        ReasonCode::NotVerified => "said, not verified",
        ReasonCode::NoGreenLight => "no green light was noted",
        ReasonCode::NoRule => "this instrument has no green lights",
        ReasonCode::SignsNoted => "signs were noted too; weigh them",
        ReasonCode::ConcernUnknown => "asked, and not known",
        ReasonCode::ConcernNotAsked => "not asked yet",
    };
    item.map_or_else(|| sentence.to_owned(), |item| format!("{item} ({sentence})"))
}

pub(crate) fn points(points: u32) -> String {
    if points == 1 { "1 point".to_owned() } else { format!("{points} points") }
}

pub(crate) fn and_more(count: usize) -> String {
    format!(" and {count} more")
}

pub(crate) const AGE_AS_CHILD: &str = "Age unknown or disputed: the rules for under 18 are used.";
pub(crate) const RELEASE_PROPOSED: &str = "Release is proposed:";
pub(crate) const RELEASE_NOT_PROPOSED: &str = "Release is not proposed:";
pub(crate) const COMES_FIRST: &str = "Comes first:";
pub(crate) const UNKNOWN: &str = "Unknown, which is not no:";
pub(crate) const NOT_ASKED: &str = "  - not asked yet:";
pub(crate) const OPEN: &str = "Could still change the result:";
pub(crate) const NEXT: &str = "Next:";
pub(crate) const SET_ASIDE: &str = "Left out:";

pub(crate) fn stop(stop: Stop) -> &'static str {
    match stop {
        Stop::Declined => "Stop asking: the person does not want to go on.",
        Stop::HelpFirst => "Stop asking: help comes first.",
        Stop::GreenLight => "Stop asking: a green light was verified.",
    }
}

pub(crate) fn set_aside(why: SetAsideWhy) -> &'static str {
    match why {
        SetAsideWhy::NoSuchItem => "not in this version",
        SetAsideWhy::OtherAge => "not for this age",
        SetAsideWhy::WrongKind => "the answer does not fit the item",
    }
}
