//! An instrument as somebody reads it: in their languages, with the original behind what nobody has reviewed (CARE 13).
//! It promises never to show an unreviewed translation alone.

use vigil_screening::{Answer, Answers, Assessment, Instrument, Item, Profile, Text, score_in};

/// An instrument and the languages of whoever reads it, the preferred one first.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    pub(super) instrument: &'a Instrument,
    pub(super) languages: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(instrument: &'a Instrument, languages: Vec<&'a str>) -> Self {
        Self { instrument, languages }
    }

    /// A text, as it is shown.
    pub(super) fn words(&self, text: &Text) -> String {
        self.instrument.read(text, &self.languages).shown()
    }

    /// What the instrument makes of answers.
    pub(super) fn score(&self, profile: &Profile, answers: &Answers) -> Assessment {
        score_in(self.instrument, profile, answers, &self.languages)
    }

    /// How something was verified.
    pub(super) fn way(&self, id: &str) -> String {
        let way = self.instrument.sheet().verifications.iter().find(|way| way.id.as_str() == id);
        way.map_or_else(|| id.to_owned(), |way| self.words(&way.text))
    }

    /// An option of an item.
    fn option(&self, item: &Item, id: &str) -> String {
        let option = self.instrument.sheet().options(item).iter().find(|option| option.id.as_str() == id);
        option.map_or_else(|| id.to_owned(), |option| self.words(&option.text))
    }

    /// An answer to an item.
    pub(super) fn answer(&self, item: &Item, answer: &Answer) -> String {
        match answer {
            Answer::Yes => "yes".to_owned(),
            Answer::Verified(way) => format!("yes, verified: {}", self.way(way.as_str())),
            Answer::No => "no".to_owned(),
            Answer::Unknown => "unknown".to_owned(),
            Answer::NotAsked => "not asked".to_owned(),
            Answer::Choice(id) => self.option(item, id.as_str()),
            Answer::Choices(ids) if ids.is_empty() => "none of them".to_owned(),
            Answer::Choices(ids) => ids.iter().map(|id| self.option(item, id.as_str())).collect::<Vec<_>>().join(", "),
            Answer::Text(words) => words.clone(),
            other => other.code().split_once(':').map_or_else(String::new, |(_, value)| value.to_owned()),
        }
    }
}
