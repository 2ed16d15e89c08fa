//! The engine's own words, in one file so that they are translated and reviewed together.
//!
//! Plain sentences for a person at a checkpoint; none of them calls anybody anything.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Serialize;

use super::assessment::{ReasonCode, SetAsideWhy, Stop};
use crate::text::{Lang, Review, Text};

/// The language that the phrases were written in.
const OWN: &str = "en";

/// One phrase; its name in `phrases.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrase(&'static str);

impl Phrase {
    pub(crate) const ONE_POINT: Self = Self("one_point");
    pub(crate) const POINTS: Self = Self("points");
    pub(crate) const COUNTED: Self = Self("counted");
    pub(crate) const AND_MORE: Self = Self("and_more");
    pub(crate) const AGE_AS_CHILD: Self = Self("age_as_child");
    pub(crate) const RELEASE_PROPOSED: Self = Self("release_proposed");
    pub(crate) const RELEASE_NOT_PROPOSED: Self = Self("release_not_proposed");
    pub(crate) const COMES_FIRST: Self = Self("comes_first");
    pub(crate) const BECAUSE: Self = Self("because");
    pub(crate) const UNKNOWN: Self = Self("unknown");
    pub(crate) const NOT_ASKED: Self = Self("not_asked");
    pub(crate) const OPEN: Self = Self("open");
    pub(crate) const NEXT: Self = Self("next");
    pub(crate) const DOUBTFUL: Self = Self("doubtful");
    pub(crate) const LEFT_OUT: Self = Self("left_out");
    pub(crate) const NOT_MADE_FOR: Self = Self("not_made_for");

    #[cfg(test)]
    const ALL: [Self; 16] = [
        Self::ONE_POINT,
        Self::POINTS,
        Self::COUNTED,
        Self::AND_MORE,
        Self::AGE_AS_CHILD,
        Self::RELEASE_PROPOSED,
        Self::RELEASE_NOT_PROPOSED,
        Self::COMES_FIRST,
        Self::BECAUSE,
        Self::UNKNOWN,
        Self::NOT_ASKED,
        Self::OPEN,
        Self::NEXT,
        Self::DOUBTFUL,
        Self::LEFT_OUT,
        Self::NOT_MADE_FOR,
    ];
}

impl From<ReasonCode> for Phrase {
    fn from(code: ReasonCode) -> Self {
        Self(match code {
            ReasonCode::GreenLight => "verified",
            ReasonCode::ContactReached => "contact_reached",
            ReasonCode::RequestForHelp => "help_asked",
            ReasonCode::Injury => "needs_care",
            ReasonCode::Danger => "possible_danger",
            ReasonCode::ChildNotReached => "child_not_reached",
            ReasonCode::NotVerified => "not_verified",
            ReasonCode::NoGreenLight => "no_green_light",
            ReasonCode::NoRule => "no_rule",
            ReasonCode::SignsNoted => "signs_noted",
            ReasonCode::ConcernUnknown => "concern_unknown",
            ReasonCode::ConcernNotAsked => "concern_not_asked",
        })
    }
}

impl From<Stop> for Phrase {
    fn from(stop: Stop) -> Self {
        Self(match stop {
            Stop::Declined => "stop_declined",
            Stop::HelpFirst => "stop_help_first",
            Stop::GreenLight => "stop_green_light",
        })
    }
}

impl From<SetAsideWhy> for Phrase {
    fn from(why: SetAsideWhy) -> Self {
        Self(match why {
            SetAsideWhy::NoSuchItem => "not_in_this_version",
            SetAsideWhy::OtherAge => "not_for_this_age",
            SetAsideWhy::OtherBranch => "not_for_this_branch",
            SetAsideWhy::WrongKind => "does_not_fit",
        })
    }
}

fn all() -> &'static BTreeMap<String, Text> {
    static ALL: OnceLock<BTreeMap<String, Text>> = OnceLock::new();
    // The file is part of the program, and a test reads it.
    ALL.get_or_init(|| serde_json::from_str(include_str!("phrases.json")).unwrap_or_default())
}

/// A phrase in the first of these languages that it has; without review, with the English behind it.
pub(crate) fn phrase(phrase: Phrase, languages: &[&str]) -> String {
    let Some(text) = all().get(phrase.0) else { return String::new() };
    let own = text.get(OWN).map_or("", |wording| wording.text.as_str());
    let found = languages.iter().find_map(|lang| Some((*lang, text.get(lang)?)));
    match found {
        Some((lang, wording)) if lang != OWN => {
            if wording.review == Some(Review::Reviewed) {
                wording.text.clone()
            } else {
                format!("{} [{own}]", wording.text)
            }
        }
        _ => own.to_owned(),
    }
}

/// How much of the engine's own words exists in a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhraseCoverage {
    /// The language.
    pub language: Lang,
    /// Phrases in it.
    pub translated: usize,
    /// Of them, those that a native speaker has reviewed.
    pub reviewed: usize,
    /// Phrases in all.
    pub phrases: usize,
}

/// How much of the engine's own words exists in each language beside English.
#[must_use]
pub fn phrase_coverage() -> Vec<PhraseCoverage> {
    let mut by_language: BTreeMap<&Lang, (usize, usize)> = BTreeMap::new();
    for (lang, wording) in all().values().flat_map(Text::wordings).filter(|(lang, _)| lang.as_str() != OWN) {
        let (translated, reviewed) = by_language.entry(lang).or_default();
        *translated += 1;
        *reviewed += usize::from(wording.review == Some(Review::Reviewed));
    }
    let coverage = by_language.into_iter().map(|(language, (translated, reviewed))| PhraseCoverage {
        language: language.clone(),
        translated,
        reviewed,
        phrases: all().len(),
    });
    coverage.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_stands_in_the_file_in_english() {
        let reasons = [
            ReasonCode::GreenLight,
            ReasonCode::ContactReached,
            ReasonCode::RequestForHelp,
            ReasonCode::Injury,
            ReasonCode::Danger,
            ReasonCode::ChildNotReached,
            ReasonCode::NotVerified,
            ReasonCode::NoGreenLight,
            ReasonCode::NoRule,
            ReasonCode::SignsNoted,
            ReasonCode::ConcernUnknown,
            ReasonCode::ConcernNotAsked,
        ];
        let stops = [Stop::Declined, Stop::HelpFirst, Stop::GreenLight];
        let left_out =
            [SetAsideWhy::NoSuchItem, SetAsideWhy::OtherAge, SetAsideWhy::OtherBranch, SetAsideWhy::WrongKind];
        let phrases = Phrase::ALL.into_iter().chain(reasons.map(Phrase::from)).chain(stops.map(Phrase::from));
        for name in phrases.chain(left_out.map(Phrase::from)) {
            assert!(!phrase(name, &[]).is_empty(), "{name:?}");
        }
    }

    #[test]
    fn a_phrase_keeps_its_place_for_a_number_in_every_language() {
        for (name, text) in all() {
            let places = |words: &str| words.matches("{}").count();
            let own = places(&text.get(OWN).unwrap().text);
            for (lang, wording) in text.wordings() {
                assert_eq!(places(&wording.text), own, "{name}.{lang}");
            }
        }
    }
}
