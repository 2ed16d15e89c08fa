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
use crate::sheet::{ProfileKind, Sheet};

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
    later_rounds: BTreeMap<usize, Vec<&'a Answer>>,
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
        let items = sheet.items().map(|item| Marked { item, shown: Shown::Yes, reply: Reply::NotAsked });
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
                    self.later_rounds.entry(at).or_default().push(answer);
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
        let answer = answers.get(&item.id).unwrap_or(&Answer::NotAsked);
        let mut left_out = |why| self.set_aside.push(SetAside { item: item.id.clone(), why });
        // What was raised counts whatever the branch: a request for help must not get lost over it.
        let raised = item.concern.is_some() && matches!(answer, Answer::Yes | Answer::Verified(_));
        let (shown, mut read) = if !applies || (branch == Shown::No && !raised) {
            if *answer != Answer::NotAsked {
                left_out(if applies { SetAsideWhy::OtherBranch } else { SetAsideWhy::OtherAge });
            }
            (Shown::No, Reply::NotAsked)
        } else {
            let read = reply(self.instrument, item, answer).unwrap_or_else(|| {
                left_out(SetAsideWhy::WrongKind);
                // Somebody did ask, and what came of it cannot be read.
                Reply::Unknown
            });
            (if raised { Shown::Yes } else { branch }, read)
        };
        if shown != Shown::No {
            for answer in self.later_rounds.get(&at).into_iter().flatten() {
                let later = reply(self.instrument, item, answer).unwrap_or(Reply::Unknown);
                read = stronger(read, later);
            }
        }
        if let Some(marked) = self.marked.get_mut(at) {
            (marked.shown, marked.reply) = (shown, read);
        }
    }

    fn holds(&self, condition: Option<&Expression>) -> Shown {
        match condition.map(|condition| condition.evaluate(self).truth()) {
            None | Some(Ok(true)) => Shown::Yes,
            Some(Ok(false)) => Shown::No,
            Some(Err(_)) => Shown::Pending,
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

    /// What an item that is not asked yet waits for: the items that could be asked now to find out.
    pub(crate) fn waits_for(&self, at: usize) -> Vec<usize> {
        let (mut found, mut seen, mut stack) = (Vec::new(), vec![false; self.marked.len()], vec![at]);
        while let Some(at) = stack.pop() {
            if seen.get(at).copied().unwrap_or(true) {
                continue;
            }
            seen[at] = true;
            for other in self.conditions(at) {
                match self.marked.get(other) {
                    Some(marked) if marked.could_be_asked() && marked.shown == Shown::Yes => found.push(other),
                    Some(marked) if marked.could_be_asked() => stack.push(other),
                    _ => {}
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The items that an item's condition, and those of its sections, read.
    fn conditions(&self, at: usize) -> Vec<usize> {
        let (sheet, plan) = (self.instrument.sheet(), self.instrument.plan());
        let own = self.marked.get(at).and_then(|marked| marked.item.when.as_ref());
        let sections = plan.section_of(at).into_iter().flat_map(|section| plan.around(section));
        let around = sections.filter_map(|section| sheet.sections.get(section)?.when.as_ref());
        let names = own.into_iter().chain(around).flat_map(Expression::names);
        self.items_behind(names)
    }

    /// The items that these names stand for, through derived values.
    pub(crate) fn items_behind<'n>(&self, names: impl Iterator<Item = &'n Id>) -> Vec<usize> {
        let (sheet, plan) = (self.instrument.sheet(), self.instrument.plan());
        let mut items = Vec::new();
        let mut seen = vec![false; sheet.derived.len()];
        let mut stack: Vec<Name> = names.filter_map(|name| plan.name(name.as_str())).collect();
        while let Some(name) = stack.pop() {
            match name {
                Name::Item(at) => items.push(at),
                Name::Derived(at) if seen.get(at) == Some(&false) => {
                    seen[at] = true;
                    let names = sheet.derived.get(at).into_iter().flat_map(|derived| derived.value.names());
                    stack.extend(names.filter_map(|name| plan.name(name.as_str())));
                }
                Name::Derived(_) | Name::Rule(_) | Name::Fact(_) => {}
            }
        }
        items
    }
}

/// Of two rounds of one item, the answer that says more: a sign in any round is a sign.
fn stronger<'a>(one: Reply<'a>, other: Reply<'a>) -> Reply<'a> {
    let rank = |reply: &Reply<'_>| match reply {
        Reply::NotAsked => 0,
        Reply::No => 1,
        Reply::Unknown => 2,
        Reply::Kept(_) | Reply::Chosen(_) => 3,
        Reply::Yes => 4,
        Reply::Verified(_) => 5,
    };
    if rank(&other) > rank(&one) { other } else { one }
}

impl Names for Sitting<'_> {
    fn value(&self, name: &Id) -> Value {
        let not_asked = Value::Missing(Missing::NotAsked);
        match self.instrument.plan().name(name.as_str()) {
            Some(Name::Item(at)) => self.marked.get(at).map_or(not_asked, Marked::value),
            Some(Name::Derived(at)) => self.derived.get(at).cloned().unwrap_or(not_asked),
            Some(Name::Rule(at)) => self.rules.get(at).cloned().unwrap_or(not_asked),
            Some(Name::Fact(Fact::Under18)) => Value::Truth(self.as_child),
            Some(Name::Fact(Fact::AgeBand)) => Value::Text(self.profile.age_band.code().to_owned()),
            Some(Name::Fact(Fact::Exploitation)) => Value::Text(self.profile.exploitation.code().to_owned()),
            Some(Name::Fact(Fact::Value)) | None => not_asked,
        }
    }

    fn rounds(&self, name: &Id) -> Vec<Value> {
        let mut rounds = vec![self.value(name)];
        if let Some(Name::Item(at)) = self.instrument.plan().name(name.as_str())
            && let Some(item) = self.marked.get(at).map(|marked| marked.item)
        {
            let later = self.later_rounds.get(&at).into_iter().flatten();
            let read = later.filter_map(|answer| reply(self.instrument, item, answer));
            rounds.extend(read.map(|reply| Marked { item, shown: Shown::Yes, reply }.value()));
        }
        rounds
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
