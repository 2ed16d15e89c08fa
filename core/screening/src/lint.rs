//! What a reviewer would say about an instrument that the engine accepts: the rules of care, languages, what is unverified.
//!
//! Advice never stops a file from being used; it names the place and the rule, and a person decides. What the wording
//! says is looked at in English only; other languages are for native speakers to review.

use serde::Serialize;

use crate::coverage::{coverage, texts};
use crate::engine::score;
use crate::instrument::Instrument;
use crate::sheet::{AnswerKind, CheckedHow, Item, Role, Rule, Status, YesOrNo};
use crate::text::{Review, Text};

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Stable name.
    pub code: AdviceCode,
    /// Where, such as `sections[1].items[3].text`.
    pub place: String,
    /// What to look at.
    pub words: String,
}

/// Kinds of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdviceCode {
    /// The wording could profile somebody (CARE 2).
    Profiling,
    /// The wording is not gender-neutral (CARE 2).
    Gendered,
    /// The wording judges, or tells to hold, search or persuade (CARE 1, 3).
    JudgesOrForces,
    /// The safety page cannot end the talk (CARE 6).
    NoWayToEnd,
    /// The safety page does not ask whether somebody is hurt, asks for help or is in danger (CARE 4, 6).
    NoConcernAsked,
    /// A concern opens no help card (CARE 6).
    NoHelpCard,
    /// Opened by volunteers, and with points for what happened at home (CARE 6).
    NotForVolunteers,
    /// A text lacks a language that the instrument lists.
    NotTranslated,
    /// A language that no native speaker has reviewed; it runs in practice mode (CARE 13).
    NotReviewed,
    /// An item has no icon or no voice cue.
    NoIconOrVoice,
    /// An item's facts were not read in their source.
    NotVerified,
    /// Nobody has measured how well it tells cases apart.
    NotValidated,
    /// Nobody signed it.
    NotSigned,
    /// It adds nothing up and counts nothing.
    NoRule,
    /// A worked case does not come out as the file says.
    CaseDiffers,
    /// A green light that is also a child's contact: for a child, one phone call would then do for both (CARE 4, 5).
    ContactIsLight,
    /// The spreadsheet said that this must be answered; here every question can be skipped.
    RequiredIgnored,
}

/// Beginnings of English words that profile; one that ends in a dot is a whole word.
const PROFILING: &[&str] = &[
    "caste",
    "ethnic",
    "race.",
    "racial",
    "tribe",
    "tribal",
    "skin.",
    "nationality",
    "religio",
    "hindu",
    "muslim",
    "christian",
    "buddhis",
    "tattoo",
    "attire",
    "makeup",
    "pretty",
    "beautiful",
    "runaway",
    "eloping",
    "elope",
    "virgin",
];
const GENDERED: &[&str] = &[
    "she.", "her.", "hers.", "he.", "him.", "his.", "girl", "boy.", "boys.", "woman", "women", "wife.", "husband",
    "lady",
];
const FORCING: &[&str] =
    &["detain", "arrest", "interrogat", "persuade", "convince", "guilty", "criminal", "liar.", "confess"];

/// Everything that a reviewer would say. The words of texts are checked in English only.
#[must_use]
pub fn lint(instrument: &Instrument) -> Vec<Advice> {
    let mut found = Found { list: Vec::new() };
    wording(instrument, &mut found);
    safety(instrument, &mut found);
    languages(instrument, &mut found);
    items(instrument, &mut found);
    whole(instrument, &mut found);
    cases(instrument, &mut found);
    found.list
}

struct Found {
    list: Vec<Advice>,
}

impl Found {
    fn add(&mut self, code: AdviceCode, place: impl Into<String>, words: impl Into<String>) {
        self.list.push(Advice { code, place: place.into(), words: words.into() });
    }
}

/// In English only: stems of another language would need somebody who speaks it.
fn wording(instrument: &Instrument, found: &mut Found) {
    for (place, text) in texts(instrument.sheet()) {
        let Some(english) = text.get("en") else { continue };
        let words: Vec<String> =
            english.text.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        for (code, stems) in [
            (AdviceCode::Profiling, PROFILING),
            (AdviceCode::Gendered, GENDERED),
            (AdviceCode::JudgesOrForces, FORCING),
        ] {
            let says = |stem: &&&str| match stem.strip_suffix('.') {
                Some(whole) => words.iter().any(|word| word == whole),
                None => words.iter().any(|word| word.starts_with(**stem)),
            };
            if let Some(stem) = stems.iter().find(says) {
                found.add(code, place.clone(), format!("says \"{}\"", stem.trim_end_matches('.')));
            }
        }
    }
}

fn safety(instrument: &Instrument, found: &mut Found) {
    let sheet = instrument.sheet();
    if !sheet.safety.items.iter().any(|item| item.ends_when == Some(YesOrNo::No)) {
        found.add(AdviceCode::NoWayToEnd, "safety.items", "ask whether the person is willing to talk, and end on no");
    }
    if !sheet.safety.items.iter().any(|item| item.concern.is_some()) {
        found.add(
            AdviceCode::NoConcernAsked,
            "safety.items",
            "ask whether somebody is hurt, asks for help or is in danger",
        );
    }
    for item in instrument.items().filter(|item| item.concern.is_some() && item.help_card.is_none()) {
        found.add(AdviceCode::NoHelpCard, place(item), "a concern opens a card with what to do");
    }
    let volunteers = sheet.needs.roles.iter().any(|role| role.as_str() == "border_volunteer");
    let at_home = |item: &&Item| {
        let words = item.text.get("en").map(|wording| wording.text.to_lowercase()).unwrap_or_default();
        !item.only_if_raised && item.role == Role::RedFlag && words.contains("at home") && words.contains("abuse")
    };
    if volunteers {
        for item in instrument.items().filter(at_home) {
            found.add(AdviceCode::NotForVolunteers, place(item), "questions about abuse at home are for case workers");
        }
    }
}

fn languages(instrument: &Instrument, found: &mut Found) {
    let all = texts(instrument.sheet());
    for language in coverage(instrument) {
        let tag = language.language.as_str();
        if language.translated < language.texts {
            let lacks = |(place, text): &(String, Text)| text.get(tag).is_none().then(|| place.clone());
            let first = all.iter().find_map(lacks).unwrap_or_default();
            let words = format!("{} of {} texts, the first missing at {first}", language.translated, language.texts);
            found.add(AdviceCode::NotTranslated, format!("languages.{tag}"), words);
        }
        if language.status == Review::Unreviewed || language.reviewed < language.translated {
            let words =
                format!("{} of {} texts original, or reviewed by a native speaker", language.reviewed, language.texts);
            found.add(AdviceCode::NotReviewed, format!("languages.{tag}"), words);
        }
    }
}

fn items(instrument: &Instrument, found: &mut Found) {
    for item in instrument.items() {
        if item.is_asked() && (item.icon.is_none() || item.voice.is_none()) {
            found.add(AdviceCode::NoIconOrVoice, place(item), "an icon and a voice cue help who does not read");
        }
        match item.checked.as_ref().map(|checked| checked.status) {
            Some(CheckedHow::Recalled) => found.add(AdviceCode::NotVerified, place(item), "from memory, not checked"),
            Some(CheckedHow::Disputed) => {
                found.add(AdviceCode::NotVerified, place(item), "sources say different things")
            }
            _ => {}
        }
        let required =
            item.xlsform.get("required").is_some_and(|cell| !matches!(cell.as_str(), "" | "no" | "false" | "false()"));
        if required && !matches!(item.answer, AnswerKind::Note) {
            found.add(AdviceCode::RequiredIgnored, place(item), "every question can be skipped");
        }
    }
}

fn whole(instrument: &Instrument, found: &mut Found) {
    let sheet = instrument.sheet();
    if sheet.provenance.status == Status::NotValidated {
        found.add(AdviceCode::NotValidated, "provenance.status", sheet.provenance.status_note.clone());
    }
    if sheet.signature.is_none() && !crate::is_shipped(sheet.id.as_str()) {
        found.add(AdviceCode::NotSigned, "signature", "nobody answers for this file; sign it before it is used");
    }
    let contacts = sheet.rules.iter().flat_map(|rule| match rule {
        Rule::GreenLights(rule) => rule.child_contacts.as_slice(),
        _ => &[],
    });
    let lights = contacts.filter_map(|id| instrument.item(id.as_str())).filter(|item| item.role == Role::GreenLight);
    for item in lights {
        let words = "for a child, a green light and a guardian or school that was reached are two things";
        found.add(AdviceCode::ContactIsLight, place(item), words);
    }
    if sheet.rules.is_empty() {
        found.add(AdviceCode::NoRule, "rules", "without a rule, a result only shows what is unknown");
    }
}

fn cases(instrument: &Instrument, found: &mut Found) {
    for case in &instrument.sheet().cases {
        let result = score(instrument, &case.profile, &case.answers);
        for (rule, expected) in &case.expected {
            let outcome = result.rules.iter().find(|result| result.id == *rule).map(|result| result.outcome.as_str());
            if outcome != Some(expected.as_str()) {
                let words = format!("{rule} gives {}, and the file expects {expected}", outcome.unwrap_or("nothing"));
                found.add(AdviceCode::CaseDiffers, format!("cases.{}", case.id), words);
            }
        }
        for left_out in &result.set_aside {
            let words = format!("the answer to {} does not count", left_out.item);
            found.add(AdviceCode::CaseDiffers, format!("cases.{}", case.id), words);
        }
    }
}

fn place(item: &Item) -> String {
    format!("items.{}", item.id)
}
