//! What was answered to one item, as far as the rules care.
//!
//! Answers are read once, here; whatever cannot be read is set aside by name and never guessed at.

use crate::answers::Answer;
use crate::expression::{Missing, Number, Value};
use crate::instrument::Instrument;
use crate::sheet::{AnswerKind, Choice, Item, Role, Verification, YesOrNo};

/// What was answered to an item.
#[derive(Debug, Clone)]
pub(crate) enum Reply<'a> {
    NotAsked,
    Unknown,
    No,
    Yes,
    Verified(&'a Verification),
    Chosen(Vec<&'a Choice>),
    /// A number, a day or words.
    Kept(&'a Answer),
}

/// Whether an item is asked of the person at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    /// Its condition does not hold, or it is for another age.
    No,
    /// Its condition depends on what is not known yet.
    Pending,
    /// Yes.
    Yes,
}

/// An item with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Marked<'a> {
    pub(crate) item: &'a Item,
    pub(crate) shown: Shown,
    /// Of all rounds, the reply that says most.
    pub(crate) reply: Reply<'a>,
    /// The answer that it was read from.
    pub(crate) answer: &'a Answer,
    /// The rounds that were answered by their number, where there can be several.
    pub(crate) rounds: Vec<(u16, Reply<'a>)>,
}

impl<'a> Marked<'a> {
    pub(crate) fn not_asked(item: &'a Item) -> Self {
        Self { item, shown: Shown::Yes, reply: Reply::NotAsked, answer: &Answer::NotAsked, rounds: Vec::new() }
    }

    /// One round by itself.
    pub(crate) fn one(item: &'a Item, reply: Reply<'a>) -> Self {
        Self { reply, ..Self::not_asked(item) }
    }
}

impl Marked<'_> {
    /// Said yes, be it for whom or in which branch it may: what a concern goes by.
    pub(crate) fn is_yes(&self) -> bool {
        matches!(self.reply, Reply::Yes | Reply::Verified(_))
    }

    /// Said yes to an item that is for this person: what rules go by.
    pub(crate) fn is_sign(&self) -> bool {
        self.is_yes() && self.shown != Shown::No
    }

    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.reply, Reply::Verified(_))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.reply, Reply::Unknown)
    }

    /// Not asked, and there to be asked, now or when its condition turns out to hold.
    pub(crate) fn could_be_asked(&self) -> bool {
        matches!(self.reply, Reply::NotAsked)
            && self.shown != Shown::No
            && !self.item.only_if_raised
            && self.item.is_asked()
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

    /// What it is in an expression.
    pub(crate) fn value(&self) -> Value {
        match &self.reply {
            Reply::NotAsked => Value::Missing(Missing::NotAsked),
            Reply::Unknown => Value::Missing(Missing::Unknown),
            Reply::Yes | Reply::Verified(_) => Value::Truth(true),
            Reply::No => Value::Truth(false),
            Reply::Chosen(options) => match (&self.item.answer, options.as_slice()) {
                (AnswerKind::Choice(_) | AnswerKind::ChoiceFrom(_), [option]) => Value::Text(option.id.to_string()),
                _ => Value::Choices(options.iter().map(|option| option.id.to_string()).collect()),
            },
            Reply::Kept(answer) => kept_value(answer),
        }
    }
}

fn kept_value(answer: &Answer) -> Value {
    let number = |number: f64| Number::new(number).map_or(Value::Missing(Missing::NotComputable), Value::Number);
    match answer {
        #[allow(clippy::cast_precision_loss, reason = "whole numbers beyond 2^53 lose nothing that a form asks for")]
        Answer::Number(whole) => number(*whole as f64),
        Answer::Decimal(decimal) => number(decimal.value()),
        Answer::Date(day) => Value::Date(*day),
        Answer::Time(time) => Value::Text(time.to_string()),
        Answer::Text(words) => Value::Text(words.clone()),
        _ => Value::Missing(Missing::NotComputable),
    }
}

/// Reads one answer against its item; none if the item cannot be answered like that.
pub(crate) fn reply<'a>(instrument: &'a Instrument, item: &'a Item, answer: &'a Answer) -> Option<Reply<'a>> {
    match (answer, &item.answer) {
        (_, AnswerKind::Note | AnswerKind::Kept(_)) => matches!(answer, Answer::NotAsked).then_some(Reply::NotAsked),
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
        (Answer::Choice(id), AnswerKind::Choice(_) | AnswerKind::ChoiceFrom(_)) => {
            let option = instrument.sheet().options(item).iter().find(|option| option.id == *id);
            option.map(|option| Reply::Chosen(vec![option]))
        }
        (Answer::Choices(ids), AnswerKind::Choices(_) | AnswerKind::ChoicesFrom(_)) => {
            let options = instrument.sheet().options(item);
            let chosen: Vec<_> = options.iter().filter(|option| ids.contains(&option.id)).collect();
            (chosen.len() == ids.len()).then_some(Reply::Chosen(chosen))
        }
        (Answer::Number(number), AnswerKind::Number { min, max }) if (min..=max).contains(&number) => {
            Some(Reply::Kept(answer))
        }
        (Answer::Number(_) | Answer::Decimal(_), AnswerKind::Decimal)
        | (Answer::Date(_), AnswerKind::Date)
        | (Answer::Time(_), AnswerKind::Time)
        | (Answer::Text(_), AnswerKind::Text) => Some(Reply::Kept(answer)),
        _ => None,
    }
}
