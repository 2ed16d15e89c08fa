//! The items of an instrument that hold for a person, each with what was answered.
//!
//! Answers are read once, here; whatever cannot be read is set aside by name and never guessed at.

use crate::answers::{Answer, Answers};
use crate::assessment::{SetAside, SetAsideWhy};
use crate::instrument::{AnswerKind, Choice, Instrument, Item, Role, Verification, YesOrNo};

/// What was answered to an item, as far as the rules care.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply<'a> {
    NotAsked,
    Unknown,
    No,
    Yes,
    Verified(&'a Verification),
    Chosen(&'a Choice),
    /// A number or words.
    Kept,
}

/// An item that holds for the person, with its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marked<'a> {
    pub(crate) item: &'a Item,
    pub(crate) reply: Reply<'a>,
}

impl Marked<'_> {
    pub(crate) fn is_yes(&self) -> bool {
        matches!(self.reply, Reply::Yes | Reply::Verified(_))
    }

    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.reply, Reply::Verified(_))
    }

    /// Not asked, and there to be asked at all.
    pub(crate) fn could_be_asked(&self) -> bool {
        matches!(self.reply, Reply::NotAsked) && !self.item.only_if_raised
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.reply, Reply::Unknown)
    }

    /// Said yes where only a verified yes counts.
    pub(crate) fn awaits_verification(&self) -> bool {
        matches!(self.item.role, Role::GreenLight | Role::Contact) && matches!(self.reply, Reply::Yes)
    }

    /// Whether the answer ends the questions.
    pub(crate) fn ends(&self) -> bool {
        match self.item.ends_when {
            Some(YesOrNo::Yes) => self.is_yes(),
            Some(YesOrNo::No) => matches!(self.reply, Reply::No),
            None => false,
        }
    }

    /// Points that the answer adds; none where it is no reason at all.
    pub(crate) fn counted(&self) -> Option<u16> {
        if self.item.role != Role::RedFlag {
            return None;
        }
        match self.reply {
            Reply::Yes | Reply::Verified(_) => Some(self.item.points),
            Reply::Chosen(option) if option.points > 0 => Some(option.points),
            _ => None,
        }
    }
}

/// Reads the answers against the instrument's items.
pub(crate) fn mark<'a>(
    instrument: &'a Instrument,
    as_child: bool,
    answers: &'a Answers,
) -> (Vec<Marked<'a>>, Vec<SetAside>) {
    let (mut marked, mut wrong) = (Vec::new(), Vec::new());
    for item in instrument.items() {
        let answer = answers.get(&item.id).unwrap_or(&Answer::NotAsked);
        let set_aside = |why| SetAside { item: item.id.clone(), why };
        if !item.applies.to(as_child) {
            if *answer != Answer::NotAsked {
                wrong.push(set_aside(SetAsideWhy::OtherAge));
            }
            continue;
        }
        let reply = reply(instrument, item, answer).unwrap_or_else(|| {
            wrong.push(set_aside(SetAsideWhy::WrongKind));
            // Somebody did ask, and what came of it cannot be read.
            Reply::Unknown
        });
        marked.push(Marked { item, reply });
    }
    for id in answers.keys().filter(|id| instrument.item(id.as_str()).is_none()) {
        wrong.push(SetAside { item: id.clone(), why: SetAsideWhy::NoSuchItem });
    }
    (marked, wrong)
}

fn reply<'a>(instrument: &'a Instrument, item: &'a Item, answer: &'a Answer) -> Option<Reply<'a>> {
    match (answer, &item.answer) {
        (Answer::NotAsked, _) => Some(Reply::NotAsked),
        (Answer::Unknown, _) => Some(Reply::Unknown),
        (Answer::Yes, AnswerKind::YesNo) => Some(Reply::Yes),
        (Answer::No, AnswerKind::YesNo) => Some(Reply::No),
        // A yes stays a yes, however oddly it was verified: a request for help must not get lost over it.
        (Answer::Verified(way), AnswerKind::YesNo) => {
            let way = item.verified_by.iter().find(|known| *known == way);
            let way = way.and_then(|id| instrument.sheet().verifications.iter().find(|known| known.id == *id));
            Some(way.map_or(Reply::Yes, Reply::Verified))
        }
        (Answer::Choice(id), AnswerKind::Choice(options)) => {
            options.iter().find(|option| option.id == *id).map(Reply::Chosen)
        }
        (Answer::Number(number), AnswerKind::Number { min, max }) if (min..=max).contains(&number) => Some(Reply::Kept),
        (Answer::Text(_), AnswerKind::Text) => Some(Reply::Kept),
        _ => None,
    }
}
