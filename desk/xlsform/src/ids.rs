//! Ids for names of a spreadsheet, which may be anything that an XML tag may be.
//!
//! Each id is well formed, used once, and free of the words that expressions have a meaning for.

use std::collections::{BTreeSet, HashMap};

use vigil_screening::limits::ID_BYTES;
use vigil_screening::{Expression, Id};

/// One set of names.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    used: BTreeSet<Id>,
    /// The last number behind each name that several rows have: twenty thousand of them must not be counted through.
    last: HashMap<String, u32>,
}

/// What expressions call something else.
const GIVEN: [&str; 4] = ["under_18", "age_band", "exploitation", "value"];

impl Ids {
    /// An id for a name. `prefix` goes before a name that does not begin with a letter.
    pub(crate) fn make(&mut self, name: &str, prefix: &str) -> Id {
        let base = base(name, prefix);
        let mut candidate = base.clone();
        loop {
            if let Some(id) = Id::new(candidate).ok().filter(|id| !self.used.contains(id)) {
                self.used.insert(id.clone());
                return id;
            }
            // Some number is always free: a form has fewer rows than there are numbers.
            let number = self.last.entry(base.clone()).or_insert(1);
            *number += 1;
            candidate = format!("{}_{number}", cut(&base, 11).trim_end_matches('_'));
        }
    }
}

fn base(name: &str, prefix: &str) -> String {
    let mut letters = String::with_capacity(name.len());
    let mut before = '_';
    for c in name.chars() {
        // `HomePhone` reads as two words.
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            letters.push('_');
        }
        letters.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
        before = c;
    }
    let letters = letters.trim_matches('_');
    let letters = if letters.starts_with(|c: char| c.is_ascii_lowercase()) {
        cut(letters, 0)
    } else {
        cut(&format!("{prefix}{letters}"), 0)
    };
    let letters = not_a_round(letters.trim_end_matches('_'));
    if GIVEN.contains(&letters.as_str()) || Expression::is_reserved(&letters) {
        format!("{letters}_q")
    } else {
        letters
    }
}

/// Two underscores and a number at the end would be a round of a repeat.
fn not_a_round(letters: &str) -> String {
    match letters.rsplit_once("__") {
        Some((before, end)) if end.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{}_{end}", before.trim_end_matches('_'))
        }
        _ => letters.to_owned(),
    }
}

/// The beginning, with so much space left.
fn cut(letters: &str, space: usize) -> String {
    letters.chars().take(ID_BYTES - space).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_that_is_an_id_stays_one_and_others_become_one() {
        let mut ids = Ids::default();
        for (name, id) in [
            ("age", "age"),
            ("Age", "age_2"),
            ("prs_First_Name", "prs_first_name"),
            ("prs_HomePhone", "prs_home_phone"),
            ("NGO", "ngo"),
            ("__version__", "version"),
            ("1", "n1"),
            ("-99", "n99"),
            ("नाम", "n"),
            ("child__2", "child_2"),
            ("child____3", "child_3"),
            ("value", "value_q"),
            ("yes", "yes_q"),
            ("", "n_2"),
        ] {
            assert_eq!(ids.make(name, "n").as_str(), id, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_name_gets_an_id_of_its_own(names in proptest::collection::vec("\\PC{0,80}|[a-z_0-9]{60,70}", 1..40)) {
            let mut ids = Ids::default();
            let made: BTreeSet<Id> = names.iter().map(|name| ids.make(name, "q_")).collect();
            prop_assert_eq!(made.len(), names.len());
            prop_assert!(made.iter().all(|id| not_a_round(id.as_str()) == id.as_str()));
        }
    }
}
