//! What each kind of rule comes to: its outcome, its reasons, what is unknown and what could still change it.
//!
//! A rule that does not hold is not known to fail while something unknown or unasked could make it hold.

use std::collections::BTreeSet;

use super::assessment::{BandReached, Side};
use super::elements::{act_means_purpose, sorted};
use super::marked::Marked;
use super::open::{Open, WHOLE, merged};
use super::phrases::Phrase;
use super::release::Release;
use super::sitting::Sitting;
use super::speaker::Speaker;
use super::strength::dimension;
use super::{lights, sum, table};
use crate::expression::{Missing, Number, Value};
use crate::id::Id;
use crate::instrument::Instrument;
use crate::plan::Name;
use crate::sheet::{Role, Rule, WeightedSum};

/// What a rule comes to, for the rules after it.
pub(crate) struct Read {
    /// Neutral name of the outcome.
    pub(crate) outcome: String,
    pub(crate) text: String,
    pub(crate) amount: Option<i64>,
    /// What its name stands for in an expression.
    pub(crate) value: Value,
    pub(crate) because: Vec<usize>,
    pub(crate) unknown: Vec<usize>,
    pub(crate) open: Vec<Open>,
    /// The items whose answers could change its value, also where the outcome stays.
    pub(crate) moving: Vec<usize>,
}

pub(crate) fn nothing(outcome: &str, why: &str) -> Read {
    Read {
        outcome: outcome.to_owned(),
        text: why.to_owned(),
        amount: None,
        value: Value::Missing(Missing::NotComputable),
        because: Vec::new(),
        unknown: Vec::new(),
        open: Vec::new(),
        moving: Vec::new(),
    }
}

pub(crate) fn read(
    speaker: Speaker<'_>,
    sitting: &Sitting<'_>,
    rule: &Rule,
    earlier: &[Read],
    release: &Release,
) -> Read {
    match rule {
        Rule::WeightedSum(rule) => {
            let total = sum::total(sitting, rule);
            let reached = band(speaker, rule, total);
            let adds = |m: &Marked<'_>| sum::counted(sitting, rule, m).is_some_and(|points| points > 0);
            Read {
                outcome: reached.id.to_string(),
                text: reached.text,
                amount: Some(total.into()),
                value: Value::Number(Number::of(total as usize)),
                because: at(sitting, adds),
                unknown: at(sitting, |m| m.is_unknown() && m.item.role == Role::RedFlag),
                open: sum::open(sitting, rule, total),
                moving: sum::growing(sitting, rule),
            }
        }
        Rule::StrengthCount(rule) => {
            let items = items(speaker.instrument, &rule.items, rule.group.as_ref());
            let dimension = dimension(sitting, rule, &items);
            let (outcome, text) = match dimension.positive {
                true => ("positive", &rule.positive),
                false => ("not_positive", &rule.not_positive),
            };
            let truth = Truth::of(dimension.positive, dimension.could_be);
            let unknown = sorted(sitting, &items).unknown;
            holds(outcome, speaker.text(text), truth, dimension.because, unknown, dimension.open)
        }
        Rule::AnyOf(rule) => {
            let sorted = sorted(sitting, &items(speaker.instrument, &rule.items, rule.group.as_ref()));
            let some = !sorted.yes.is_empty();
            let outcome = if some { &rule.some } else { &rule.none };
            let truth = Truth::of(some, !sorted.unknown.is_empty() || !sorted.open.is_empty());
            let open = if some { Vec::new() } else { alone(sorted.open) };
            holds(outcome.id.as_str(), speaker.text(&outcome.text), truth, sorted.yes, sorted.unknown, open)
        }
        Rule::Count(rule) => {
            let sorted = sorted(sitting, &items(speaker.instrument, &rule.items, rule.group.as_ref()));
            Read {
                outcome: "counted".to_owned(),
                text: speaker.text(&rule.text),
                amount: i64::try_from(sorted.yes.len()).ok(),
                value: Value::Number(Number::of(sorted.yes.len())),
                because: sorted.yes,
                unknown: sorted.unknown,
                open: sorted.open.iter().map(|at| Open { at: *at, alone: true, strength: 1 }).collect(),
                moving: sorted.open,
            }
        }
        Rule::GreenLights(rule) => {
            let (outcome, side) = match release.proposed {
                true => ("release_proposed", Side::For),
                false => ("release_not_proposed", Side::Against),
            };
            let phrase = if release.proposed { Phrase::RELEASE_PROPOSED } else { Phrase::RELEASE_NOT_PROPOSED };
            let reasons = release.reasons.iter().filter(|reason| reason.side == side);
            let because: BTreeSet<usize> =
                reasons.clone().filter_map(|reason| position(speaker.instrument, reason.item.as_ref()?)).collect();
            let words: Vec<&str> = reasons.map(|reason| reason.text.as_str()).collect();
            let text = format!("{} {}", speaker.phrase(phrase), words.join("; ")).trim_end().to_owned();
            let unknown = at(sitting, |m| {
                m.is_unknown() && (m.item.concern.is_some() || matches!(m.item.role, Role::GreenLight | Role::Contact))
            });
            let open = lights_and_concerns(sitting, rule);
            let truth = Truth::of(release.proposed, !open.is_empty() || !unknown.is_empty());
            holds(outcome, text, truth, because.into_iter().collect(), unknown, open)
        }
        Rule::ActMeansPurpose(rule) => {
            let elements = act_means_purpose(sitting, rule, earlier);
            let (outcome, text) = if elements.met { ("met", &rule.met) } else { ("not_met", &rule.not_met) };
            let truth = Truth::of(elements.met, elements.could_be);
            let ids = rule.act.iter().chain(&rule.means).chain(&rule.purpose);
            let mut unknown =
                sorted(sitting, &ids.clone().filter_map(|id| position(speaker.instrument, id)).collect::<Vec<_>>())
                    .unknown;
            unknown.extend(
                ids.filter_map(|id| earlier.get(rule_position(speaker.instrument, id)?)).flat_map(|read| &read.unknown),
            );
            unknown.sort_unstable();
            unknown.dedup();
            holds(outcome, speaker.text(text), truth, elements.because, unknown, elements.open)
        }
        Rule::CaseTable(rule) => {
            let row = table::table(sitting, rule, earlier);
            Read {
                outcome: row.outcome.id.to_string(),
                text: speaker.text(&row.outcome.text),
                amount: None,
                value: Value::Text(row.outcome.id.to_string()),
                because: row.because,
                unknown: row.unknown,
                moving: row.open.iter().map(|open| open.at).collect(),
                open: row.open,
            }
        }
    }
}

/// Whether a rule holds; without it, whether what is not known could make it hold. That it does not is then not known either.
enum Truth {
    Yes,
    No,
    NotKnown,
}

impl Truth {
    fn of(holds: bool, could_hold: bool) -> Self {
        match (holds, could_hold) {
            (true, _) => Self::Yes,
            (false, true) => Self::NotKnown,
            (false, false) => Self::No,
        }
    }
}

fn holds(outcome: &str, text: String, truth: Truth, because: Vec<usize>, unknown: Vec<usize>, open: Vec<Open>) -> Read {
    let value = match truth {
        Truth::Yes => Value::Truth(true),
        Truth::No => Value::Truth(false),
        Truth::NotKnown if open.is_empty() => Value::Missing(Missing::Unknown),
        Truth::NotKnown => Value::Missing(Missing::NotAsked),
    };
    let moving = open.iter().map(|open| open.at).collect();
    Read { outcome: outcome.to_owned(), text, amount: None, value, because, unknown, open, moving }
}

fn rule_position(instrument: &Instrument, id: &Id) -> Option<usize> {
    match instrument.plan().name(id.as_str()) {
        Some(Name::Rule(at)) => Some(at),
        _ => None,
    }
}

fn alone(items: Vec<usize>) -> Vec<Open> {
    items.into_iter().map(|at| Open { at, alone: true, strength: WHOLE }).collect()
}

/// Without a concern, whether there is one could still change the proposal.
fn lights_and_concerns(sitting: &Sitting<'_>, rule: &crate::sheet::GreenLights) -> Vec<Open> {
    let raised = sitting.marked.iter().any(|m| m.item.concern.is_some() && m.is_yes());
    let concerns = at(sitting, |m| m.item.concern.is_some() && m.could_be_asked());
    let concerns = if raised { Vec::new() } else { alone(concerns) };
    merged(lights::open(sitting, rule).into_iter().chain(concerns))
}

fn at(sitting: &Sitting<'_>, passes: impl Fn(&Marked<'_>) -> bool) -> Vec<usize> {
    sitting.marked.iter().enumerate().filter(|(_, marked)| passes(marked)).map(|(at, _)| at).collect()
}

fn position(instrument: &Instrument, id: &Id) -> Option<usize> {
    match instrument.plan().name(id.as_str()) {
        Some(Name::Item(at)) => Some(at),
        _ => None,
    }
}

/// The items that a rule counts, by name or by group.
fn items(instrument: &Instrument, named: &[Id], group: Option<&Id>) -> Vec<usize> {
    match group {
        Some(group) => {
            let items = instrument.items().enumerate().filter(|(_, item)| item.group.as_ref() == Some(group));
            items.map(|(at, _)| at).collect()
        }
        None => named.iter().filter_map(|id| position(instrument, id)).collect(),
    }
}

pub(crate) fn band(speaker: Speaker<'_>, rule: &WeightedSum, total: u32) -> BandReached {
    // A checked sum has a first band that starts at 0; the rule's own id stands in for an impossible gap.
    rule.band(total).map_or_else(
        || BandReached { id: rule.id.clone(), text: String::new() },
        |band| BandReached { id: band.id.clone(), text: speaker.text(&band.text) },
    )
}
