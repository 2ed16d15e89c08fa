//! One reading of the answers: which items are asked of this person, what was answered, what is derived from it.
//!
//! Conditions are read in the order that the plan fixed, so each finds what it depends on.

use std::collections::BTreeMap;

use super::assessment::{SetAside, SetAsideWhy};
use super::marked::{Marked, Reply, Shown, reply};
use crate::answers::{Answer, Answers};
use crate::date::Date;
use crate::expression::{Expression, Missing, Names, Value};
use crate::id::Id;
use crate::instrument::Instrument;
use crate::plan::{Fact, Name, Step, name_in_round, round_of};
use crate::profile::Profile;
use crate::sheet::{AnswerKind, Choice, Item, ProfileKind, Sheet};

/// The kind of person, among those that the instrument tells apart.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind<'a> {
    /// The instrument tells no kinds apart.
    Any,
    /// This one.
    One(&'a ProfileKind),
    /// None of them.
    None,
}

/// The answers about one person, read.
pub(crate) struct Sitting<'a> {
    pub(crate) instrument: &'a Instrument,
    pub(crate) profile: Profile,
    pub(crate) as_child: bool,
    pub(crate) kind: Kind<'a>,
    /// By the position of the item.
    pub(crate) marked: Vec<Marked<'a>>,
    pub(crate) set_aside: Vec<SetAside>,
    /// By the position of the rule, as far as they have been read.
    pub(crate) rules: Vec<Value>,
    sections: Vec<Shown>,
    derived: Vec<Value>,
    later_rounds: BTreeMap<usize, Vec<(&'a Id, &'a Answer)>>,
}

impl<'a> Sitting<'a> {
    pub(crate) fn new(instrument: &'a Instrument, profile: &Profile, answers: &'a Answers) -> Self {
        let sheet = instrument.sheet();
        let kinds = &sheet.profiles;
        let kind = match kinds.iter().find(|kind| kind.fits(profile)) {
            Some(kind) => Kind::One(kind),
            None if kinds.is_empty() => Kind::Any,
            None => Kind::None,
        };
        let items = sheet.items().map(Marked::not_asked);
        let mut sitting = Self {
            instrument,
            profile: *profile,
            as_child: profile.age_band.counts_as_under_18(),
            kind,
            marked: items.collect(),
            set_aside: Vec::new(),
            rules: Vec::with_capacity(sheet.rules.len()),
            sections: vec![Shown::Yes; sheet.sections.len()],
            derived: vec![Value::Missing(Missing::NotAsked); sheet.derived.len()],
            later_rounds: BTreeMap::new(),
        };
        let strangers = sitting.sort_rounds(answers);
        for step in instrument.plan().order() {
            sitting.read(sheet, *step, answers);
        }
        sitting.set_aside.sort_by_key(|left_out| match instrument.plan().name(left_out.item.as_str()) {
            Some(Name::Item(at)) => at,
            _ => usize::MAX,
        });
        sitting.set_aside.extend(strangers);
        sitting
    }

    /// Later rounds of repeated items by position, and what belongs to no item.
    fn sort_rounds(&mut self, answers: &'a Answers) -> Vec<SetAside> {
        let plan = self.instrument.plan();
        let mut strangers = Vec::new();
        for (name, answer) in answers {
            let (base, round) = round_of(name.as_str());
            match plan.name(base) {
                Some(Name::Item(_)) if round == 1 => {}
                Some(Name::Item(at)) if round <= plan.rounds(at) => {
                    self.later_rounds.entry(at).or_default().push((name, answer));
                }
                _ => strangers.push(SetAside { item: name.clone(), why: SetAsideWhy::NoSuchItem }),
            }
        }
        strangers
    }

    fn read(&mut self, sheet: &'a Sheet, step: Step, answers: &'a Answers) {
        match step {
            Step::Section(at) => {
                let outer = self.instrument.plan().outer(at).and_then(|outer| self.sections.get(outer)).copied();
                let own = sheet.sections.get(at).and_then(|section| section.when.as_ref());
                let shown = outer.unwrap_or(Shown::Yes).min(self.holds(own));
                if let Some(section) = self.sections.get_mut(at) {
                    *section = shown;
                }
            }
            Step::Derived(at) => {
                if let Some(derived) = sheet.derived.get(at) {
                    let value = derived.value.evaluate(self);
                    if let Some(place) = self.derived.get_mut(at) {
                        *place = value;
                    }
                }
            }
            Step::Item(at) => self.read_item(at, answers),
        }
    }

    fn read_item(&mut self, at: usize, answers: &'a Answers) {
        let Some(item) = self.marked.get(at).map(|marked| marked.item) else { return };
        let section = self.instrument.plan().section_of(at).and_then(|section| self.sections.get(section)).copied();
        let branch = section.unwrap_or(Shown::Yes).min(self.holds(item.when.as_ref()));
        let applies = item.applies.to(self.as_child);
        let first = answers.get_key_value(&item.id);
        let later = self.later_rounds.get(&at).map_or(&[][..], Vec::as_slice);
        let given = first.into_iter().chain(later.iter().copied()).filter(|(_, answer)| **answer != Answer::NotAsked);
        let given: Vec<(&Id, &Answer)> = given.collect();
        // What was raised counts whatever the branch: a request for help must not get lost over it.
        let is_yes = |(_, answer): &(&Id, &Answer)| matches!(answer, Answer::Yes | Answer::Verified(_));
        let raised = item.concern.is_some() && given.iter().any(is_yes);
        let shown = match (applies, branch) {
            (false, _) => Shown::No,
            (true, _) if raised => Shown::Yes,
            (true, branch) => branch,
        };
        let mut left_out = |id: &Id, why| self.set_aside.push(SetAside { item: id.clone(), why });
        let mut marked = Marked { shown, ..Marked::not_asked(item) };
        for (id, answer) in given {
            if shown == Shown::No {
                left_out(id, if applies { SetAsideWhy::OtherBranch } else { SetAsideWhy::OtherAge });
                // For another age it is no sign, and still a concern.
                if !(raised && is_yes(&(id, answer))) {
                    continue;
                }
            }
            let reply = reply(self.instrument, item, answer).unwrap_or_else(|| {
                left_out(id, SetAsideWhy::WrongKind);
                // Somebody did ask, and what came of it cannot be read.
                Reply::Unknown
            });
            if self.instrument.plan().rounds(at) > 1 {
                marked.rounds.push((round_of(id.as_str()).1, reply.clone()));
            }
            let merged = says_most(item, marked.reply.clone(), reply);
            if merged.1 {
                marked.answer = answer;
            }
            marked.reply = merged.0;
        }
        if let Some(place) = self.marked.get_mut(at) {
            *place = marked;
        }
    }

    /// What depends on something unknown is asked all the same: asking further cannot find it out.
    fn holds(&self, condition: Option<&Expression>) -> Shown {
        match condition.map(|condition| condition.evaluate(self).truth()) {
            None | Some(Ok(true) | Err(Missing::Unknown | Missing::NotComputable)) => Shown::Yes,
            Some(Ok(false)) => Shown::No,
            Some(Err(Missing::NotAsked)) => Shown::Pending,
        }
    }

    /// The id of the kind of person, as strengths and points use it.
    pub(crate) fn kind_id(&self) -> Option<&'a Id> {
        match self.kind {
            Kind::One(kind) => Some(&kind.id),
            Kind::Any | Kind::None => None,
        }
    }

    pub(crate) fn derived(&self, at: usize) -> Option<&Value> {
        self.derived.get(at)
    }
}

/// Of two rounds of one item the reply that says more, and whether it is the second: a sign in any round is a sign.
fn says_most<'a>(item: &Item, one: Reply<'a>, other: Reply<'a>) -> (Reply<'a>, bool) {
    let rank = |reply: &Reply<'_>| match reply {
        Reply::NotAsked => 0,
        Reply::No => 1,
        Reply::Unknown => 2,
        Reply::Kept(_) | Reply::Chosen(_) => 3,
        Reply::Yes => 4,
        Reply::Verified(_) => 5,
    };
    match (one, other) {
        (Reply::Chosen(mut options), Reply::Chosen(more)) => {
            if matches!(item.answer, AnswerKind::Choices(_) | AnswerKind::ChoicesFrom(_)) {
                options.extend(more);
                options.sort_by(|a, b| a.id.cmp(&b.id));
                options.dedup_by(|a, b| a.id == b.id);
                (Reply::Chosen(options), true)
            } else {
                let points = |options: &[&Choice]| options.iter().map(|option| option.points).max();
                let second = points(&more) > points(&options);
                (Reply::Chosen(if second { more } else { options }), second)
            }
        }
        (one, other) if rank(&other) > rank(&one) => (other, true),
        (one, _) => (one, false),
    }
}

impl Names for Sitting<'_> {
    fn value(&self, name: &Id) -> Value {
        let not_asked = Value::Missing(Missing::NotAsked);
        match self.instrument.plan().name(name.as_str()) {
            Some(Name::Item(at)) => match self.marked.get(at) {
                // Of a repeated item, the first round by itself.
                Some(marked) if self.instrument.plan().rounds(at) > 1 => match marked.rounds.first() {
                    Some((1, reply)) if marked.shown != Shown::No => Marked::one(marked.item, reply.clone()).value(),
                    _ => not_asked,
                },
                Some(marked) if marked.shown == Shown::No => not_asked,
                Some(marked) => marked.value(),
                None => not_asked,
            },
            Some(Name::Derived(at)) => self.derived.get(at).cloned().unwrap_or(not_asked),
            Some(Name::Rule(at)) => self.rules.get(at).cloned().unwrap_or(not_asked),
            Some(Name::Fact(Fact::Under18)) => Value::Truth(self.as_child),
            Some(Name::Fact(Fact::AgeBand)) => Value::Text(self.profile.age_band.code().to_owned()),
            Some(Name::Fact(Fact::Exploitation)) => Value::Text(self.profile.exploitation.code().to_owned()),
            Some(Name::Fact(Fact::Value)) | None => not_asked,
        }
    }

    /// The rounds that were answered; none where nobody answered, or the branch was ruled out.
    fn rounds(&self, name: &Id) -> Vec<Value> {
        match self.instrument.plan().name(name.as_str()) {
            Some(Name::Item(at)) if self.instrument.plan().rounds(at) > 1 => {
                let marked = self.marked.get(at).filter(|marked| marked.shown != Shown::No);
                let rounds = marked.into_iter().flat_map(|marked| {
                    marked.rounds.iter().map(|(_, reply)| Marked::one(marked.item, reply.clone()).value())
                });
                rounds.collect()
            }
            _ => vec![self.value(name)],
        }
    }

    fn today(&self) -> Option<Date> {
        self.profile.day
    }
}

/// The name under which an item's answer stands in a round of a repeated section.
#[must_use]
pub fn answer_name(item: &Id, round: u16) -> Option<Id> {
    Id::new(name_in_round(item, round)).ok()
}
