//! Invented people, notes and screenings for the demo, the tests and the benchmarks: realistic text, and nobody real.
//! It promises the same people for the same seed, and two corpora whose names, sentences and words are disjoint.
//!
//! ```
//! use vigil::demo::people::{Corpus, People, Script};
//!
//! let mut people = People::new(Corpus::Bench, 7);
//! let person = people.person(Script::Devanagari);
//! assert!(person.name.contains(' '));
//! assert_eq!(person, People::new(Corpus::Bench, 7).person(Script::Devanagari));
//! ```

use serde::Serialize;

use super::random::SplitMix64;
use super::vocabulary::Vocabulary;
pub use super::vocabulary::{Corpus, Script};

/// Somebody who does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InventedPerson {
    /// Full name, in either script.
    pub name: String,
    /// A phone number.
    pub phone: String,
    /// Ward, village and district.
    pub address: String,
    /// Age in years.
    pub age: u32,
    /// `female`, `male` or `other`.
    pub sex: &'static str,
    /// The script that the name and address are in.
    #[serde(skip)]
    pub script: Script,
}

/// A journey that nobody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InventedJourney {
    /// Where it began.
    pub from: String,
    /// Where it was to end.
    pub to: String,
    /// By what.
    pub transport: String,
}

/// Draws people, places, notes and numbers from one half of the words.
#[derive(Debug, Clone)]
pub struct People {
    random: SplitMix64,
    words: &'static Vocabulary,
}

impl People {
    /// Starts a sequence of people.
    #[must_use]
    pub fn new(corpus: Corpus, seed: u64) -> Self {
        Self { random: SplitMix64::new(seed), words: Vocabulary::of(corpus) }
    }

    /// The source of numbers, for choices beside the words.
    pub fn random(&mut self) -> &mut SplitMix64 {
        &mut self.random
    }

    /// English or Nepali, Nepali in four of ten.
    pub fn script(&mut self) -> Script {
        if self.random.percent(40) { Script::Devanagari } else { Script::Latin }
    }

    /// A person with everything that a form asks for.
    pub fn person(&mut self, script: Script) -> InventedPerson {
        let sex = match self.random.below(20) {
            0..12 => "female",
            12..19 => "male",
            _ => "other",
        };
        InventedPerson {
            name: self.name(script),
            phone: self.phone(),
            address: self.address(script),
            age: u32::try_from(self.random.between(11, 47)).unwrap_or(20),
            sex,
            script,
        }
    }

    /// A full name: a given name, in some a second one, and a family name.
    pub fn name(&mut self, script: Script) -> String {
        // One in fourteen of the Latin names is Timorese.
        if script == Script::Latin && self.random.below(14) == 0 {
            return [&self.words.given_timor, &self.words.family_timor, &self.words.family_timor]
                .map(|list| self.random.pick(list).unwrap_or_default())
                .join(" ");
        }
        let words = self.words;
        let mut name = self.pair(&words.given, script).to_owned();
        if self.random.percent(22) {
            name.push(' ');
            name.push_str(self.pair(&words.given, script));
        }
        name.push(' ');
        name.push_str(self.pair(&words.family, script));
        name
    }

    /// A mobile number in one of the forms in which people write them.
    pub fn phone(&mut self) -> String {
        let prefix = ["984", "985", "986", "980", "981", "982", "974", "976", "970"];
        let prefix = self.random.pick(&prefix).unwrap_or("984");
        let rest = self.random.below(10_000_000);
        match self.random.below(20) {
            0..14 => format!("+977-{prefix}{rest:07}"),
            14..17 => format!("{prefix}{rest:07}"),
            17..19 => format!("+91-9{:09}", self.random.below(1_000_000_000)),
            _ => format!("+670-77{:06}", self.random.below(1_000_000)),
        }
    }

    /// Village, ward and district.
    pub fn address(&mut self, script: Script) -> String {
        let (village, ward) = (self.village(script), self.random.between(1, 17));
        let words = self.words;
        let district = self.pair(&words.districts, script);
        match script {
            Script::Latin => format!("{village}-{ward}, {district}"),
            Script::Devanagari => format!("{village}-{}, {district}", devanagari_digits(&ward.to_string())),
        }
    }

    /// The name of a village.
    pub fn village(&mut self, script: Script) -> String {
        let words = self.words;
        let head = self.pair(&words.village_heads, script);
        format!("{head}{}", self.pair(&words.village_tails, script))
    }

    /// A station at the border.
    pub fn station(&mut self, script: Script) -> String {
        let words = self.words;
        self.pair(&words.stations, script).to_owned()
    }

    /// A journey.
    pub fn journey(&mut self, script: Script) -> InventedJourney {
        let words = self.words;
        let district = self.pair(&words.districts, script);
        InventedJourney {
            from: format!("{}, {district}", self.village(script)),
            to: self.slot("city", script),
            transport: self.slot("vehicle", script),
        }
    }

    /// A note of one to three sentences.
    pub fn note(&mut self, script: Script) -> String {
        let sentences = self.random.between(1, 3);
        let mut note = String::new();
        for _ in 0..sentences {
            if !note.is_empty() {
                note.push(' ');
            }
            note.push_str(&self.sentence(script));
        }
        note
    }

    /// One sentence of a note.
    pub fn sentence(&mut self, script: Script) -> String {
        let words = self.words;
        let template = self.random.pick(&words.phrases(script).sentences).unwrap_or_default();
        let mut sentence = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            sentence.push_str(before);
            let Some((slot, after)) = after.split_once('}') else { break };
            sentence.push_str(&self.slot(slot, script));
            rest = after;
        }
        sentence.push_str(rest);
        sentence
    }

    fn slot(&mut self, name: &str, script: Script) -> String {
        let number = match name {
            "place" => return self.village(script),
            "name" => return self.name(script),
            "phone" => return self.phone(),
            "amount" => return self.amount(script),
            "days" => self.random.between(2, 60),
            "count" => self.random.between(2, 9),
            "number" => self.random.between(10, 4999),
            _ => {
                let words = self.words;
                let choices = words.phrases(script).slots.get(name).map_or(&[][..], Vec::as_slice);
                return self.random.pick(choices).unwrap_or_default().to_owned();
            }
        };
        in_digits(number.to_string(), script)
    }

    fn amount(&mut self, script: Script) -> String {
        let hundreds = match self.random.below(3) {
            0 => self.random.between(3, 40),
            1 => self.random.between(40, 400),
            _ => self.random.between(400, 3500),
        } * 100;
        let grouped =
            if hundreds >= 1000 { format!("{},{:03}", hundreds / 1000, hundreds % 1000) } else { hundreds.to_string() };
        match (script, self.random.below(4)) {
            (Script::Devanagari, 0) => format!("भा.रु. {}", devanagari_digits(&grouped)),
            (Script::Devanagari, _) => format!("रु {}", devanagari_digits(&grouped)),
            (Script::Latin, 0) => format!("INR {grouped}"),
            (Script::Latin, _) => format!("Rs {grouped}"),
        }
    }

    fn pair(&mut self, pairs: &'static [super::vocabulary::Pair], script: Script) -> &'static str {
        let index = usize::try_from(self.random.below(pairs.len() as u64)).unwrap_or(0);
        pairs.get(index).map_or("", |pair| pair.in_script(script))
    }
}

fn in_digits(number: String, script: Script) -> String {
    match script {
        Script::Latin => number,
        Script::Devanagari => devanagari_digits(&number),
    }
}

fn devanagari_digits(text: &str) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|d| char::from_u32(0x966 + d)).unwrap_or(c);
    text.chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_people_and_another_seed_others() {
        let all = |seed| {
            let mut people = People::new(Corpus::Bench, seed);
            (0..50).map(|_| (people.person(Script::Latin), people.note(Script::Devanagari))).collect::<Vec<_>>()
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
    }

    #[test]
    fn notes_have_no_open_slots_and_hardly_ever_repeat() {
        for script in [Script::Latin, Script::Devanagari] {
            for corpus in [Corpus::Bench, Corpus::Training] {
                let mut people = People::new(corpus, 3);
                let notes: Vec<_> = (0..2000).map(|_| people.note(script)).collect();
                assert!(notes.iter().all(|note| !note.contains(['{', '}']) && !note.contains("  ")));
                let different: BTreeSet<_> = notes.iter().collect();
                assert!(different.len() > 1850, "{}", different.len());
            }
        }
    }

    #[test]
    fn no_slot_is_left_empty() {
        for script in [Script::Latin, Script::Devanagari] {
            for corpus in [Corpus::Bench, Corpus::Training] {
                let words = Vocabulary::of(corpus).phrases(script);
                let mut people = People::new(corpus, 1);
                for sentence in &words.sentences {
                    for slot in sentence.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                        assert!(!people.slot(slot, script).is_empty(), "{slot}");
                    }
                }
            }
        }
    }

    #[test]
    fn names_are_long_enough_to_search_for() {
        let mut people = People::new(Corpus::Bench, 9);
        for _ in 0..2000 {
            let script = people.script();
            assert!(people.name(script).len() >= 6);
        }
        let names: BTreeSet<_> = (0..2000).map(|_| people.name(Script::Latin)).collect();
        assert!(names.len() > 1900, "{}", names.len());
    }
}
