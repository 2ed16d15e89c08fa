//! Checks every rule: its items exist and can be counted, and it refers to earlier rules only.
//!
//! What passes can be applied to any answers.

use std::collections::BTreeMap;

use super::names::What;
use super::{Check, Checked, at_most, missing, not_allowed, unique};
use crate::expression::Expression;
use crate::id::Id;
use crate::limits;
use crate::sheet::{
    ActMeansPurpose, AnswerKind, CaseTable, GreenLights, Item, Outcome, Role, Rule, StrengthCount, WeightedSum,
};

impl Check<'_> {
    pub(super) fn rules(&self, names: &BTreeMap<&str, What>) -> Checked {
        let rules = &self.sheet.rules;
        at_most("rules", "entries", rules.len(), limits::LIST)?;
        for (i, rule) in rules.iter().enumerate() {
            let place = format!("rules[{i}].{}", rule.kind());
            self.maybe(&format!("{place}.title"), rule.title())?;
            match rule {
                Rule::WeightedSum(rule) => self.weighted_sum(&place, rule)?,
                Rule::StrengthCount(rule) => self.strength_count(&place, rule)?,
                Rule::AnyOf(rule) => {
                    self.counted(&place, &rule.items, rule.group.as_ref())?;
                    self.outcome(&format!("{place}.some"), &rule.some)?;
                    self.outcome(&format!("{place}.none"), &rule.none)?;
                }
                Rule::Count(rule) => {
                    self.counted(&place, &rule.items, rule.group.as_ref())?;
                    self.text(&format!("{place}.text"), &rule.text)?;
                }
                Rule::GreenLights(rule) => self.green_lights(&place, rule)?,
                Rule::ActMeansPurpose(rule) => self.act_means_purpose(&place, rule, i, names)?,
                Rule::CaseTable(rule) => self.case_table(&place, rule, i, names)?,
            }
        }
        let lights = rules.iter().filter(|rule| matches!(rule, Rule::GreenLights(_))).count();
        if lights > 1 {
            return Err(not_allowed("rules", "at most one rule of green lights"));
        }
        if lights == 0 && self.sheet.items().any(|item| item.role == Role::GreenLight) {
            return Err(not_allowed("rules", "green lights need a rule of green lights"));
        }
        Ok(())
    }

    fn yes_no_item(&self, place: &str, id: &Id) -> Result<&Item, crate::InstrumentError> {
        match self.by_id.get(id.as_str()) {
            None => Err(missing(place, id)),
            Some(item) if item.answer != AnswerKind::YesNo => Err(not_allowed(place, "a rule counts yes/no items")),
            Some(item) => Ok(item),
        }
    }

    /// Items by name, or all of a group; not both, and not none.
    fn counted(&self, place: &str, items: &[Id], group: Option<&Id>) -> Checked {
        at_most(&format!("{place}.items"), "entries", items.len(), limits::ITEMS)?;
        unique(items.iter().enumerate().map(|(i, id)| (format!("{place}.items[{i}]"), id)))?;
        match group {
            Some(_) if !items.is_empty() => Err(not_allowed(place, "a rule names items or a group, not both")),
            Some(group) if self.sheet.groups.iter().all(|have| have.id != *group) => {
                Err(missing(format!("{place}.group"), group))
            }
            Some(_) => Ok(()),
            None if items.is_empty() => Err(not_allowed(place, "a rule names items or a group")),
            None => items
                .iter()
                .enumerate()
                .try_for_each(|(i, id)| self.yes_no_item(&format!("{place}.items[{i}]"), id).map(|_| ())),
        }
    }

    fn outcome(&self, place: &str, outcome: &Outcome) -> Checked {
        self.text(&format!("{place}.text"), &outcome.text)
    }

    fn weighted_sum(&self, place: &str, rule: &WeightedSum) -> Checked {
        for (id, points) in &rule.points {
            let place = format!("{place}.points");
            self.yes_no_item(&place, id)?;
            at_most(&place, "points", usize::from(*points), limits::POINTS.into())?;
        }
        let place = format!("{place}.bands");
        self.named(&place, rule.bands.iter().map(|band| (&band.id, &band.text)))?;
        if rule.bands.first().is_none_or(|band| band.from != 0) {
            return Err(not_allowed(place, "the first band starts at 0"));
        }
        if rule.bands.iter().zip(rule.bands.iter().skip(1)).any(|(low, high)| low.from >= high.from) {
            return Err(not_allowed(place, "bands go from the lowest to the highest"));
        }
        rule.bands.iter().enumerate().try_for_each(|(i, band)| {
            at_most(&format!("{place}[{i}].from"), "points", band.from.into(), limits::POINTS.into())
        })
    }

    fn strength_count(&self, place: &str, rule: &StrengthCount) -> Checked {
        self.counted(place, &rule.items, rule.group.as_ref())?;
        self.text(&format!("{place}.positive"), &rule.positive)?;
        self.text(&format!("{place}.not_positive"), &rule.not_positive)?;
        let place = format!("{place}.patterns");
        at_most(&place, "entries", rule.patterns.len(), limits::LIST)?;
        if rule.patterns.is_empty() || rule.patterns.iter().any(|pattern| pattern.signs() == 0) {
            return Err(not_allowed(place, "a strength count has patterns, and each asks for a sign"));
        }
        rule.patterns.iter().enumerate().try_for_each(|(i, pattern)| {
            at_most(&format!("{place}[{i}]"), "signs", pattern.signs(), limits::PATTERN_SIGNS)
        })
    }

    fn green_lights(&self, place: &str, rule: &GreenLights) -> Checked {
        let place = format!("{place}.child_contacts");
        at_most(&place, "entries", rule.child_contacts.len(), limits::LIST)?;
        if rule.child_contacts.is_empty() {
            return Err(not_allowed(place, "a child is let go only when a guardian or school was reached"));
        }
        unique(rule.child_contacts.iter().enumerate().map(|(i, id)| (format!("{place}[{i}]"), id)))?;
        for (i, id) in rule.child_contacts.iter().enumerate() {
            let place = format!("{place}[{i}]");
            match self.by_id.get(id.as_str()) {
                None => return Err(missing(place, id)),
                Some(item) if item.verified_by.is_empty() => {
                    return Err(not_allowed(place, "whether somebody was reached must be verified"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn act_means_purpose(
        &self,
        place: &str,
        rule: &ActMeansPurpose,
        position: usize,
        names: &BTreeMap<&str, What>,
    ) -> Checked {
        self.text(&format!("{place}.met"), &rule.met)?;
        self.text(&format!("{place}.not_met"), &rule.not_met)?;
        for (element, ids) in [("act", &rule.act), ("means", &rule.means), ("purpose", &rule.purpose)] {
            let place = format!("{place}.{element}");
            at_most(&place, "entries", ids.len(), limits::ITEMS)?;
            if ids.is_empty() {
                return Err(not_allowed(place, "each element names what shows it"));
            }
            unique(ids.iter().enumerate().map(|(i, id)| (format!("{place}[{i}]"), id)))?;
            for (i, id) in ids.iter().enumerate() {
                let place = format!("{place}[{i}]");
                match names.get(id.as_str()) {
                    Some(What::Rule(at)) => {
                        self.is_earlier(&place, id, *at, position)?;
                        let holds = matches!(
                            self.sheet.rules.get(*at),
                            Some(Rule::StrengthCount(_) | Rule::AnyOf(_) | Rule::ActMeansPurpose(_))
                        );
                        if !holds {
                            return Err(not_allowed(
                                place,
                                "an element is shown by an item or by a rule that holds or not",
                            ));
                        }
                    }
                    _ => drop(self.yes_no_item(&place, id)?),
                }
            }
        }
        Ok(())
    }

    fn is_earlier(&self, place: &str, id: &Id, at: usize, position: usize) -> Checked {
        if at < position { Ok(()) } else { Err(missing(format!("{place} (among the rules before it)"), id)) }
    }

    fn case_table(&self, place: &str, rule: &CaseTable, position: usize, names: &BTreeMap<&str, What>) -> Checked {
        at_most(&format!("{place}.rows"), "entries", rule.rows.len(), limits::LIST)?;
        self.outcome(&format!("{place}.otherwise"), &rule.otherwise)?;
        for (i, row) in rule.rows.iter().enumerate() {
            let place = format!("{place}.rows[{i}]");
            self.outcome(&format!("{place}.outcome"), &row.outcome)?;
            for id in Expression::names(&row.when) {
                let place = format!("{place}.when");
                match names.get(id.as_str()) {
                    Some(What::Answer) => {}
                    Some(What::Rule(at)) => self.is_earlier(&place, id, *at, position)?,
                    None => self.is_given(&place, id, None)?,
                }
            }
        }
        Ok(())
    }
}
