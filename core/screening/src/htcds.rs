//! Answers as fields of the Human Trafficking Case Data Standard (IOM, HTCDS v2.0, CC BY 4.0; no endorsement by IOM).
//!
//! Only what an instrument maps goes out, and only what was answered: unknown and not asked leave a field empty.

use std::collections::{BTreeMap, BTreeSet};

use crate::answers::{Answer, Answers};
use crate::instrument::Instrument;
use crate::plan::name_in_round;
use crate::sheet::Item;

/// Values that the standard defines and its picklist lacks ("Field Definitions" against the field list of v2.0).
const NOT_IN_PICKLIST: [&str; 2] = ["RestrictsMovement", "UsesChildren"];

/// The standard's fields that the answers fill, with their values in alphabetical order.
///
/// What the standard defines and its own picklist lacks goes out as `Other`.
#[must_use]
pub fn htcds_fields(instrument: &Instrument, answers: &Answers) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (at, item) in instrument.items().enumerate() {
        let Some(htcds) = &item.htcds else { continue };
        for round in 1..=instrument.plan().rounds(at) {
            let Some(answer) = answers.get(name_in_round(&item.id, round).as_str()) else { continue };
            let values = values(instrument, item, answer);
            if !values.is_empty() {
                let picked = values
                    .into_iter()
                    .map(|value| if NOT_IN_PICKLIST.contains(&value.as_str()) { "Other".to_owned() } else { value });
                fields.entry(htcds.field.clone()).or_default().extend(picked);
            }
        }
    }
    fields
}

fn values(instrument: &Instrument, item: &Item, answer: &Answer) -> Vec<String> {
    let coded = |name: &str| item.htcds.as_ref().and_then(|htcds| htcds.values.get(name)).cloned();
    let option = |id: &crate::Id| {
        let option = instrument.sheet().options(item).iter().find(|option| option.id == *id)?;
        option.htcds.clone().or_else(|| coded(id.as_str()))
    };
    match answer {
        Answer::Yes | Answer::Verified(_) => coded("yes").into_iter().collect(),
        Answer::No => coded("no").into_iter().collect(),
        Answer::Choice(id) => option(id).into_iter().collect(),
        Answer::Choices(ids) => ids.iter().filter_map(option).collect(),
        Answer::Number(number) => vec![number.to_string()],
        Answer::Decimal(number) => vec![number.to_string()],
        Answer::Date(day) => vec![day.to_string()],
        Answer::Time(time) => vec![time.to_string()],
        Answer::Text(words) => vec![words.clone()],
        Answer::Unknown | Answer::NotAsked => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, shipped};

    #[test]
    fn answers_become_the_standards_values_and_what_its_picklist_lacks_becomes_other() {
        let instrument = shipped("ilo_forced_labour", 1).unwrap().unwrap();
        let all: Answers = instrument.items().map(|item| (item.id.clone(), Answer::Yes)).collect();
        let fields = htcds_fields(&instrument, &all);
        let control = &fields["vic_MethodsOfControl"];
        assert!(control.contains("DebtBondage") && control.contains("WithholdsDocuments"));
        assert!(control.contains("Other") && !control.contains("RestrictsMovement"));
        let unknown: Answers = instrument.items().map(|item| (item.id.clone(), Answer::Unknown)).collect();
        assert!(htcds_fields(&instrument, &unknown).is_empty());
        assert!(htcds_fields(&instrument, &[(Id::new("nothing").unwrap(), Answer::Yes)].into()).is_empty());
    }
}
