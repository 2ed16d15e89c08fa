//! Applies an instrument to answers.
//!
//! Total over its input: whatever the answers are, it returns an assessment whose total is the sum of its reasons, and whose
//! rules name the answers behind them.

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::{
    Assessment, BandReached, ConcernRaised, DerivedValue, RedFlagCounted, RuleResult, ShownLight, Side, Stop,
    VerifiedBy,
};
use super::elements::{act_means_purpose, sorted};
use super::explain::NAMED;
use super::marked::{Marked, Reply, Shown, reply};
use super::open::{Open, WHOLE, merged, most_useful, with_conditions};
use super::phrases::Phrase;
use super::release::{Release, release};
use super::sitting::{Kind, Sitting, answer_name};
use super::speaker::Speaker;
use super::strength::dimension;
use super::{lights, sum, table};
use crate::answers::{Answer, Answers};
use crate::date::Date;
use crate::expression::{Missing, Names, Number, Value};
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
    pub(crate) unknown: Vec<usize>,
    pub(crate) open: Vec<Open>,
    /// The items whose answers could change its value, also where the outcome stays.
    pub(crate) moving: Vec<usize>,
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
        total: sum.map(|rule| sum::total(&sitting, rule)),
        band: sum.map(|rule| band(speaker, rule, sum::total(&sitting, rule))),
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

fn nothing(outcome: &str, why: &str) -> Read {
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

fn read(speaker: Speaker<'_>, sitting: &Sitting<'_>, rule: &Rule, earlier: &[Read], release: &Release) -> Read {
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
    let sums = speaker.instrument.sheet().rules.iter().any(|rule| match rule {
        Rule::WeightedSum(rule) => sum::total(sitting, rule) > 0,
        _ => false,
    });
    let signs = sums || sitting.marked.iter().any(|m| m.item.role == Role::RedFlag && m.is_sign());
    release(speaker, sitting, rule, signs)
}

fn band(speaker: Speaker<'_>, rule: &WeightedSum, total: u32) -> BandReached {
    // A checked sum has a first band that starts at 0; the rule's own id stands in for an impossible gap.
    rule.band(total).map_or_else(
        || BandReached { id: rule.id.clone(), text: String::new() },
        |band| BandReached { id: band.id.clone(), text: speaker.text(&band.text) },
    )
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

fn breaks(sitting: &Sitting<'_>, item: &Item, answer: Option<&Answer>) -> bool {
    let (Some(constraint), Some(answer)) = (&item.constraint, answer) else { return false };
    let Some(reply) = reply(sitting.instrument, item, answer) else { return false };
    let value = Marked::one(item, reply).value();
    value.missing().is_none() && constraint.evaluate(&Constraint { sitting, value }).truth() == Ok(false)
}

/// Every round of every item whose answer breaks its constraint.
fn doubtful(sitting: &Sitting<'_>, answers: &Answers) -> Vec<ItemId> {
    let plan = sitting.instrument.plan();
    let constrained = sitting.marked.iter().enumerate();
    let constrained = constrained.filter(|(_, marked)| marked.item.constraint.is_some() && marked.shown != Shown::No);
    let rounds = constrained.flat_map(|(at, marked)| {
        (1..=plan.rounds(at)).filter_map(move |round| Some((marked.item, answer_name(&marked.item.id, round)?)))
    });
    rounds.filter(|(item, name)| breaks(sitting, item, answers.get(name))).map(|(_, name)| name).collect()
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
