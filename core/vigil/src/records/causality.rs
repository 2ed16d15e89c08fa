//! Which event had seen which: the order that `after` gives, and the only order that counts.
//! It promises the same answer for every order of arrival, and to end on lists that go round in a circle.

use super::event::{Event, EventId};
use super::limits::MAX_EVENTS;
use std::collections::BTreeMap;

/// For each event, the set of those seen, as one bit each. Events are numbered in the order of their ids.
pub(super) struct Causality {
    seen: Vec<Vec<u64>>,
}

impl Causality {
    /// Follows `after` through all events. What an event names and nobody holds is passed over.
    ///
    /// With more than [`MAX_EVENTS`] nobody counts as having seen anything: contradictions then stay open and withdrawals
    /// hold, which is the safe side.
    pub(super) fn of(events: &BTreeMap<EventId, &Event>) -> Self {
        if events.len() > MAX_EVENTS {
            return Self { seen: Vec::new() };
        }
        let numbers: BTreeMap<&EventId, usize> = events.keys().enumerate().map(|(number, id)| (id, number)).collect();
        let parents: Vec<Vec<usize>> = events
            .values()
            .map(|event| event.after.iter().filter_map(|parent| numbers.get(parent).copied()).collect())
            .collect();
        let words = events.len().div_ceil(64);
        let mut seen = vec![Vec::new(); events.len()];
        for number in order(&parents) {
            let mut mine = vec![0u64; words];
            for &parent in &parents[number] {
                // In a circle, which no hashes can form, a parent may still be empty: then it adds itself alone.
                for (word, theirs) in mine.iter_mut().zip(&seen[parent]) {
                    *word |= theirs;
                }
                mine[parent / 64] |= 1 << (parent % 64);
            }
            mine[number / 64] &= !(1 << (number % 64));
            seen[number] = mine;
        }
        Self { seen }
    }

    /// Those of some events that the author of none of the others had seen.
    pub(super) fn newest<T>(&self, events: Vec<T>, number: impl Fn(&T) -> usize) -> Vec<T> {
        let mut seen: Vec<u64> = Vec::new();
        for of_one in events.iter().filter_map(|event| self.seen.get(number(event))) {
            seen.resize(of_one.len(), 0);
            for (word, of_one) in seen.iter_mut().zip(of_one) {
                *word |= of_one;
            }
        }
        events.into_iter().filter(|event| !has_bit(&seen, number(event))).collect()
    }

    /// Whether the author of `later` had seen `earlier`.
    pub(super) fn has_seen(&self, later: usize, earlier: usize) -> bool {
        self.seen.get(later).is_some_and(|seen| has_bit(seen, earlier))
    }
}

fn has_bit(bits: &[u64], number: usize) -> bool {
    bits.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}

/// Every event after those that it names; those in circles last, by id.
fn order(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut children = vec![Vec::new(); parents.len()];
    let mut waits_for = vec![0usize; parents.len()];
    for (number, named) in parents.iter().enumerate() {
        waits_for[number] = named.len();
        for &parent in named {
            children[parent].push(number);
        }
    }
    let mut order: Vec<usize> = (0..parents.len()).filter(|number| waits_for[*number] == 0).collect();
    let mut at = 0;
    while let Some(&number) = order.get(at) {
        at += 1;
        for &child in &children[number] {
            waits_for[child] -= 1;
            if waits_for[child] == 0 {
                order.push(child);
            }
        }
    }
    order.extend((0..parents.len()).filter(|number| waits_for[*number] > 0));
    order
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{device, event_id, time};
    use super::super::{EventBody, Outcome};
    use super::*;

    fn events(after: &[&[u8]]) -> Vec<(EventId, Event)> {
        after
            .iter()
            .enumerate()
            .map(|(number, after)| {
                let after = after.iter().map(|parent| event_id(*parent));
                (event_id(number as u8), Event::new(device(1), time(0), after, EventBody::from(Outcome::LetGo)))
            })
            .collect()
    }

    fn causality(events: &[(EventId, Event)]) -> Causality {
        Causality::of(&events.iter().map(|(id, event)| (*id, event)).collect())
    }

    #[test]
    fn what_was_seen_is_seen_through_others_too() {
        let events = events(&[&[], &[0], &[1], &[0, 99], &[2, 3]]);
        let causality = causality(&events);
        let seen = |later, earlier| causality.has_seen(later, earlier);
        assert!(seen(1, 0) && seen(2, 0) && seen(4, 0) && seen(4, 1));
        assert!(!seen(0, 1) && !seen(2, 3) && !seen(3, 2) && !seen(0, 0));
        assert_eq!(causality.newest(vec![0, 1, 2, 3], |number| *number), [2, 3]);
        assert_eq!(causality.newest(vec![0], |number| *number), [0]);
    }

    #[test]
    fn circles_and_long_chains_end() {
        let circle = events(&[&[2], &[0], &[1], &[3], &[3]]);
        let round = causality(&circle);
        assert!(!(0..5).any(|number| round.has_seen(number, number)));
        assert!(round.has_seen(4, 3));
        let mut chain = events(&[&[]]);
        for number in 1..MAX_EVENTS {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&(number as u64).to_be_bytes());
            let before = chain[number - 1].0;
            let event = Event::new(device(1), time(0), [before], EventBody::from(Outcome::LetGo));
            chain.push((EventId(vigil_protocol::Hash(id)), event));
        }
        let long = causality(&chain);
        assert!(long.has_seen(MAX_EVENTS - 1, 0) && !long.has_seen(0, MAX_EVENTS - 1));
    }
}
