//! Case tables: the first row that holds, and what could lead to another.
//!
//! A row whose condition is not known does not hold, and says what would have to be known.

use super::open::{Open, WHOLE, merged};
use super::score::Read;
use super::sitting::Sitting;
use crate::date::Date;
use crate::expression::{Expression, Missing, Names, Value};
use crate::id::Id;
use crate::plan::Name;
use crate::sheet::{CaseTable, Outcome};

/// What a table comes to.
pub(crate) struct Row<'a> {
    pub(crate) outcome: &'a Outcome,
    pub(crate) because: Vec<usize>,
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
            Some(Name::Rule(at)) if self.earlier.get(at).is_some_and(|read| !read.open.is_empty()) => {
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
    let conditions: Vec<&Expression> = match row {
        Some(row) => vec![&row.when],
        None => rule.rows.iter().map(|row| &row.when).collect(),
    };
    let names = conditions.iter().flat_map(|condition| condition.names());
    let mut because = behind(sitting, earlier, names, &|at| {
        sitting
            .marked
            .get(at)
            .is_some_and(|marked| marked.value().missing().is_none() && marked.value() != Value::Truth(false))
    });
    because.sort_unstable();
    because.dedup();
    Row { outcome, because, open: open(sitting, rule, earlier) }
}

/// The items that pass, behind these names; of an earlier rule, those that made its outcome.
fn behind<'n>(
    sitting: &Sitting<'_>,
    earlier: &[Read],
    names: impl Iterator<Item = &'n Id>,
    passes: &dyn Fn(usize) -> bool,
) -> Vec<usize> {
    let names: Vec<&Id> = names.collect();
    let mut items: Vec<usize> =
        sitting.items_behind(names.iter().copied()).into_iter().filter(|at| passes(*at)).collect();
    for name in names {
        if let Some(Name::Rule(at)) = sitting.instrument.plan().name(name.as_str())
            && let Some(read) = earlier.get(at)
        {
            items.extend(&read.because);
        }
    }
    items
}

/// Up to the first row that holds whatever else is answered, what the rows that are not known depend on.
fn open(sitting: &Sitting<'_>, rule: &CaseTable, earlier: &[Read]) -> Vec<Open> {
    let possible = Possible { sitting, earlier };
    let mut found = Vec::new();
    for row in &rule.rows {
        match row.when.evaluate(&possible).truth() {
            Ok(true) => break,
            Ok(false) => {}
            Err(_) => {
                let items = sitting.items_behind(row.when.names()).into_iter();
                let items = items.filter(|at| sitting.marked.get(*at).is_some_and(|marked| marked.could_be_asked()));
                found.extend(items.map(|at| Open { at, alone: false, strength: WHOLE / 2 }));
                for name in row.when.names() {
                    if let Some(Name::Rule(at)) = sitting.instrument.plan().name(name.as_str()) {
                        found.extend(earlier.get(at).into_iter().flat_map(|read| read.open.iter().copied()));
                    }
                }
            }
        }
    }
    merged(found)
}
