//! Expressions on the way out: the form's own text where it still says the same, and a translation where it does not.
//!
//! What has no translation is left out and told.

use vigil_screening::sheet::{Derived, Kept};
use vigil_screening::{Expression, Item, Sheet};

use crate::heading::Field;
use crate::import::whole;
use crate::translate::{Out, Outward, Place, Repeats, Scope, Wanted};

/// Writes the expressions of a sheet.
pub(crate) struct Expressions<'a> {
    scope: Scope,
    repeats: Repeats,
    outward: Outward<'a>,
}

impl<'a> Expressions<'a> {
    pub(crate) fn of(sheet: &'a Sheet) -> Self {
        Self { scope: Scope::of(sheet), repeats: Repeats::of(sheet), outward: Outward::of(sheet) }
    }

    /// When a section is asked.
    pub(crate) fn section(&self, at: usize, when: Option<&Expression>, bag: &Kept) -> Out<Option<String>> {
        let mut around = self.repeats.around(at);
        around.retain(|section| *section != at);
        self.one(when, bag, Field::Relevant, &around, None)
    }

    /// How often a section is asked.
    pub(crate) fn count(&self, at: usize, count: Option<&Expression>, bag: &Kept) -> Out<Option<String>> {
        let mut around = self.repeats.around(at);
        around.retain(|section| *section != at);
        self.one(count, bag, Field::RepeatCount, &around, None)
    }

    /// When an item is asked, or what its answer must fulfil.
    pub(crate) fn item(&self, section: Option<usize>, item: &Item, field: Field) -> Out<Option<String>> {
        let around = section.map(|at| self.repeats.around(at)).unwrap_or_default();
        let expression = if field == Field::Constraint { item.constraint.as_ref() } else { item.when.as_ref() };
        self.one(expression, &item.xlsform, field, &around, Some(item))
    }

    /// How a value is computed, and under which condition.
    pub(crate) fn derived(&self, derived: &Derived) -> Out<(String, Option<String>)> {
        let bag = &derived.xlsform;
        if let Some(original) = bag.get(Field::Calculation.header()) {
            let condition = bag.get(Field::Relevant.header());
            let place = Place { scope: &self.scope, repeats: &[], here: None };
            let read = place.value(&whole(original, condition.map(String::as_str)));
            if read.is_ok_and(|reading| reading.expression == derived.value) {
                return Ok((original.clone(), condition.cloned()));
            }
        }
        Ok((self.outward.xpath(derived.value.node(), Wanted::Value, None)?, None))
    }

    /// A condition of the program's own.
    pub(crate) fn condition(&self, text: &str) -> Option<String> {
        let expression = Expression::parse(text).ok()?;
        self.outward.xpath(expression.node(), Wanted::Condition, None).ok()
    }

    fn one(
        &self,
        expression: Option<&Expression>,
        bag: &Kept,
        field: Field,
        repeats: &[usize],
        item: Option<&Item>,
    ) -> Out<Option<String>> {
        let original = bag.get(field.header());
        let Some(expression) = expression else { return Ok(original.cloned()) };
        if let Some(original) = original {
            let here = item.filter(|_| field == Field::Constraint).and_then(|item| self.scope.type_of(name_of(item)));
            let place = Place { scope: &self.scope, repeats, here };
            let read = match field {
                Field::RepeatCount => place.number(original),
                _ => place.condition(original),
            };
            if read.is_ok_and(|read| read == *expression) {
                return Ok(Some(original.clone()));
            }
        }
        let wanted = if field == Field::RepeatCount { Wanted::Value } else { Wanted::Condition };
        self.outward.xpath(expression.node(), wanted, item).map(Some)
    }
}

fn name_of(item: &Item) -> &str {
    item.source_name.as_deref().unwrap_or(item.id.as_str())
}
