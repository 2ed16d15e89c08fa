//! Every name, phone and note that a run writes: what the searches look for.
//! It promises to tell what stays (and must be found where nothing is encrypted) from what is erased on purpose.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bulk::is_reduced;

/// Fields whose text names somebody or tells about them.
const TELLING: [&str; 9] = [
    "name",
    "other_names",
    "phone",
    "address",
    "document",
    "note",
    "description",
    "observations",
    "answer.observations",
];
/// Shorter strings would be found in noise.
const SHORTEST: usize = 6;

/// What was written.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seeds {
    /// What stands in records.
    kept: BTreeSet<String>,
    /// What was erased, or was never to stand in a record.
    not_kept: BTreeSet<String>,
}

impl Seeds {
    /// Takes in what somebody typed: a screening with persons, a sighting, fields of an edit.
    pub(crate) fn written(&mut self, input: &Value) {
        let mut strings = BTreeSet::new();
        collect(input, &mut strings);
        if is_reduced(input) { self.not_kept.extend(strings) } else { self.kept.extend(strings) }
    }

    /// Takes in a text that stands in a record for itself: an addendum, an opinion.
    pub(crate) fn text(&mut self, text: &str) {
        self.kept.insert(text.to_owned());
    }

    /// Takes in a text that stands in no record, for example the name of a member.
    pub(crate) fn beside(&mut self, text: &str) {
        self.not_kept.insert(text.to_owned());
    }

    /// What was written is erased now.
    pub(crate) fn erased(&mut self, input: &Value) {
        let mut strings = BTreeSet::new();
        collect(input, &mut strings);
        for string in strings {
            self.kept.remove(&string);
            self.not_kept.insert(string);
        }
    }

    /// What stands in records.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    /// What was erased or stands in no record. What is kept elsewhere is not among it.
    pub(crate) fn not_kept(&self) -> impl Iterator<Item = &str> {
        self.not_kept.difference(&self.kept).map(String::as_str)
    }
}

fn collect(value: &Value, strings: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if TELLING.contains(&name.as_str()) => {
                        let text = text.strip_prefix("text:").unwrap_or(text);
                        if text.len() >= SHORTEST {
                            strings.insert(text.to_owned());
                        }
                    }
                    other => collect(other, strings),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, strings)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_phones_and_notes_are_collected_and_nothing_else() {
        let mut seeds = Seeds::default();
        seeds.written(&json!({
            "screening": {"station": "East gate", "note": "by night bus", "answers": {"observations": "text:two phones"}},
            "persons": [{"role": "traveller", "name": "Maya Rai", "phone": "+977-9800000000", "address": "x"}]
        }));
        assert_eq!(seeds.kept().collect::<Vec<_>>(), ["+977-9800000000", "Maya Rai", "by night bus", "two phones"]);
    }

    #[test]
    fn what_is_let_go_is_not_kept_unless_somebody_else_wrote_it_too() {
        let let_go = json!({"persons": [{"name": "Maya Rai"}], "decision": {"outcome": "let_go"}});
        let mut seeds = Seeds::default();
        seeds.written(&let_go);
        assert_eq!((seeds.kept().count(), seeds.not_kept().count()), (0, 1));
        seeds.written(&json!({"persons": [{"name": "Maya Rai"}]}));
        assert_eq!((seeds.kept().count(), seeds.not_kept().count()), (1, 0));
        seeds.erased(&json!({"persons": [{"name": "Maya Rai"}]}));
        assert_eq!((seeds.kept().count(), seeds.not_kept().count()), (0, 1));
    }
}
