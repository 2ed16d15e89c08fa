//! Applies an instrument to answers.
//!
//! Total over its input: whatever the answers are, it returns an assessment whose total is the sum of its reasons, and whose
//! rules name the answers behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::{
    Assessment, ConcernRaised, DerivedValue, RedFlagCounted, RuleResult, ShownLight, Stop, VerifiedBy,
};
use super::constraint::{breaks, doubtful};
use super::explain::NAMED;
use super::marked::{Marked, Reply, Shown};
use super::open::{Open, WHOLE, merged, most_useful, with_conditions};
use super::phrases::Phrase;
use super::release::{Release, release};
use super::rules::{Read, band, nothing, read};
use super::sitting::{Kind, Sitting};
use super::speaker::Speaker;
use super::sum;
use crate::answers::Answers;
use crate::id::{Id, ItemId};
use crate::instrument::Instrument;
use crate::plan::Name;
use crate::profile::Profile;
use crate::sheet::{Item, Role, Rule, WeightedSum};

/// What an instrument makes of the answers about one person, in the instrument's own language.
#[must_use]
pub fn score(instrument: &Instrument, profile: &Profile, answers: &Answers) -> Assessment {
    score_in(instrument, profile, answers, &[])
}

/// The same for a reader who prefers these languages, in this order.
#[must_use]
pub fn score_in(instrument: &Instrument, profile: &Profile, answers: &Answers, languages: &[&str]) -> Assessment {
    let speaker = Speaker { instrument, languages };
    let mut sitting = Sitting::new(instrument, profile, answers);
    let says_nothing = says_nothing(speaker, &sitting);
    let release = match &says_nothing {
        Some(_) => Release { proposed: false, reasons: Vec::new() },
        None => release_of(speaker, &sitting),
    };
    let mut reads: Vec<Read> = Vec::with_capacity(instrument.sheet().rules.len());
    for rule in &instrument.sheet().rules {
        let read = match &says_nothing {
            Some((outcome, why)) => nothing(outcome, why),
            None => read(speaker, &sitting, rule, &reads, &release),
        };
        sitting.rules.push(read.value.clone());
        reads.push(read);
    }
    let marked = &sitting.marked;
    let concerns: Vec<_> = marked.iter().filter_map(|m| concern(speaker, m)).collect();
    let concern_open = marked.iter().enumerate().filter(|(_, m)| m.item.concern.is_some() && m.could_be_asked());
    let concern_open = concern_open.map(|(at, _)| Open { at, alone: true, strength: WHOLE });
    let open = merged(reads.iter().flat_map(|read| read.open.iter().copied()).chain(concern_open));
    let open = with_conditions(&sitting, open);
    let (next, stop) = next(&sitting, !concerns.is_empty(), release.proposed, &open);
    let sum = first_sum(instrument).filter(|_| says_nothing.is_none());
    let total = sum.map(|rule| sum::total(&sitting, rule));
    let invites = stop.is_none() && !release.proposed;
    let rules = instrument.sheet().rules.iter().zip(&reads);
    let rules = rules.map(|(rule, read)| result(speaker, &sitting, rule, read, invites)).collect();

    let mut assessment = Assessment {
        instrument: instrument.id().clone(),
        version: instrument.version(),
        age_band: profile.age_band,
        counted_as_under_18: sitting.as_child,
        kind: sitting.kind_id().cloned(),
        says_nothing: says_nothing.map(|(_, why)| why),
        rules,
        derived: derived(speaker, &sitting),
        total,
        band: sum.zip(total).map(|(rule, total)| band(speaker, rule, total)),
        red_flags: sum.map_or_else(Vec::new, |rule| red_flags(speaker, &sitting, rule)),
        concerns,
        help_cards: help_cards(marked),
        green_lights: shown_lights(speaker, marked, Role::GreenLight),
        contacts: shown_lights(speaker, marked, Role::Contact),
        release_proposed: release.proposed,
        release_reasons: release.reasons,
        unknown: marked.iter().filter(|m| m.is_unknown()).map(|m| m.item.id.clone()).collect(),
        open: ids(&sitting, open.iter().map(|open| open.at)),
        next: next.and_then(|at| marked.get(at)).map(|m| m.item.id.clone()),
        stop,
        doubtful: doubtful(&sitting, answers),
        notice: speaker.text(&instrument.sheet().notice),
        languages: languages.iter().map(|lang| (*lang).to_owned()).collect(),
        wording: BTreeMap::new(),
        set_aside: sitting.set_aside,
    };
    assessment.wording = wording(speaker, &assessment);
    assessment
}

/// The wording of what the lines of an assessment name.
fn wording(speaker: Speaker<'_>, assessment: &Assessment) -> BTreeMap<ItemId, String> {
    let lists = [&assessment.unknown, &assessment.open, &assessment.doubtful];
    let lists = lists.into_iter().chain(assessment.rules.iter().map(|rule| &rule.because));
    let named = lists.flat_map(|ids| ids.iter().take(NAMED)).chain(&assessment.next);
    let left_out = assessment.set_aside.iter().take(NAMED).map(|left_out| &left_out.item);
    let reasons = assessment.release_reasons.iter().filter_map(|reason| reason.item.as_ref());
    let named: BTreeSet<&ItemId> = named.chain(left_out).chain(reasons).collect();
    let items = speaker.instrument.items().filter(|item| named.contains(&item.id));
    items.map(|item| (item.id.clone(), speaker.text(&item.text))).collect()
}

/// The items that are asked of this person, in order, each with whether its condition already holds.
#[must_use]
pub fn visible<'a>(instrument: &'a Instrument, profile: &Profile, answers: &Answers) -> Vec<(&'a Item, bool)> {
    let sitting = Sitting::new(instrument, profile, answers);
    let shown: Vec<Shown> = sitting.marked.iter().map(|marked| marked.shown).collect();
    let items = instrument.items().zip(shown).filter(|(_, shown)| *shown != Shown::No);
    items.map(|(item, shown)| (item, shown == Shown::Yes)).collect()
}

/// Whether the answer to an item breaks the item's constraint. What cannot be judged does not.
#[must_use]
pub fn constraint_broken(instrument: &Instrument, profile: &Profile, answers: &Answers, item: &str) -> bool {
    let sitting = Sitting::new(instrument, profile, answers);
    let Some(Name::Item(at)) = instrument.plan().name(item) else { return false };
    sitting.marked.get(at).is_some_and(|marked| breaks(&sitting, marked.item, answers.get(&marked.item.id)))
}

/// Whether the instrument is silent about this person, under which name and why.
fn says_nothing(speaker: Speaker<'_>, sitting: &Sitting<'_>) -> Option<(&'static str, String)> {
    let disabled = speaker.instrument.sheet().disabled.as_ref();
    match sitting.kind {
        Kind::One(kind) => disabled.or(kind.disabled.as_ref()),
        Kind::None => return Some(("not_applicable", speaker.phrase(Phrase::NOT_MADE_FOR))),
        Kind::Any => disabled,
    }
    .map(|why| ("disabled", speaker.text(why)))
}

/// `invites` tells whether anything more should be asked at all.
fn result(speaker: Speaker<'_>, sitting: &Sitting<'_>, rule: &Rule, read: &Read, invites: bool) -> RuleResult {
    let open = with_conditions(sitting, read.open.clone());
    RuleResult {
        id: rule.id().clone(),
        kind: rule.kind(),
        title: rule.title().map(|title| speaker.text(title)),
        outcome: read.outcome.clone(),
        text: read.text.clone(),
        value: read.amount,
        because: ids(sitting, read.because.iter().copied()),
        unknown: ids(sitting, read.unknown.iter().copied()),
        next: most_useful(sitting, &open)
            .filter(|_| invites)
            .and_then(|at| sitting.marked.get(at))
            .map(|m| m.item.id.clone()),
        open: ids(sitting, open.iter().map(|open| open.at)),
    }
}

fn ids(sitting: &Sitting<'_>, at: impl Iterator<Item = usize>) -> Vec<ItemId> {
    at.filter_map(|at| sitting.marked.get(at)).map(|marked| marked.item.id.clone()).collect()
}

fn first_sum(instrument: &Instrument) -> Option<&WeightedSum> {
    instrument.sheet().rules.iter().find_map(|rule| match rule {
        Rule::WeightedSum(rule) => Some(rule),
        _ => None,
    })
}

fn release_of(speaker: Speaker<'_>, sitting: &Sitting<'_>) -> Release {
    let rule = speaker.instrument.sheet().rules.iter().find_map(|rule| match rule {
        Rule::GreenLights(rule) => Some(rule),
        _ => None,
    });
    let sums = speaker.instrument.sheet().rules.iter().any(|rule| match rule {
        Rule::WeightedSum(rule) => sum::total(sitting, rule) > 0,
        _ => false,
    });
    let signs = sums || sitting.marked.iter().any(|m| m.item.role == Role::RedFlag && m.is_sign());
    release(speaker, sitting, rule, signs)
}

fn red_flags(speaker: Speaker<'_>, sitting: &Sitting<'_>, rule: &WeightedSum) -> Vec<RedFlagCounted> {
    let counted = sitting.marked.iter().filter_map(|marked| Some((marked, sum::counted(sitting, rule, marked)?)));
    let groups = &speaker.instrument.sheet().groups;
    let flags = counted.map(|(m, points)| {
        let words = speaker.text(&m.item.text);
        let text = match &m.reply {
            Reply::Chosen(options) => {
                let options: Vec<String> = options.iter().map(|option| speaker.text(&option.text)).collect();
                format!("{words}: {}", options.join(", "))
            }
            _ => words,
        };
        let group = m.item.group.as_ref().and_then(|id| groups.iter().find(|group| group.id == *id));
        RedFlagCounted {
            item: m.item.id.clone(),
            text,
            group: group.map(|group| speaker.text(&group.text)),
            answer: m.answer.clone(),
            points,
        }
    });
    flags.collect()
}

fn concern(speaker: Speaker<'_>, m: &Marked<'_>) -> Option<ConcernRaised> {
    let concern = m.item.concern.filter(|_| m.is_yes())?;
    Some(ConcernRaised {
        item: m.item.id.clone(),
        text: speaker.text(&m.item.text),
        concern,
        help_card: m.item.help_card.clone(),
    })
}

fn help_cards(marked: &[Marked<'_>]) -> Vec<Id> {
    let mut cards: Vec<Id> = Vec::new();
    for card in marked.iter().filter(|m| m.is_yes()).filter_map(|m| m.item.help_card.as_ref()) {
        if !cards.contains(card) {
            cards.push(card.clone());
        }
    }
    cards
}

fn shown_lights(speaker: Speaker<'_>, marked: &[Marked<'_>], role: Role) -> Vec<ShownLight> {
    let shown = marked.iter().filter(|m| m.item.role == role && m.is_sign());
    shown
        .map(|m| ShownLight {
            item: m.item.id.clone(),
            text: speaker.text(&m.item.text),
            verified: match m.reply {
                Reply::Verified(way) => Some(VerifiedBy { id: way.id.clone(), text: speaker.text(&way.text) }),
                _ => None,
            },
        })
        .collect()
}

fn derived(speaker: Speaker<'_>, sitting: &Sitting<'_>) -> Vec<DerivedValue> {
    let all = speaker.instrument.sheet().derived.iter().enumerate();
    let values = all.map(|(at, derived)| DerivedValue {
        id: derived.id.clone(),
        text: derived.text.as_ref().map(|text| speaker.text(text)).unwrap_or_default(),
        value: sitting.derived(at).filter(|value| value.missing().is_none()).map(ToString::to_string),
    });
    values.collect()
}

/// What to ask next, or why to stop.
fn next(sitting: &Sitting<'_>, concern: bool, release_proposed: bool, open: &[Open]) -> (Option<usize>, Option<Stop>) {
    if concern {
        return (None, Some(Stop::HelpFirst));
    }
    if sitting.marked.iter().any(Marked::ends) {
        return (None, Some(Stop::Declined));
    }
    if release_proposed {
        // Before letting go, only what could show that the person needs help.
        let is_concern = |open: &&Open| {
            sitting.marked.get(open.at).is_some_and(|m| m.item.concern.is_some() && m.shown == Shown::Yes)
        };
        return match open.iter().find(is_concern) {
            Some(open) => (Some(open.at), None),
            None => (None, Some(Stop::GreenLight)),
        };
    }
    // The safety page comes before everything, in its own order.
    let first_page = sitting.marked.iter().take(sitting.instrument.sheet().safety.items.len());
    let unasked = first_page.enumerate().find(|(_, m)| m.could_be_asked() && m.shown == Shown::Yes).map(|(at, _)| at);
    (unasked.or_else(|| most_useful(sitting, open)), None)
}
