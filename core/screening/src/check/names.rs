//! Checks that items, derived values and rules have names of their own, and that every expression refers to one of them.
//!
//! A condition of an item may use items and derived values; a rule may use earlier rules too.

use std::collections::BTreeMap;

use super::{Check, Checked, at_most, missing, not_allowed};
use crate::error::InstrumentError;
use crate::expression::Expression;
use crate::id::Id;
use crate::limits;
use crate::plan::{Fact, round_of};

/// What a name is, for what may refer to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// An item or a derived value.
    Answer,
    /// A rule, by its position.
    Rule(usize),
}

impl Check<'_> {
    /// Every name of the file; none of them twice.
    pub(super) fn all_names(&self) -> Result<BTreeMap<&'_ str, What>, InstrumentError> {
        let sheet = self.sheet;
        let mut names: BTreeMap<&str, What> = BTreeMap::new();
        let items = self.placed.iter().map(|(place, item)| (format!("{place}.id"), &item.id, What::Answer));
        let derived = sheet.derived.iter().enumerate();
        let derived = derived.map(|(i, derived)| (format!("derived[{i}].id"), &derived.id, What::Answer));
        let rules = sheet.rules.iter().enumerate();
        let rules = rules.map(|(i, rule)| (format!("rules[{i}].{}.id", rule.kind()), rule.id(), What::Rule(i)));
        for (place, id, what) in items.chain(derived).chain(rules) {
            if Fact::ALL.iter().any(|(name, _)| *name == id.as_str()) || Expression::is_reserved(id.as_str()) {
                return Err(not_allowed(place, "this name has a meaning of its own in expressions"));
            }
            if round_of(id.as_str()).1 > 1 {
                return Err(not_allowed(place, "a name that ends in two underscores and a number is a round's"));
            }
            if names.insert(id.as_str(), what).is_some() {
                return Err(InstrumentError::Duplicate { place, id: id.to_string() });
            }
        }
        Ok(names)
    }

    pub(super) fn names(&self, names: &BTreeMap<&str, What>) -> Checked {
        let sheet = self.sheet;
        for (i, section) in sheet.sections.iter().enumerate() {
            self.refers(names, &format!("sections[{i}].when"), section.when.as_ref(), None)?;
            let count = section.repeat.as_ref().and_then(|repeat| repeat.count.as_ref());
            self.refers(names, &format!("sections[{i}].repeat.count"), count, None)?;
        }
        for (place, item) in &self.placed {
            self.refers(names, &format!("{place}.when"), item.when.as_ref(), None)?;
            self.refers(names, &format!("{place}.constraint"), item.constraint.as_ref(), Some("value"))?;
        }
        at_most("derived", "entries", sheet.derived.len(), limits::SECTIONS)?;
        for (i, derived) in sheet.derived.iter().enumerate() {
            let place = format!("derived[{i}]");
            self.maybe(&format!("{place}.text"), derived.text.as_ref())?;
            self.kept(&place, derived.source_name.as_ref(), &derived.xlsform)?;
            self.refers(names, &format!("{place}.value"), Some(&derived.value), None)?;
            let section = derived.section.as_ref();
            if let Some(id) = section.filter(|id| sheet.sections.iter().all(|section| section.id != **id)) {
                return Err(missing(format!("{place}.section"), id));
            }
        }
        Ok(())
    }

    /// Every name in an expression is an item, a derived value, a fact, or what else is given here.
    fn refers(
        &self,
        names: &BTreeMap<&str, What>,
        place: &str,
        expression: Option<&Expression>,
        given: Option<&str>,
    ) -> Checked {
        for id in expression.into_iter().flat_map(Expression::names) {
            match names.get(id.as_str()) {
                Some(What::Answer) => {}
                Some(What::Rule(_)) => return Err(not_allowed(place, "only rules refer to rules")),
                None => self.is_given(place, id, given)?,
            }
        }
        Ok(())
    }

    pub(super) fn is_given(&self, place: &str, id: &Id, also: Option<&str>) -> Checked {
        let fact = Fact::ALL.iter().any(|(name, fact)| *name == id.as_str() && *fact != Fact::Value);
        if fact || also == Some(id.as_str()) { Ok(()) } else { Err(missing(place, id)) }
    }
}
