//! What could still change the outcome, and what is the most useful thing to find out next.
//!
//! The outcome is the band, the proposal of release and the concerns raised. An item is open if, with some answers to
//! the other open ones, its own answer makes a difference; nothing that cannot matter is asked for.

use std::cmp::Reverse;

use crate::instrument::{AnswerKind, Instrument, Item, Role};
use crate::marked::Marked;
use crate::release::is_child_contact;
use crate::rule::{GreenLights, WeightedSum};

/// An item that could still change the outcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open<'a> {
    pub(crate) item: &'a Item,
    pending: bool,
    /// Its answer alone is enough.
    alone: bool,
    strength: u32,
}

/// Everything open, in the instrument's order.
pub(crate) fn open<'a>(instrument: &'a Instrument, as_child: bool, total: u32, marked: &[Marked<'a>]) -> Vec<Open<'a>> {
    let sums = instrument.weighted_sum().map(|rule| Sums::new(rule, total, marked));
    let lights = instrument.green_lights().map(|rule| Lights::new(rule, as_child, marked));
    let top = instrument.weighted_sum().map_or(0, WeightedSum::top);
    let mut found = Vec::new();
    for (index, m) in marked.iter().enumerate() {
        let pending = m.awaits_verification();
        if !m.could_be_asked() && !pending {
            continue;
        }
        let by_sum = sums.as_ref().map_or(Change::Never, |sums| sums.change(index));
        let by_light = lights.as_ref().map_or(Change::Never, |lights| lights.change(m));
        let by_concern = if m.item.concern.is_some() { Change::Alone } else { Change::Never };
        let change = by_sum.max(by_light).max(by_concern);
        if change == Change::Never {
            continue;
        }
        // A green light weighs as much as the strongest signs.
        let strength = if by_light == Change::Never { u32::from(m.item.most_points()) } else { top };
        found.push(Open { item: m.item, pending, alone: change == Change::Alone, strength });
    }
    found
}

/// The most useful open item: safety before anything, then what is half done, then what settles most by itself.
pub(crate) fn most_useful<'a>(open: &[Open<'a>]) -> Option<&'a Item> {
    let safety = open.iter().find(|o| o.item.concern.is_some());
    // min_by_key keeps the first of equals, so the instrument's order settles the rest.
    let best = || open.iter().min_by_key(|o| (!o.pending, !o.alone, Reverse(o.strength)));
    safety.or_else(best).map(|o| o.item)
}

/// How an item's answer could change the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Never,
    WithOthers,
    Alone,
}

/// Which sums the red flags not asked could still add.
struct Sums {
    /// Points still needed for each higher band.
    needs: Vec<usize>,
    /// For each marked item, what its answers could add.
    adds: Vec<Vec<usize>>,
}

impl Sums {
    fn new(rule: &WeightedSum, total: u32, marked: &[Marked<'_>]) -> Self {
        let needs = rule.bands.iter().filter_map(|band| u32::from(band.from).checked_sub(total));
        Self {
            needs: needs.filter(|need| *need > 0).map(|need| need as usize).collect(),
            adds: marked.iter().map(|m| if m.could_be_asked() { can_add(m.item) } else { Vec::new() }).collect(),
        }
    }

    fn change(&self, index: usize) -> Change {
        let most = self.adds.get(index).and_then(|adds| adds.iter().max()).copied().unwrap_or(0);
        let (Some(lowest), Some(highest)) = (self.needs.iter().min().copied(), self.needs.iter().max().copied()) else {
            return Change::Never;
        };
        if most == 0 {
            Change::Never
        } else if most >= lowest {
            Change::Alone
        } else {
            let others = self.adds.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, adds)| adds.as_slice());
            let others = Bits::sums(others, highest);
            let crosses = |need: usize| (need.saturating_sub(most)..need).any(|sum| others.has(sum));
            if self.needs.iter().any(|need| crosses(*need)) { Change::WithOthers } else { Change::Never }
        }
    }
}

/// The different points that answers to an item add, none of them 0.
fn can_add(item: &Item) -> Vec<usize> {
    if item.role != Role::RedFlag {
        return Vec::new();
    }
    let mut adds: Vec<usize> = match &item.answer {
        AnswerKind::Choice(options) => options.iter().map(|option| usize::from(option.points)).collect(),
        AnswerKind::YesNo => vec![usize::from(item.points)],
        AnswerKind::Number { .. } | AnswerKind::Text => Vec::new(),
    };
    adds.sort_unstable();
    adds.dedup();
    adds.retain(|points| *points > 0);
    adds
}

/// A set of sums below a bound, one bit each: a hostile instrument has hundreds of items.
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Every sum below `bound` that these items can add up to.
    fn sums<'a>(items: impl Iterator<Item = &'a [usize]>, bound: usize) -> Self {
        let mut words = vec![0u64; bound / 64 + 1];
        if let Some(first) = words.first_mut() {
            *first = 1;
        }
        let mut next = words.clone();
        for adds in items {
            for points in adds {
                shift_into(&words, *points, &mut next);
            }
            words.copy_from_slice(&next);
        }
        Self { words }
    }

    fn has(&self, sum: usize) -> bool {
        self.words.get(sum / 64).is_some_and(|word| word >> (sum % 64) & 1 == 1)
    }
}

/// Adds `points` to every sum in `from` and puts the results into `into`; what passes the end is dropped.
fn shift_into(from: &[u64], points: usize, into: &mut [u64]) {
    let (words, bits) = (points / 64, points % 64);
    for (i, word) in from.iter().enumerate() {
        if let Some(target) = into.get_mut(i + words) {
            *target |= word << bits;
        }
        if bits > 0
            && let Some(target) = into.get_mut(i + words + 1)
        {
            *target |= word >> (64 - bits);
        }
    }
}

/// What the green lights lack and what could still supply it.
struct Lights<'r> {
    rule: &'r GreenLights,
    as_child: bool,
    concern: bool,
    light: bool,
    contact: bool,
    /// Some open item would supply a light without a contact, or a contact without a light.
    other_light: bool,
    other_contact: bool,
}

impl<'r> Lights<'r> {
    fn new(rule: &'r GreenLights, as_child: bool, marked: &[Marked<'_>]) -> Self {
        let mut lights = Self {
            rule,
            as_child,
            concern: marked.iter().any(|m| m.item.concern.is_some() && m.is_yes()),
            light: false,
            contact: !as_child,
            other_light: false,
            other_contact: false,
        };
        for m in marked {
            let (light, contact) = lights.gives(m.item);
            if m.is_verified() {
                lights.light |= light;
                lights.contact |= contact;
            } else if m.could_be_asked() || m.awaits_verification() {
                lights.other_light |= light && !contact;
                lights.other_contact |= contact && !light;
            }
        }
        lights
    }

    /// Whether the item, verified, is a green light, and whether it is a child's contact.
    fn gives(&self, item: &Item) -> (bool, bool) {
        (item.role == Role::GreenLight, self.as_child && is_child_contact(self.rule, &item.id))
    }

    fn change(&self, m: &Marked<'_>) -> Change {
        let (light, contact) = self.gives(m.item);
        if self.concern || (self.light && self.contact) {
            return Change::Never;
        }
        let supplies_light = light && !self.light;
        let supplies_contact = contact && !self.contact;
        let (alone, with_others) = match (self.light, self.contact) {
            (true, _) => (supplies_contact, false),
            (false, true) => (supplies_light, false),
            (false, false) => (
                supplies_light && supplies_contact,
                (supplies_light && self.other_contact) || (supplies_contact && self.other_light),
            ),
        };
        match (alone, with_others) {
            (true, _) => Change::Alone,
            (false, true) => Change::WithOthers,
            (false, false) => Change::Never,
        }
    }
}
