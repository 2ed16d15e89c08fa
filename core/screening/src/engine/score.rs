//! Applies an instrument to answers.
//!
//! Total over its input: whatever the answers are, it returns an assessment whose total is the sum of its reasons, and whose
//! rules name the answers behind them.

use super::assessment::{
    Assessment, BandReached, ConcernRaised, DerivedValue, RedFlagCounted, RuleResult, ShownLight, Side, Stop,
    VerifiedBy,
};
use super::elements::{act_means_purpose, yes_and_open};
use super::marked::{Marked, Reply, Shown, reply};
use super::open::{Open, WHOLE, merged, most_useful, with_conditions};
use super::phrases::Phrase;
use super::release::{Release, release};
use super::sitting::{Kind, Sitting};
use super::speaker::Speaker;
use super::strength::dimension;
use super::{lights, sum, table};
use crate::answers::{Answer, Answers};
use crate::date::Date;
use crate::expression::{Names, Number, Value};
use crate::id::{Id, ItemId};
use crate::instrument::Instrument;
use crate::plan::{Fact, Name};
use crate::profile::Profile;
use crate::sheet::{Item, Role, Rule, WeightedSum};

/// What a rule comes to, for the rules after it.
pub(crate) struct Read {
    /// Neutral name of the outcome.
    pub(crate) outcome: String,
    pub(crate) text: String,
    pub(crate) amount: Option<i64>,
    /// What its name stands for in an expression.
    pub(crate) value: Value,
    pub(crate) because: Vec<usize>,
    pub(crate) open: Vec<Open>,
}

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
    let release = release_of(speaker, &sitting);
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

    Assessment {
        instrument: instrument.id().clone(),
        version: instrument.version(),
        age_band: profile.age_band,
        counted_as_under_18: sitting.as_child,
        kind: sitting.kind_id().cloned(),
        says_nothing: says_nothing.map(|(_, why)| why),
        rules: instrument
            .sheet()
            .rules
            .iter()
            .zip(&reads)
            .map(|(rule, read)| result(speaker, &sitting, rule, read))
            .collect(),
        derived: derived(speaker, &sitting),
        total: sum.map(|rule| sum::total(&sitting, rule)),
        band: sum.map(|rule| band(speaker, rule, sum::total(&sitting, rule))),
        red_flags: sum.map_or_else(Vec::new, |rule| red_flags(speaker, &sitting, rule, answers)),
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
        set_aside: sitting.set_aside,
    }
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
    sitting.marked.get(at).is_some_and(|marked| breaks(&sitting, marked, answers))
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

fn nothing(outcome: &str, why: &str) -> Read {
    Read {
        outcome: outcome.to_owned(),
        text: why.to_owned(),
        amount: None,
        value: Value::Missing(crate::expression::Missing::NotComputable),
        because: Vec::new(),
        open: Vec::new(),
    }
}

fn read(speaker: Speaker<'_>, sitting: &Sitting<'_>, rule: &Rule, earlier: &[Read], release: &Release) -> Read {
    match rule {
        Rule::WeightedSum(rule) => {
            let total = sum::total(sitting, rule);
            let reached = band(speaker, rule, total);
            let counted = |m: &Marked<'_>| sum::counted(sitting, rule, m).is_some_and(|points| points > 0);
            Read {
                outcome: reached.id.to_string(),
                text: reached.text,
                amount: Some(total.into()),
                value: Value::Number(Number::of(total as usize)),
                because: at(sitting, counted),
                open: sum::open(sitting, rule, total),
            }
        }
        Rule::StrengthCount(rule) => {
            let dimension = dimension(sitting, rule, &items(speaker.instrument, &rule.items, rule.group.as_ref()));
            let (outcome, text) = match dimension.positive {
                true => ("positive", &rule.positive),
                false => ("not_positive", &rule.not_positive),
            };
            holds(outcome, speaker.text(text), dimension.positive, dimension.because, dimension.open)
        }
        Rule::AnyOf(rule) => {
            let (yes, open) = yes_and_open(sitting, &items(speaker.instrument, &rule.items, rule.group.as_ref()));
            let some = !yes.is_empty();
            let outcome = if some { &rule.some } else { &rule.none };
            let open = if some { Vec::new() } else { alone(open) };
            holds(outcome.id.as_str(), speaker.text(&outcome.text), some, yes, open)
        }
        Rule::Count(rule) => {
            let (yes, open) = yes_and_open(sitting, &items(speaker.instrument, &rule.items, rule.group.as_ref()));
            Read {
                outcome: "counted".to_owned(),
                text: speaker.text(&rule.text),
                amount: i64::try_from(yes.len()).ok(),
                value: Value::Number(Number::of(yes.len())),
                because: yes,
                open: open.into_iter().map(|at| Open { at, alone: true, strength: 1 }).collect(),
            }
        }
        Rule::GreenLights(rule) => {
            let (outcome, side) = match release.proposed {
                true => ("release_proposed", Side::For),
                false => ("release_not_proposed", Side::Against),
            };
            let phrase = if release.proposed { Phrase::RELEASE_PROPOSED } else { Phrase::RELEASE_NOT_PROPOSED };
            let reasons = release.reasons.iter().filter(|reason| reason.side == side);
            let because = reasons.clone().filter_map(|reason| position(speaker.instrument, reason.item.as_ref()?));
            let words: Vec<&str> = reasons.map(|reason| reason.text.as_str()).collect();
            let text = format!("{} {}", speaker.phrase(phrase), words.join("; "));
            holds(outcome, text, release.proposed, because.collect(), lights_and_concerns(sitting, rule))
        }
        Rule::ActMeansPurpose(rule) => {
            let elements = act_means_purpose(sitting, rule, earlier);
            let (outcome, text) = if elements.met { ("met", &rule.met) } else { ("not_met", &rule.not_met) };
            holds(outcome, speaker.text(text), elements.met, elements.because, elements.open)
        }
        Rule::CaseTable(rule) => {
            let row = table::table(sitting, rule, earlier);
            Read {
                outcome: row.outcome.id.to_string(),
                text: speaker.text(&row.outcome.text),
                amount: None,
                value: Value::Text(row.outcome.id.to_string()),
                because: row.because,
                open: row.open,
            }
        }
    }
}

fn holds(outcome: &str, text: String, holds: bool, because: Vec<usize>, open: Vec<Open>) -> Read {
    Read { outcome: outcome.to_owned(), text, amount: None, value: Value::Truth(holds), because, open }
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

fn result(speaker: Speaker<'_>, sitting: &Sitting<'_>, rule: &Rule, read: &Read) -> RuleResult {
    let open = with_conditions(sitting, read.open.clone());
    RuleResult {
        id: rule.id().clone(),
        kind: rule.kind(),
        title: rule.title().map(|title| speaker.text(title)),
        outcome: read.outcome.clone(),
        text: read.text.clone(),
        value: read.amount,
        because: ids(sitting, read.because.iter().copied()),
        next: most_useful(sitting, &open).and_then(|at| sitting.marked.get(at)).map(|m| m.item.id.clone()),
        open: ids(sitting, open.iter().map(|open| open.at)),
    }
}

fn ids(sitting: &Sitting<'_>, at: impl Iterator<Item = usize>) -> Vec<ItemId> {
    at.filter_map(|at| sitting.marked.get(at)).map(|marked| marked.item.id.clone()).collect()
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
    let signs = match first_sum(speaker.instrument) {
        Some(rule) => sum::total(sitting, rule) > 0,
        None => sitting.marked.iter().any(|m| m.item.role == Role::RedFlag && m.is_yes()),
    };
    release(speaker, sitting, rule, signs)
}

fn band(speaker: Speaker<'_>, rule: &WeightedSum, total: u32) -> BandReached {
    // A checked sum has a first band that starts at 0; the rule's own id stands in for an impossible gap.
    rule.band(total).map_or_else(
        || BandReached { id: rule.id.clone(), text: String::new() },
        |band| BandReached { id: band.id.clone(), text: speaker.text(&band.text) },
    )
}

fn red_flags(
    speaker: Speaker<'_>,
    sitting: &Sitting<'_>,
    rule: &WeightedSum,
    answers: &Answers,
) -> Vec<RedFlagCounted> {
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
            answer: answers.get(&m.item.id).cloned().unwrap_or(Answer::NotAsked),
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
    let shown = marked.iter().filter(|m| m.item.role == role && m.is_yes());
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

/// The names of a constraint: those of the answers, and `value` for the answer itself.
struct Constraint<'s, 'a> {
    sitting: &'s Sitting<'a>,
    value: Value,
}

impl Names for Constraint<'_, '_> {
    fn value(&self, name: &Id) -> Value {
        match self.sitting.instrument.plan().name(name.as_str()) {
            Some(Name::Fact(Fact::Value)) => self.value.clone(),
            _ => self.sitting.value(name),
        }
    }

    fn rounds(&self, name: &Id) -> Vec<Value> {
        self.sitting.rounds(name)
    }

    fn today(&self) -> Option<Date> {
        self.sitting.today()
    }
}

fn breaks(sitting: &Sitting<'_>, marked: &Marked<'_>, answers: &Answers) -> bool {
    let Some(constraint) = &marked.item.constraint else { return false };
    let Some(answer) = answers.get(&marked.item.id) else { return false };
    let Some(reply) = reply(sitting.instrument, marked.item, answer) else { return false };
    let value = Marked { item: marked.item, shown: Shown::Yes, reply }.value();
    if value.missing().is_some() {
        return false;
    }
    constraint.evaluate(&Constraint { sitting, value }).truth() == Ok(false)
}

fn doubtful(sitting: &Sitting<'_>, answers: &Answers) -> Vec<ItemId> {
    let broken = sitting.marked.iter().filter(|marked| marked.shown != Shown::No && breaks(sitting, marked, answers));
    broken.map(|marked| marked.item.id.clone()).collect()
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
    (most_useful(sitting, open), None)
}
