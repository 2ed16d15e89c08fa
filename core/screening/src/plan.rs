//! The names of an instrument and the order in which its conditions and derived values can be read.
//!
//! Made once when a file is checked: afterwards every name is found in one step and nothing refers to itself.

use std::collections::HashMap;

use crate::expression::Expression;
use crate::id::Id;
use crate::limits;
use crate::sheet::{Item, Section, Sheet};

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// An item, by its position.
    Item(usize),
    /// A derived value, by its position.
    Derived(usize),
    /// A rule, by its position.
    Rule(usize),
    /// A fact about the person.
    Fact(Fact),
}

/// What is known of the person beside the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Whether the rules for children hold.
    Under18,
    /// The age band.
    AgeBand,
    /// The kind of exploitation.
    Exploitation,
    /// In a constraint: the answer itself.
    Value,
}

impl Fact {
    /// The names that are given.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        ("under_18", Self::Under18),
        ("age_band", Self::AgeBand),
        ("exploitation_kind", Self::Exploitation),
        ("value", Self::Value),
    ];
}

/// One thing that is read in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Whether a section is asked.
    Section(usize),
    /// Whether an item is asked, and so what its answer counts for.
    Item(usize),
    /// A derived value.
    Derived(usize),
}

/// Names and order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    names: HashMap<String, Name>,
    /// The section of each item; none on the safety page.
    section_of: Vec<Option<usize>>,
    /// For each section, the one whose condition it takes over: what it continues, or what encloses it.
    outer: Vec<Option<usize>>,
    /// How often each item may be asked.
    rounds: Vec<u16>,
    /// The items that each derived value reads, through others.
    behind_derived: Vec<Items>,
    /// The items that the conditions of each section, and of those around it, read.
    behind_section: Vec<Items>,
    /// The items that each item's own condition reads.
    behind_item: Vec<Items>,
    order: Vec<Step>,
}

/// A set of items by position, one bit each: a hostile file makes every condition read every item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Items(Vec<u64>);

impl Items {
    /// Adds an item; says whether it is new.
    pub(crate) fn add(&mut self, at: usize) -> bool {
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        let Some(word) = self.0.get_mut(at / 64) else { return false };
        let is_new = *word >> (at % 64) & 1 == 0;
        *word |= 1 << (at % 64);
        is_new
    }

    fn add_all(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }

    /// The positions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(at, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit))
    }
}

impl Extend<usize> for Items {
    fn extend<I: IntoIterator<Item = usize>>(&mut self, positions: I) {
        for at in positions {
            self.add(at);
        }
    }
}

/// A condition or a derived value that leads back to itself.
pub(crate) struct Circle(pub(crate) Step);

impl Plan {
    /// Names and order of a sheet whose references were checked.
    ///
    /// # Errors
    /// [`Circle`] where something depends on itself.
    pub(crate) fn of(sheet: &Sheet) -> Result<Self, Circle> {
        let mut plan = Self::default();
        for (name, fact) in Fact::ALL {
            plan.names.insert(name.to_owned(), Name::Fact(fact));
        }
        for (at, item) in sheet.items().enumerate() {
            plan.names.insert(item.id.to_string(), Name::Item(at));
        }
        for (at, derived) in sheet.derived.iter().enumerate() {
            plan.names.insert(derived.id.to_string(), Name::Derived(at));
        }
        for (at, rule) in sheet.rules.iter().enumerate() {
            plan.names.insert(rule.id().to_string(), Name::Rule(at));
        }
        let sections: HashMap<&Id, usize> = sheet.sections.iter().enumerate().map(|(at, s)| (&s.id, at)).collect();
        let outer = |section: &Section| {
            section.continues.as_ref().or(section.part_of.as_ref()).and_then(|id| sections.get(id)).copied()
        };
        plan.outer = sheet.sections.iter().map(outer).collect();
        plan.section_of.extend(sheet.safety.items.iter().map(|_| None));
        for (at, section) in sheet.sections.iter().enumerate() {
            plan.section_of.extend(section.items.iter().map(|_| Some(at)));
        }
        plan.rounds =
            plan.section_of.iter().map(|section| section.map_or(1, |at| plan.most_rounds(sheet, at))).collect();
        plan.order =
            Ordering { sheet, plan: &plan, items: sheet.items().collect(), state: HashMap::new(), order: Vec::new() }
                .all()?;
        plan.remember_conditions(sheet);
        Ok(plan)
    }

    /// Once for a file, so that no reading of answers has to follow conditions again.
    fn remember_conditions(&mut self, sheet: &Sheet) {
        self.behind_derived = vec![Items::default(); sheet.derived.len()];
        self.behind_section = vec![Items::default(); sheet.sections.len()];
        self.behind_item = vec![Items::default(); self.section_of.len()];
        let items: Vec<&Item> = sheet.items().collect();
        for step in self.order.clone() {
            match step {
                Step::Derived(at) => {
                    let behind = self.behind(sheet.derived.get(at).map(|derived| &derived.value));
                    if let Some(place) = self.behind_derived.get_mut(at) {
                        *place = behind;
                    }
                }
                Step::Section(at) => {
                    let mut behind = self.behind(sheet.sections.get(at).and_then(|section| section.when.as_ref()));
                    if let Some(outer) = self.outer(at).and_then(|outer| self.behind_section.get(outer)) {
                        behind.add_all(outer);
                    }
                    if let Some(place) = self.behind_section.get_mut(at) {
                        *place = behind;
                    }
                }
                Step::Item(at) => {
                    let behind = self.behind(items.get(at).and_then(|item| item.when.as_ref()));
                    if let Some(place) = self.behind_item.get_mut(at) {
                        *place = behind;
                    }
                }
            }
        }
    }

    /// The items that an expression reads, through derived values that were remembered before.
    pub(crate) fn behind(&self, expression: Option<&Expression>) -> Items {
        let mut items = Items::default();
        for name in expression.into_iter().flat_map(Expression::names) {
            match self.name(name.as_str()) {
                Some(Name::Item(at)) => items.extend([at]),
                Some(Name::Derived(at)) => {
                    if let Some(behind) = self.behind_derived.get(at) {
                        items.add_all(behind);
                    }
                }
                Some(Name::Rule(_) | Name::Fact(_)) | None => {}
            }
        }
        items
    }

    /// The items that decide whether an item is asked.
    pub(crate) fn conditions(&self, item: usize) -> impl Iterator<Item = usize> {
        let around = self.section_of(item).and_then(|section| self.behind_section.get(section));
        self.behind_item.get(item).into_iter().chain(around).flat_map(Items::iter)
    }

    pub(crate) fn name(&self, name: &str) -> Option<Name> {
        self.names.get(name).copied()
    }

    pub(crate) fn section_of(&self, item: usize) -> Option<usize> {
        self.section_of.get(item).copied().flatten()
    }

    pub(crate) fn outer(&self, section: usize) -> Option<usize> {
        self.outer.get(section).copied().flatten()
    }

    /// How often an item may be asked: 1, or more within a repeated section.
    pub(crate) fn rounds(&self, item: usize) -> u16 {
        self.rounds.get(item).copied().unwrap_or(1)
    }

    pub(crate) fn order(&self) -> &[Step] {
        &self.order
    }

    /// The section and everything around it, innermost first.
    pub(crate) fn around(&self, section: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(section), |at| self.outer(*at)).take(limits::LIST)
    }

    fn most_rounds(&self, sheet: &Sheet, section: usize) -> u16 {
        let repeats = self.around(section).filter_map(|at| sheet.sections.get(at)?.repeat.as_ref());
        repeats.map(|repeat| repeat.most).max().unwrap_or(1)
    }
}

/// Splits the name of an answer into its item and its round: `child_age__2` is round 2 of `child_age`.
pub(crate) fn round_of(name: &str) -> (&str, u16) {
    let Some((base, digits)) = name.rsplit_once("__") else { return (name, 1) };
    match digits.parse::<u16>() {
        Ok(round) if round > 1 && round.to_string() == digits => (base, round),
        _ => (name, 1),
    }
}

/// The name of an item's answer in a round.
pub(crate) fn name_in_round(item: &Id, round: u16) -> String {
    if round <= 1 { item.to_string() } else { format!("{item}__{round}") }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Open,
    Done,
}

struct Ordering<'a> {
    sheet: &'a Sheet,
    plan: &'a Plan,
    items: Vec<&'a Item>,
    state: HashMap<(u8, usize), Seen>,
    order: Vec<Step>,
}

impl Ordering<'_> {
    fn all(mut self) -> Result<Vec<Step>, Circle> {
        let sections = (0..self.sheet.sections.len()).map(Step::Section);
        let items = (0..self.items.len()).map(Step::Item);
        let derived = (0..self.sheet.derived.len()).map(Step::Derived);
        for step in sections.chain(items).chain(derived).collect::<Vec<_>>() {
            self.visit(step)?;
        }
        Ok(self.order)
    }

    /// Depth first without recursion: a hostile file may chain thousands of conditions.
    fn visit(&mut self, start: Step) -> Result<(), Circle> {
        let mut stack = vec![(start, false)];
        while let Some((step, leaving)) = stack.pop() {
            let key = key(step);
            if leaving {
                self.state.insert(key, Seen::Done);
                self.order.push(step);
                continue;
            }
            match self.state.get(&key) {
                Some(Seen::Done) => continue,
                Some(Seen::Open) => return Err(Circle(step)),
                None => {}
            }
            self.state.insert(key, Seen::Open);
            stack.push((step, true));
            for before in self.before(step) {
                match self.state.get(&self::key(before)) {
                    Some(Seen::Done) => {}
                    Some(Seen::Open) => return Err(Circle(before)),
                    None => stack.push((before, false)),
                }
            }
        }
        Ok(())
    }

    /// What has to be read first.
    fn before(&self, step: Step) -> Vec<Step> {
        let mut before = Vec::new();
        let mut names = |expression: Option<&Expression>| {
            for name in expression.into_iter().flat_map(Expression::names) {
                match self.plan.name(name.as_str()) {
                    Some(Name::Item(at)) => before.push(Step::Item(at)),
                    Some(Name::Derived(at)) => before.push(Step::Derived(at)),
                    Some(Name::Rule(_) | Name::Fact(_)) | None => {}
                }
            }
        };
        match step {
            Step::Section(at) => {
                names(self.sheet.sections.get(at).and_then(|section| section.when.as_ref()));
                before.extend(self.plan.outer(at).map(Step::Section));
            }
            Step::Item(at) => {
                names(self.items.get(at).and_then(|item| item.when.as_ref()));
                before.extend(self.plan.section_of(at).map(Step::Section));
            }
            Step::Derived(at) => names(self.sheet.derived.get(at).map(|derived| &derived.value)),
        }
        before
    }
}

fn key(step: Step) -> (u8, usize) {
    match step {
        Step::Section(at) => (0, at),
        Step::Item(at) => (1, at),
        Step::Derived(at) => (2, at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_a_number_of_two_or_more_after_two_underscores() {
        assert_eq!(round_of("child_age__2"), ("child_age", 2));
        for whole in ["child_age", "child_age__1", "child_age__02", "child_age__x", "child__age", "a__0"] {
            assert_eq!(round_of(whole), (whole, 1));
        }
        let id = Id::new("child_age").unwrap();
        assert_eq!(name_in_round(&id, 1), "child_age");
        assert_eq!(round_of(&name_in_round(&id, 7)), ("child_age", 7));
    }
}
