//! What could still change an outcome, and what is the most useful thing to find out next.
//!
//! An item is open for a rule if its answer can still make a difference to it; nothing that cannot matter is asked for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::marked::{Marked, Shown};
use super::sitting::Sitting;
use crate::plan::Items;
use crate::sheet::Rule;

/// What settles an outcome by itself, in parts per thousand.
pub(crate) const WHOLE: u32 = 1_000;

/// An item that could still change an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    /// Position of the item.
    pub(crate) at: usize,
    /// Its answer alone is enough.
    pub(crate) alone: bool,
    /// How far its answer goes towards another outcome, in parts per thousand.
    pub(crate) strength: u32,
}

/// Each item once, in the instrument's order, with the most that it can do.
pub(crate) fn merged(open: impl IntoIterator<Item = Open>) -> Vec<Open> {
    let mut by_item: BTreeMap<usize, Open> = BTreeMap::new();
    for open in open {
        by_item
            .entry(open.at)
            .and_modify(|known| {
                known.alone |= open.alone;
                known.strength = known.strength.max(open.strength);
            })
            .or_insert(open);
    }
    by_item.into_values().collect()
}

/// Beside every item that waits for its condition, the items that would settle the condition.
///
/// Each item is visited once, from the strongest, so that the cost is that of the conditions and not of their paths.
pub(crate) fn with_conditions(sitting: &Sitting<'_>, open: Vec<Open>) -> Vec<Open> {
    let waits = |at: usize| sitting.marked.get(at).is_some_and(|marked| marked.shown == Shown::Pending);
    let mut waiting: Vec<Open> = open.iter().filter(|open| waits(open.at)).copied().collect();
    waiting.sort_by_key(|open| Reverse(open.strength));
    let (mut seen, mut found) = (Items::default(), Vec::new());
    for from in waiting {
        let mut stack = vec![from.at];
        while let Some(at) = stack.pop() {
            for other in sitting.instrument.plan().conditions(at) {
                if !sitting.marked.get(other).is_some_and(Marked::could_be_asked) || !seen.add(other) {
                    continue;
                }
                if waits(other) {
                    stack.push(other);
                } else {
                    found.push(Open { at: other, alone: false, strength: from.strength });
                }
            }
        }
    }
    if found.is_empty() { open } else { merged(open.into_iter().chain(found)) }
}

/// The most useful open item: safety before anything, then what is half done, then what settles most by itself.
pub(crate) fn most_useful(sitting: &Sitting<'_>, open: &[Open]) -> Option<usize> {
    let askable = open.iter().filter_map(|open| Some((open, sitting.marked.get(open.at)?)));
    let askable: Vec<_> = askable.filter(|(_, marked)| marked.shown == Shown::Yes).collect();
    // Where release can be proposed, every concern comes first; in case work those after the safety page keep their place.
    let sheet = sitting.instrument.sheet();
    let releases = sheet.rules.iter().any(|rule| matches!(rule, Rule::GreenLights(_)));
    let first = if releases { usize::MAX } else { sheet.safety.items.len() };
    let safety = askable.iter().find(|(open, marked)| open.at < first && marked.item.concern.is_some());
    // min_by_key keeps the first of equals, so the instrument's order settles the rest.
    let best = || {
        askable.iter().min_by_key(|(open, marked)| {
            (!marked.awaits_verification(), !open.alone, Reverse(open.strength), !marked.item.important)
        })
    };
    safety.or_else(best).map(|(open, _)| open.at)
}
