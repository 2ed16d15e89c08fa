//! A learner's answers held against the worked ones, item by item and rule by rule.
//! It promises to take what was not asked as not asked on both sides, and to call nobody right or wrong without saying why.

use std::collections::BTreeSet;

use serde::Serialize;
use vigil_screening::{Answer, Answers, Id, WorkedCase};

use crate::cli::reader::Reader;
use crate::text::{count, plain};

/// A case as the learner and the worked answers have it.
#[derive(Serialize)]
pub(super) struct Comparison {
    instrument: Id,
    version: u32,
    case: Id,
    title: String,
    same_items: usize,
    items: Vec<ItemCompared>,
    same_rules: usize,
    rules: Vec<RuleCompared>,
    explanation: String,
}

#[derive(Serialize)]
struct ItemCompared {
    item: Id,
    text: String,
    yours: Answer,
    worked: Answer,
    /// None where the story does not say.
    same: Option<bool>,
    #[serde(skip)]
    words: (String, String),
}

#[derive(Serialize)]
struct RuleCompared {
    rule: Id,
    title: String,
    yours: String,
    worked: String,
    same: bool,
    #[serde(skip)]
    text: String,
}

pub(super) fn compare(reader: &Reader<'_>, case: &WorkedCase, yours: &Answers) -> Comparison {
    let items = items(reader, case, yours);
    let rules = rules(reader, case, yours);
    Comparison {
        instrument: reader.instrument.id().clone(),
        version: reader.instrument.version(),
        case: case.id.clone(),
        title: reader.words(&case.title),
        same_items: items.iter().filter(|item| item.same == Some(true)).count(),
        same_rules: rules.iter().filter(|rule| rule.same).count(),
        items,
        rules,
        explanation: reader.words(&case.explanation),
    }
}

/// Every item that either of them answered, in the instrument's order.
fn items(reader: &Reader<'_>, case: &WorkedCase, yours: &Answers) -> Vec<ItemCompared> {
    let of = |answers: &Answers, id: &Id| answers.get(id).cloned().unwrap_or(Answer::NotAsked);
    let mut left: BTreeSet<&Id> = yours.keys().chain(case.answers.keys()).collect();
    let in_order: Vec<&Id> = reader.instrument.items().map(|item| &item.id).filter(|id| left.remove(id)).collect();
    let all = in_order.into_iter().chain(left).map(|id| (id, of(yours, id), of(&case.answers, id)));
    let asked = all.filter(|(_, yours, worked)| *yours != Answer::NotAsked || *worked != Answer::NotAsked);
    asked
        .map(|(id, yours, worked)| {
            let item = reader.instrument.item(id.as_str());
            let words = |answer: &Answer| item.map_or_else(|| answer.code(), |item| reader.answer(item, answer));
            ItemCompared {
                item: id.clone(),
                text: item.map_or_else(|| id.to_string(), |item| reader.words(&item.text)),
                same: (worked != Answer::NotAsked).then_some(yours == worked),
                words: (words(&yours), words(&worked)),
                yours,
                worked,
            }
        })
        .collect()
}

fn rules(reader: &Reader<'_>, case: &WorkedCase, yours: &Answers) -> Vec<RuleCompared> {
    let (mine, worked) = (reader.score(&case.profile, yours), reader.score(&case.profile, &case.answers));
    let pairs = mine.rules.into_iter().zip(worked.rules);
    pairs
        .map(|(yours, worked)| RuleCompared {
            title: yours.title.unwrap_or_else(|| yours.id.as_str().replace('_', " ")),
            // A count or a sum that differs is a difference, whatever it is called.
            same: yours.outcome == worked.outcome && yours.value == worked.value,
            yours: with_value(&yours.outcome, yours.value),
            worked: with_value(&worked.outcome, worked.value),
            text: worked.text,
            rule: yours.id,
        })
        .collect()
}

fn with_value(outcome: &str, value: Option<i64>) -> String {
    value.map_or_else(|| outcome.to_owned(), |value| format!("{outcome} ({value})"))
}

impl Comparison {
    pub(super) fn lines(&self) -> Vec<String> {
        let of = |same: usize, all: usize, thing: &str| format!("{same} of {} the same", count(all as u64, thing));
        let told = self.items.iter().filter(|item| item.same.is_some()).count();
        let mut lines = vec![format!("== Answers: {}", of(self.same_items, told, "item"))];
        for item in &self.items {
            let (text, yours, worked) = (plain(&item.text), plain(&item.words.0), plain(&item.words.1));
            lines.push(match item.same {
                Some(true) => format!("  = {text}: {yours}"),
                Some(false) => format!("  * {text}: you {yours}; worked {worked}"),
                None => format!("  - {text}: you {yours}; the story does not say"),
            });
        }
        lines.extend([String::new(), format!("== Rules: {}", of(self.same_rules, self.rules.len(), "rule"))]);
        for rule in &self.rules {
            let (yours, worked) = (rule.yours.replace('_', " "), rule.worked.replace('_', " "));
            lines.push(match rule.same {
                true => format!("  = {}: {}", plain(&rule.title), plain(&yours)),
                false => format!("  * {}: you {}; worked {}", plain(&rule.title), plain(&yours), plain(&worked)),
            });
            lines.push(format!("      {}", plain(&rule.text)));
        }
        lines.extend([String::new(), "== Why".to_owned(), plain(&self.explanation)]);
        lines
    }
}
