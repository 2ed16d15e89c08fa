//! Reads the expressions of a form once every name is known: computed values first, in the order in which they need
//! each other.
//!
//! What is not translated keeps its text in the bag of its row, and is named with the reason.

use std::collections::{BTreeSet, HashMap};

use vigil_screening::sheet::{Derived, Kept};
use vigil_screening::{Expression, Sheet, limits};

use super::bag::{UNLABELLED, keep};
use super::calculations::Order;
use super::circles;
use super::survey::Pending;
use super::texts::why;
use crate::heading::Field;
use crate::report::Report;
use crate::translate::{Known, Out, Outward, Place, Reading, Repeats, Scope, Wanted, refuse};

pub(super) type Where = (usize, Option<usize>);

/// Fills in every expression of a sheet.
pub(crate) fn settle(sheet: &mut Sheet, pending: &[Pending], survey: &str, report: &mut Report) {
    let mut scope = Scope::of(sheet);
    let repeats = Repeats::of(sheet);
    let computed = compute(sheet, pending, &mut scope, survey, report);
    for one in pending.iter().filter(|one| !computed.contains(&(one.section, one.item))) {
        if one.field == Field::Calculation {
            continue;
        }
        let result = read(sheet, one, &scope, &repeats);
        let failed = result.as_ref().err().map(ToString::to_string);
        if let Ok(expression) = result {
            put(sheet, one, expression);
        }
        keep_original(sheet, one, failed.as_deref(), survey, report);
    }
    let conditions = conditions(pending);
    for place in circles::broken(sheet, &computed) {
        if let Some(one) = conditions.get(&place) {
            keep_original(sheet, one, Some("it depends on itself"), survey, report);
        }
    }
    for (at, section) in sheet.sections.iter_mut().enumerate() {
        let mut number = 0..;
        section.items.retain(|_| number.next().is_none_or(|item| !computed.contains(&(at, Some(item)))));
    }
    forget(sheet);
}

/// Reads one expression where it stands.
fn read(sheet: &Sheet, one: &Pending, scope: &Scope, repeats: &Repeats) -> Out<Expression> {
    let mut around = repeats.around(one.section);
    if one.item.is_none() {
        around.retain(|section| *section != one.section);
    }
    let item = one.item.and_then(|at| sheet.sections.get(one.section)?.items.get(at));
    let here = match (one.field, item) {
        (Field::Constraint, Some(item)) => scope.type_of(item.source_name.as_deref().unwrap_or(item.id.as_str())),
        _ => None,
    };
    let place = Place { scope, repeats: &around, here };
    match one.field {
        Field::RepeatCount => place.number(&one.text),
        _ => place.condition(&one.text),
    }
}

fn put(sheet: &mut Sheet, one: &Pending, expression: Expression) {
    let Some(section) = sheet.sections.get_mut(one.section) else { return };
    match (one.item, one.field) {
        (None, Field::RepeatCount) => {
            if let Some(repeat) = &mut section.repeat {
                repeat.count = Some(expression);
            }
        }
        (None, _) => section.when = Some(expression),
        (Some(item), field) => {
            let Some(item) = section.items.get_mut(item) else { return };
            if field == Field::Constraint {
                item.constraint = Some(expression);
            } else {
                item.when = Some(expression);
            }
        }
    }
}

/// The text as it was written, which an export prefers while it still says the same.
fn keep_original(sheet: &mut Sheet, one: &Pending, failed: Option<&str>, survey: &str, report: &mut Report) {
    if one.row == 0 {
        return;
    }
    let Some(section) = sheet.sections.get_mut(one.section) else { return };
    let bag = match one.item {
        None => Some(&mut section.xlsform),
        Some(item) => section.items.get_mut(item).map(|item| &mut item.xlsform),
    };
    let kept = bag.is_some_and(|bag| keep(bag, one.field.header(), &one.text));
    if let Some(reason) = failed {
        report.name(survey, one.row, &one.header, why(kept, reason));
    }
}

/// The conditions of rows, by their places.
fn conditions(pending: &[Pending]) -> HashMap<Where, &Pending> {
    let conditions = pending.iter().filter(|one| one.field == Field::Relevant);
    conditions.map(|one| ((one.section, one.item), one)).collect()
}

/// Makes computed values of the calculations that can be done here; the places of the rows that they were.
fn compute(
    sheet: &mut Sheet,
    pending: &[Pending],
    scope: &mut Scope,
    survey: &str,
    report: &mut Report,
) -> BTreeSet<Where> {
    let conditions = conditions(pending);
    let condition = |one: &Pending| conditions.get(&(one.section, one.item)).map(|condition| condition.text.as_str());
    let order = Order::of(sheet, pending, condition);
    let mut done = BTreeSet::new();
    let mut at_row: HashMap<String, usize> = HashMap::new();
    for (name, at) in order.ready {
        let Some(one) = pending.get(at) else { continue };
        let place = Place { scope, repeats: &[], here: None };
        let read = if sheet.derived.len() < limits::SECTIONS {
            place.value(&whole(&one.text, condition(one)))
        } else {
            refuse("there are more computed values than an instrument may have")
        };
        match read {
            Ok(reading) => {
                let of = reading.of.clone();
                if let Some(derived) = derive(sheet, one, condition(one), reading) {
                    let id = derived.id.clone();
                    at_row.insert(id.to_string(), at);
                    scope.settle(&name, Known::Value { id, of, repeats: Vec::new(), computed: true });
                    sheet.derived.push(derived);
                    done.insert((one.section, one.item));
                }
            }
            Err(reason) => keep_original(sheet, one, Some(&reason.to_string()), survey, report),
        }
    }
    for one in order.circular.into_iter().filter_map(|at| pending.get(at)) {
        keep_original(sheet, one, Some("it depends on itself"), survey, report);
    }
    // In the order of the sheet: a reader of the file finds them where the form has them.
    sheet.derived.sort_by_key(|derived| at_row.get(derived.id.as_str()).copied());
    done
}

/// A calculation that is done under a condition only has no value without it.
pub(crate) fn whole(calculation: &str, condition: Option<&str>) -> String {
    match condition {
        Some(condition) => format!("if({condition}, {calculation}, '')"),
        None => calculation.to_owned(),
    }
}

/// The row of a calculation as a computed value.
fn derive(sheet: &Sheet, one: &Pending, condition: Option<&str>, reading: Reading) -> Option<Derived> {
    let section = sheet.sections.get(one.section)?;
    let item = section.items.get(one.item?)?;
    let mut bag: Kept = item.xlsform.clone();
    keep(&mut bag, Field::Calculation.header(), &one.text);
    if let Some(condition) = condition {
        keep(&mut bag, Field::Relevant.header(), condition);
    }
    let labelled = bag.get(UNLABELLED).is_none_or(|missing| missing != "all");
    Some(Derived {
        id: item.id.clone(),
        text: labelled.then(|| item.text.clone()),
        value: reading.expression,
        section: Some(section.id.clone()),
        source_name: item.source_name.clone(),
        xlsform: bag,
    })
}

/// Takes those texts out of the bags that an export would write just so.
fn forget(sheet: &mut Sheet) {
    let mut forgotten: Vec<(usize, Option<usize>, Field)> = Vec::new();
    let mut computed: Vec<usize> = Vec::new();
    {
        let names = Outward::of(sheet);
        let same = |bag: &Kept, field: Field, written: Out<String>| {
            let original = bag.get(field.header());
            original.zip(written.ok()).is_some_and(|(original, written)| squeeze(original) == squeeze(&written))
        };
        for (at, section) in sheet.sections.iter().enumerate() {
            if let Some(when) = &section.when
                && same(&section.xlsform, Field::Relevant, names.xpath(when.node(), Wanted::Condition, None))
            {
                forgotten.push((at, None, Field::Relevant));
            }
            for (number, item) in section.items.iter().enumerate() {
                let both = [(Field::Relevant, &item.when), (Field::Constraint, &item.constraint)];
                for (field, expression) in both {
                    if let Some(expression) = expression
                        && same(&item.xlsform, field, names.xpath(expression.node(), Wanted::Condition, Some(item)))
                    {
                        forgotten.push((at, Some(number), field));
                    }
                }
            }
        }
        for (at, derived) in sheet.derived.iter().enumerate() {
            let alone = !derived.xlsform.contains_key(Field::Relevant.header());
            let written = names.xpath(derived.value.node(), Wanted::Value, None);
            if alone && same(&derived.xlsform, Field::Calculation, written) {
                computed.push(at);
            }
        }
    }
    for (section, item, field) in forgotten {
        let Some(section) = sheet.sections.get_mut(section) else { continue };
        match item {
            None => drop(section.xlsform.remove(field.header())),
            Some(item) => {
                if let Some(item) = section.items.get_mut(item) {
                    item.xlsform.remove(field.header());
                }
            }
        }
    }
    for at in computed {
        if let Some(derived) = sheet.derived.get_mut(at) {
            derived.xlsform.remove(Field::Calculation.header());
        }
    }
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '"' { '\'' } else { c }).collect()
}
