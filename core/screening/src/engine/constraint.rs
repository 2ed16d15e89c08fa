//! Whether answers fulfil their items' constraints.
//!
//! An answer that does not still counts: what a person says may be odd and true, and is worth asking about again.

use super::marked::{Marked, Shown, reply};
use super::sitting::{Sitting, answer_name};
use crate::answers::{Answer, Answers};
use crate::date::Date;
use crate::expression::{Names, Value};
use crate::id::{Id, ItemId};
use crate::plan::{Fact, Name};
use crate::sheet::Item;

/// The names of a constraint: those of the answers, and `value` for the answer itself.
struct Constraint<'s, 'a> {
    sitting: &'s Sitting<'a>,
    value: Value,
}

impl Names for Constraint<'_, '_> {
    fn value(&self, name: &Id) -> Value {
        match self.sitting.instrument.plan().name(name.as_str()) {
            Some(Name::Fact(Fact::Value)) => self.value.clone(),
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

pub(crate) fn breaks(sitting: &Sitting<'_>, item: &Item, answer: Option<&Answer>) -> bool {
    let (Some(constraint), Some(answer)) = (&item.constraint, answer) else { return false };
    let Some(reply) = reply(sitting.instrument, item, answer) else { return false };
    let value = Marked::one(item, reply).value();
    value.missing().is_none() && constraint.evaluate(&Constraint { sitting, value }).truth() == Ok(false)
}

/// Every round of every item whose answer breaks its constraint.
pub(crate) fn doubtful(sitting: &Sitting<'_>, answers: &Answers) -> Vec<ItemId> {
    let plan = sitting.instrument.plan();
    let constrained = sitting.marked.iter().enumerate();
    let constrained = constrained.filter(|(_, marked)| marked.item.constraint.is_some() && marked.shown != Shown::No);
    let rounds = constrained.flat_map(|(at, marked)| {
        (1..=plan.rounds(at)).filter_map(move |round| Some((marked.item, answer_name(&marked.item.id, round)?)))
    });
    rounds.filter(|(item, name)| breaks(sitting, item, answers.get(name))).map(|(_, name)| name).collect()
}
