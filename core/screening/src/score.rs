//! Applies an instrument to answers.
//!
//! Total over its input: whatever the answers are, it returns an assessment whose total is the sum of its reasons.

use crate::answers::{Answer, Answers};
use crate::assessment::{Assessment, BandReached, ConcernRaised, RedFlagCounted, ShownLight, Stop, VerifiedBy};
use crate::id::Id;
use crate::instrument::{Instrument, Role};
use crate::marked::{Marked, Reply, mark};
use crate::profile::Profile;
use crate::reach;
use crate::release::release;

/// What an instrument makes of the answers about one person.
#[must_use]
pub fn score(instrument: &Instrument, profile: &Profile, answers: &Answers) -> Assessment {
    let as_child = profile.age_band.counts_as_under_18();
    let (marked, set_aside) = mark(instrument, as_child, answers);

    let red_flags: Vec<_> = marked.iter().filter_map(|m| red_flag(instrument, m, answers)).collect();
    let total = red_flags.iter().map(|flag| u32::from(flag.points)).sum();
    let concerns: Vec<_> = marked.iter().filter_map(|m| concern(instrument, m)).collect();
    let release = release(instrument, as_child, total, &marked);
    let open = reach::open(instrument, as_child, total, &marked);
    let (next, stop) = next(&marked, !concerns.is_empty(), release.proposed, &open);

    Assessment {
        instrument: instrument.id().clone(),
        version: instrument.version(),
        age_band: profile.age_band,
        counted_as_under_18: as_child,
        total,
        band: band(instrument, total),
        red_flags,
        concerns,
        help_cards: help_cards(&marked),
        green_lights: lights(instrument, &marked, Role::GreenLight),
        contacts: lights(instrument, &marked, Role::Contact),
        release_proposed: release.proposed,
        release_reasons: release.reasons,
        unknown: marked.iter().filter(|m| m.is_unknown()).map(|m| m.item.id.clone()).collect(),
        open: open.iter().map(|o| o.item.id.clone()).collect(),
        next,
        stop,
        set_aside,
        notice: instrument.words(&instrument.sheet().notice).to_owned(),
    }
}

fn red_flag(instrument: &Instrument, m: &Marked<'_>, answers: &Answers) -> Option<RedFlagCounted> {
    let points = m.counted()?;
    let words = instrument.words(&m.item.text);
    let text = match m.reply {
        Reply::Chosen(option) => format!("{words}: {}", instrument.words(&option.text)),
        _ => words.to_owned(),
    };
    let group = m.item.group.as_ref().and_then(|id| instrument.sheet().groups.iter().find(|group| group.id == *id));
    Some(RedFlagCounted {
        item: m.item.id.clone(),
        text,
        group: group.map(|group| instrument.words(&group.text).to_owned()),
        answer: answers.get(&m.item.id).cloned().unwrap_or(Answer::NotAsked),
        points,
    })
}

fn concern(instrument: &Instrument, m: &Marked<'_>) -> Option<ConcernRaised> {
    let concern = m.item.concern.filter(|_| m.is_yes())?;
    Some(ConcernRaised {
        item: m.item.id.clone(),
        text: instrument.words(&m.item.text).to_owned(),
        concern,
        help_card: m.item.help_card.clone(),
    })
}

fn band(instrument: &Instrument, total: u32) -> BandReached {
    let rule = instrument.weighted_sum();
    // A checked instrument has a sum whose first band starts at 0; its own id stands in for an impossible gap.
    rule.and_then(|rule| rule.band(total)).map_or_else(
        || BandReached { id: instrument.id().clone(), text: String::new() },
        |band| BandReached { id: band.id.clone(), text: instrument.words(&band.text).to_owned() },
    )
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

fn lights(instrument: &Instrument, marked: &[Marked<'_>], role: Role) -> Vec<ShownLight> {
    let shown = marked.iter().filter(|m| m.item.role == role && m.is_yes());
    shown
        .map(|m| ShownLight {
            item: m.item.id.clone(),
            text: instrument.words(&m.item.text).to_owned(),
            verified: match m.reply {
                Reply::Verified(way) => {
                    Some(VerifiedBy { id: way.id.clone(), text: instrument.words(&way.text).to_owned() })
                }
                _ => None,
            },
        })
        .collect()
}

/// What to ask next, or why to stop.
fn next(
    marked: &[Marked<'_>],
    concern: bool,
    release_proposed: bool,
    open: &[reach::Open<'_>],
) -> (Option<Id>, Option<Stop>) {
    if concern {
        return (None, Some(Stop::HelpFirst));
    }
    if marked.iter().any(Marked::ends) {
        return (None, Some(Stop::Declined));
    }
    if release_proposed {
        // Before letting go, only what could show that the person needs help.
        let concern = open.iter().find(|o| o.item.concern.is_some());
        return match concern {
            Some(open) => (Some(open.item.id.clone()), None),
            None => (None, Some(Stop::GreenLight)),
        };
    }
    (reach::most_useful(open).map(|item| item.id.clone()), None)
}
