//! What a reviewer would say about an instrument, grouped by what it is about.
//! It promises to separate what concerns the rules of care from what is merely unfinished.

use std::collections::BTreeMap;

use serde::Serialize;
use vigil_screening::{Advice, AdviceCode, lint as advice_on};

use super::problem::InstrumentProblem;
use super::source;
use crate::cli::output::Output;
use crate::error::DeskError;
use crate::text::{count, plain};

#[derive(Serialize)]
struct Linted<'a> {
    instrument: &'a str,
    version: u32,
    digest: String,
    /// How many pieces of advice concern the rules of care.
    care: usize,
    advice: &'a [Advice],
    notes: Vec<String>,
}

pub(super) fn lint(output: &Output, given: &str, strict: bool) -> Result<(), DeskError> {
    let loaded = source::load(given)?;
    let instrument = &loaded.instrument;
    let advice = advice_on(instrument);
    let care = advice.iter().filter(|advice| is_care(advice.code)).count();
    let mut notes = Vec::new();
    if loaded.takes_a_name() {
        notes.push(format!(
            "\"{}\" is the name of an instrument that comes with Vigil, and this is another; it cannot be signed or used \
             under this name",
            instrument.id()
        ));
    }
    let linted = Linted {
        instrument: instrument.id().as_str(),
        version: instrument.version(),
        digest: instrument.digest().to_string(),
        care,
        advice: &advice,
        notes,
    };
    output.answer(&linted, lines(&linted))?;
    if strict && care > 0 { Err(InstrumentProblem::Care(care).into()) } else { Ok(()) }
}

fn lines(linted: &Linted<'_>) -> Vec<String> {
    let mut groups: BTreeMap<(bool, AdviceCode), Vec<&Advice>> = BTreeMap::new();
    for advice in linted.advice {
        groups.entry((!is_care(advice.code), advice.code)).or_default().push(advice);
    }
    let mut lines = vec![format!("{}@{} can be used.", linted.instrument, linted.version)];
    lines.extend(linted.notes.iter().map(|note| format!("Note: {note}.")));
    for ((_, code), group) in groups {
        lines.push(String::new());
        lines.push(format!("{} ({})", heading(code), count(group.len() as u64, "place")));
        let mut by_words: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for advice in group {
            by_words.entry(&advice.words).or_default().push(plain(&advice.place));
        }
        lines.extend(by_words.iter().map(|(words, places)| format!("  {}: {}", plain(words), places.join(", "))));
    }
    if linted.advice.is_empty() {
        lines.push("A reviewer would have nothing to say.".to_owned());
    }
    lines
}

/// Whether it concerns what could hurt somebody, and not only what is unfinished.
fn is_care(code: AdviceCode) -> bool {
    matches!(
        code,
        AdviceCode::Profiling
            | AdviceCode::Gendered
            | AdviceCode::JudgesOrForces
            | AdviceCode::NoWayToEnd
            | AdviceCode::NoConcernAsked
            | AdviceCode::NoHelpCard
            | AdviceCode::NotForVolunteers
    )
}

fn heading(code: AdviceCode) -> &'static str {
    match code {
        AdviceCode::Profiling => "CARE: could profile somebody",
        AdviceCode::Gendered => "CARE: not gender-neutral",
        AdviceCode::JudgesOrForces => "CARE: judges, or tells to hold, search or persuade",
        AdviceCode::NoWayToEnd => "CARE: the safety page cannot end the talk",
        AdviceCode::NoConcernAsked => "CARE: nobody asks whether help is needed",
        AdviceCode::NoHelpCard => "CARE: a concern without a help card",
        AdviceCode::NotForVolunteers => "CARE: not for volunteers",
        AdviceCode::ContactIsLight => "CARE: reaching somebody is a green light by itself",
        AdviceCode::NotTranslated => "Not translated",
        AdviceCode::NotReviewed => "Not reviewed; shown beside the original only",
        AdviceCode::NoIconOrVoice => "Without an icon or a voice cue",
        AdviceCode::NotVerified => "Not checked against its source",
        AdviceCode::NotValidated => "Not validated",
        AdviceCode::NotSigned => "Not signed",
        AdviceCode::NoRule => "No rules",
        AdviceCode::CaseDiffers => "A worked case comes out differently",
        AdviceCode::RequiredIgnored => "Required in the spreadsheet; here every question can be skipped",
        _ => "Advice",
    }
}
