//! Case tables: the first row that holds, and what could lead to another.
//!
//! A row whose condition is not known does not hold, and says what would have to be known.

use super::marked::Marked;
use super::open::{Open, WHOLE};
use super::rules::Read;
use super::sitting::Sitting;
use crate::date::Date;
use crate::expression::{Expression, Function, Missing, Names, Node, Value};
use crate::id::Id;
use crate::plan::{Items, Name};
use crate::sheet::{CaseTable, Outcome};

/// What a table comes to.
pub(crate) struct Row<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) because: Vec<usize>,
    pub(crate) unknown: Vec<usize>,
    pub(crate) open: Vec<Open>,
}

/// The answers with every rule that could still change taken for not known.
struct Possible<'s, 'a> {
    sitting: &'s Sitting<'a>,
    earlier: &'s [Read],
}

impl Names for Possible<'_, '_> {
    fn value(&self, name: &Id) -> Value {
        match self.sitting.instrument.plan().name(name.as_str()) {
            Some(Name::Rule(at)) if self.earlier.get(at).is_some_and(|read| !read.moving.is_empty()) => {
                Value::Missing(Missing::NotAsked)
            }
            _ => self.sitting.value(name),
        }
    }

    fn rounds(&self, name: &Id) -> Vec<Value> {
        self.sitting.rounds(name)
    }

    fn today(&self) -> Option<Date> {
        self.sitting.today()
    }
}

/// Reads a table.
pub(crate) fn table<'a>(sitting: &Sitting<'_>, rule: &'a CaseTable, earlier: &[Read]) -> Row<'a> {
    let row = rule.rows.iter().find(|row| row.when.evaluate(sitting).truth() == Ok(true));
    let outcome = row.map_or(&rule.otherwise, |row| &row.outcome);
    let (mut because, mut unknown) = (Items::default(), Items::default());
    for one in rule.rows.iter().filter(|one| row.is_none_or(|row| std::ptr::eq(*one, row))) {
        for at in sitting.instrument.plan().behind(Some(&one.when)).iter() {
            let value = sitting.marked.get(at).map(Marked::value);
            // Where a row holds, a no may be what decided; where none does, only what was noted is a reason.
            let counts =
                value.is_some_and(|value| value.missing().is_none() && (row.is_some() || value != Value::Truth(false)));
            if counts {
                because.add(at);
            }
        }
    }
    for one in &rule.rows {
        let behind = sitting.instrument.plan().behind(Some(&one.when));
        unknown.extend(behind.iter().filter(|at| sitting.marked.get(*at).is_some_and(Marked::is_unknown)));
        for read in rules_of(sitting, earlier, &one.when) {
            unknown.extend(read.unknown.iter().copied());
            if row.is_none_or(|row| std::ptr::eq(one, row)) {
                because.extend(read.because.iter().copied());
            }
        }
    }
    let (because, unknown) = (because.iter().collect(), unknown.iter().collect());
    Row { outcome, because, unknown, open: open(sitting, rule, earlier) }
}

fn rules_of<'r>(sitting: &Sitting<'_>, earlier: &'r [Read], condition: &Expression) -> Vec<&'r Read> {
    let rules = condition.names().filter_map(|name| match sitting.instrument.plan().name(name.as_str()) {
        Some(Name::Rule(at)) => earlier.get(at),
        _ => None,
    });
    rules.collect()
}

/// Up to the first row that holds whatever else is answered, what the rows that are not settled depend on.
fn open(sitting: &Sitting<'_>, rule: &CaseTable, earlier: &[Read]) -> Vec<Open> {
    let possible = Possible { sitting, earlier };
    let mut found: Vec<Option<Open>> = vec![None; sitting.marked.len()];
    let mut add = |open: Open| {
        if let Some(place) = found.get_mut(open.at) {
            let known = place.get_or_insert(open);
            known.strength = known.strength.max(open.strength);
            known.alone |= open.alone;
        }
    };
    for row in &rule.rows {
        let behind = sitting.instrument.plan().behind(Some(&row.when));
        let unasked = || behind.iter().filter(|at| sitting.marked.get(*at).is_some_and(Marked::could_be_asked));
        // What takes "not asked" for an answer of its own has a value already, and can still change.
        let can_change = unasked().next().is_some() && settles_for_less(sitting, &row.when);
        match row.when.evaluate(&possible).truth() {
            Ok(true) if !can_change => break,
            Ok(false) if !can_change => continue,
            _ => {}
        }
        unasked().for_each(|at| add(Open { at, alone: false, strength: WHOLE / 2 }));
        for read in rules_of(sitting, earlier, &row.when) {
            read.moving.iter().for_each(|at| add(Open { at: *at, alone: false, strength: WHOLE / 4 }));
            read.open.iter().for_each(|open| add(*open));
        }
    }
    found.into_iter().flatten().collect()
}

/// Whether an expression, or a derived value that it reads, gives a value to what is missing.
fn settles_for_less(sitting: &Sitting<'_>, expression: &Expression) -> bool {
    let derived = &sitting.instrument.sheet().derived;
    let (mut seen, mut stack) = (Items::default(), vec![expression]);
    while let Some(expression) = stack.pop() {
        if gives_missing_a_value(expression.node()) {
            return true;
        }
        for name in expression.names() {
            if let Some(Name::Derived(at)) = sitting.instrument.plan().name(name.as_str())
                && seen.add(at)
            {
                stack.extend(derived.get(at).map(|derived| &derived.value));
            }
        }
    }
    false
}

fn gives_missing_a_value(node: &Node) -> bool {
    use Function as F;
    let forgives = |function: &F| {
        matches!(
            function,
            F::Met
                | F::Answered
                | F::Asked
                | F::Unknown
                | F::Coalesce
                | F::CountYes
                | F::Count
                | F::Sum
                | F::Min
                | F::Max
        )
    };
    // Depth is bounded by the language.
    matches!(node, Node::Call(function, _) if forgives(function))
        || node.children().into_iter().any(gives_missing_a_value)
}
