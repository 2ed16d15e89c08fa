//! The word lists from which invented people and notes are put together, cut into two halves that share nothing.
//! It promises that no name, sentence or word of a list stands in both halves, so that a compression dictionary trained
//! on one half has never seen the other.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Which half of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corpus {
    /// For training the compression dictionary.
    Training,
    /// For the demo, the tests and every figure that is published.
    Bench,
}

/// How something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// English text and transliterated names.
    Latin,
    /// Nepali text and names.
    Devanagari,
}

/// A word in both scripts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) latin: &'static str,
    pub(crate) devanagari: &'static str,
}

impl Pair {
    pub(crate) fn in_script(&self, script: Script) -> &'static str {
        match script {
            Script::Latin => self.latin,
            Script::Devanagari => self.devanagari,
        }
    }
}

/// One half of everything.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    pub(crate) given: Vec<Pair>,
    pub(crate) family: Vec<Pair>,
    pub(crate) given_timor: Vec<&'static str>,
    pub(crate) family_timor: Vec<&'static str>,
    pub(crate) districts: Vec<Pair>,
    pub(crate) stations: Vec<Pair>,
    pub(crate) village_heads: Vec<Pair>,
    pub(crate) village_tails: Vec<Pair>,
    pub(crate) english: Phrases,
    pub(crate) nepali: Phrases,
}

/// Sentences and what fills their slots.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    pub(crate) sentences: Vec<&'static str>,
    pub(crate) slots: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Vocabulary {
    pub(crate) fn of(corpus: Corpus) -> &'static Self {
        static TRAINING: OnceLock<Vocabulary> = OnceLock::new();
        static BENCH: OnceLock<Vocabulary> = OnceLock::new();
        match corpus {
            Corpus::Training => TRAINING.get_or_init(|| Self::read(corpus)),
            Corpus::Bench => BENCH.get_or_init(|| Self::read(corpus)),
        }
    }

    fn read(corpus: Corpus) -> Self {
        let places = sections(include_str!("data/places.txt"));
        let place = |name: &str| pairs(half(places.get(name).map_or(&[], Vec::as_slice), corpus));
        let names = |file: &'static str| half(&file.lines().collect::<Vec<_>>(), corpus);
        Self {
            given: pairs(names(include_str!("data/given.txt"))),
            family: pairs(names(include_str!("data/family.txt"))),
            given_timor: names(include_str!("data/given.timor.txt")),
            family_timor: names(include_str!("data/family.timor.txt")),
            districts: place("districts"),
            stations: place("stations"),
            village_heads: place("village heads"),
            village_tails: place("village tails"),
            english: Phrases::read(include_str!("data/phrases.en.txt"), corpus),
            nepali: Phrases::read(include_str!("data/phrases.ne.txt"), corpus),
        }
    }

    pub(crate) fn phrases(&self, script: Script) -> &Phrases {
        match script {
            Script::Latin => &self.english,
            Script::Devanagari => &self.nepali,
        }
    }
}

impl Phrases {
    fn read(file: &'static str, corpus: Corpus) -> Self {
        let mut sections = sections(file);
        let sentences = match corpus {
            Corpus::Training => sections.remove("sentences.training"),
            Corpus::Bench => sections.remove("sentences.bench"),
        };
        sections.retain(|name, _| !name.starts_with("sentences."));
        let slots = sections.into_iter().map(|(name, words)| (name, half(&words, corpus))).collect();
        Self { sentences: sentences.unwrap_or_default(), slots }
    }
}

/// Every second line belongs to the other half.
fn half(lines: &[&'static str], corpus: Corpus) -> Vec<&'static str> {
    let first = match corpus {
        Corpus::Training => 0,
        Corpus::Bench => 1,
    };
    lines.iter().skip(first).step_by(2).copied().collect()
}

fn pairs(lines: Vec<&'static str>) -> Vec<Pair> {
    let pair = |line: &'static str| line.split_once('=').map(|(latin, devanagari)| Pair { latin, devanagari });
    lines.into_iter().filter_map(pair).collect()
}

fn sections(file: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut sections: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut open = "";
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => open = name,
            None => sections.entry(open).or_default().push(line),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn words(corpus: Corpus) -> BTreeSet<&'static str> {
        let v = Vocabulary::of(corpus);
        let pairs = [&v.given, &v.family, &v.districts, &v.stations, &v.village_heads, &v.village_tails];
        let mut words: BTreeSet<&str> = pairs.into_iter().flatten().flat_map(|p| [p.latin, p.devanagari]).collect();
        words.extend(&v.given_timor);
        words.extend(&v.family_timor);
        for phrases in [&v.english, &v.nepali] {
            words.extend(&phrases.sentences);
            words.extend(phrases.slots.values().flatten());
        }
        words
    }

    #[test]
    fn the_halves_share_no_entry_of_any_list() {
        let (training, bench) = (words(Corpus::Training), words(Corpus::Bench));
        let both: Vec<_> = training.intersection(&bench).collect();
        assert!(both.is_empty(), "{both:?}");
    }

    #[test]
    fn the_lists_are_as_long_as_promised_and_well_formed() {
        let (a, b) = (Vocabulary::of(Corpus::Training), Vocabulary::of(Corpus::Bench));
        for half in [a, b] {
            assert!(half.given.len() >= 150, "{}", half.given.len());
            assert!(half.family.len() >= 150, "{}", half.family.len());
            assert!(half.given_timor.len() >= 50 && half.family_timor.len() >= 50);
            assert!(half.districts.len() >= 25 && half.stations.len() >= 10);
            for pair in half.given.iter().chain(&half.family) {
                assert!(pair.latin.chars().all(|c| c.is_ascii_alphabetic()), "{}", pair.latin);
                assert!(pair.devanagari.chars().all(|c| ('\u{900}'..='\u{97f}').contains(&c)), "{}", pair.devanagari);
            }
        }
        assert!(a.english.sentences.len() + b.english.sentences.len() >= 60);
        assert!(a.nepali.sentences.len() + b.nepali.sentences.len() >= 60);
    }
}
