//! Marked people: names, phones and notes that nobody else has, each with a word that occurs nowhere but in it.
//! They promise that a hit is a hit: a mark is long enough to be no accident, and short enough to be found in a fragment.

use std::collections::BTreeSet;

use crate::DeskError;
use crate::demo::people::{Corpus, People, Script};
use crate::demo::search::{Found, Needles};

/// Syllables of a mark, in both scripts; four of them are 41 million words.
const CONSONANTS: [(char, char); 16] = [
    ('z', 'ज'),
    ('v', 'व'),
    ('q', 'क'),
    ('x', 'छ'),
    ('j', 'झ'),
    ('k', 'ख'),
    ('w', 'ध'),
    ('f', 'फ'),
    ('b', 'ब'),
    ('d', 'द'),
    ('g', 'ग'),
    ('h', 'ह'),
    ('m', 'म'),
    ('p', 'प'),
    ('t', 'त'),
    ('y', 'य'),
];
const VOWELS: [(char, &str); 5] = [('a', "ा"), ('e', "े"), ('i', "ि"), ('o', "ो"), ('u', "ु")];
const SYLLABLES: usize = 4;

/// Somebody who does not exist, and cannot be mistaken for anybody.
#[derive(Clone)]
pub(crate) struct Marked {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) note: String,
}

/// Draws marked people, each once.
pub(crate) struct Marks {
    people: People,
    drawn: BTreeSet<String>,
}

impl Marks {
    pub(crate) fn new(seed: u64) -> Self {
        Self { people: People::new(Corpus::Bench, seed), drawn: BTreeSet::new() }
    }

    /// The next person.
    pub(crate) fn person(&mut self, seeds: &mut Seeds) -> Marked {
        Marked { name: self.name(seeds), phone: self.phone(seeds), note: self.note(seeds) }
    }

    /// The next name.
    pub(crate) fn name(&mut self, seeds: &mut Seeds) -> String {
        let script = self.people.script();
        format!("{} {}", self.people.name(script), self.word(script, seeds))
    }

    /// The next note.
    pub(crate) fn note(&mut self, seeds: &mut Seeds) -> String {
        let script = self.people.script();
        format!("{} {}", self.people.sentence(script), self.word(script, seeds))
    }

    fn word(&mut self, script: Script, seeds: &mut Seeds) -> String {
        loop {
            let mut word = String::new();
            for _ in 0..SYLLABLES {
                let mut at = |length: usize| usize::try_from(self.people.random().below(length as u64)).unwrap_or(0);
                let (consonant, vowel) = (CONSONANTS[at(CONSONANTS.len())], VOWELS[at(VOWELS.len())]);
                match script {
                    Script::Latin => word.extend([consonant.0, vowel.0]),
                    Script::Devanagari => {
                        word.push(consonant.1);
                        word.push_str(vowel.1);
                    }
                }
            }
            if self.drawn.insert(word.clone()) {
                let typed = capitalised(&word);
                // As it was typed, and as what search looks through has it.
                seeds.add(if typed == word { vec![word] } else { vec![typed.clone(), word] });
                return typed;
            }
        }
    }

    fn phone(&mut self, seeds: &mut Seeds) -> String {
        loop {
            let digits = format!("98{:08}", self.people.random().below(100_000_000));
            if self.drawn.insert(digits.clone()) {
                seeds.add(vec![digits.clone()]);
                return format!("+977-{digits}");
            }
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is searched for: each seed with the ways in which it may be written.
#[derive(Default)]
pub(crate) struct Seeds(Vec<Vec<String>>);

impl Seeds {
    pub(crate) fn add(&mut self, written: Vec<String>) {
        self.0.push(written);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The seeds that were added since there were so many.
    pub(crate) fn since(&self, count: usize) -> Self {
        Self(self.0.get(count..).unwrap_or_default().to_vec())
    }

    /// Takes in all of another's.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Prepares the search.
    pub(crate) fn search(&self) -> Result<Search, DeskError> {
        let strings = self.0.iter().flatten().map(String::as_str);
        let needles = Needles::new(strings)
            .map_err(|error| DeskError::Usage(format!("the marks cannot be searched for: {error}")))?;
        let seed_of = self.0.iter().enumerate().flat_map(|(seed, written)| written.iter().map(move |_| seed));
        Ok(Search { needles, seed_of: seed_of.collect() })
    }
}

/// A prepared search.
pub(crate) struct Search {
    pub(crate) needles: Needles,
    seed_of: Vec<usize>,
}

impl Search {
    /// How many different seeds were found, in any writing and form.
    pub(crate) fn seeds_in(&self, found: &Found) -> usize {
        self.which_in(found).len()
    }

    /// Which seeds were found, by their numbers.
    pub(crate) fn which_in(&self, found: &Found) -> BTreeSet<usize> {
        found.hits.iter().filter_map(|(needle, _)| self.seed_of.get(*needle)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_found_in_what_it_was_written_into_and_in_nothing_else() {
        let (mut marks, mut seeds) = (Marks::new(1), Seeds::default());
        let people: Vec<_> = (0..200).map(|_| marks.person(&mut seeds)).collect();
        assert_eq!(seeds.count(), 600);
        let search = seeds.search().unwrap();
        for person in &people {
            for text in [&person.name, &person.phone, &person.note] {
                assert_eq!(search.seeds_in(&search.needles.in_bytes(text.as_bytes())), 1);
                assert_eq!(search.seeds_in(&search.needles.in_bytes(text.to_lowercase().as_bytes())), 1);
            }
        }
        let (mut others, mut unused) = (People::new(Corpus::Bench, 1), Seeds::default());
        let strangers: String = (0..2000).map(|_| others.note(Script::Latin)).collect();
        assert_eq!(search.seeds_in(&search.needles.in_bytes(strangers.as_bytes())), 0);
        Marks::new(1).person(&mut unused);
        assert_eq!(unused.since(1).count(), 2);
    }
}
