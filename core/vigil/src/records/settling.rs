//! Settling: when one of several values, or one of several decisions, holds because a person chose it.
//! It promises that a settlement counts only while it knew everything that contradicts it, so that nobody's later word is
//! settled away unread.

use super::event::EventId;
use super::facts::{Facts, Written};
use super::field::{FieldName, FieldValue};
use super::limits::MAX_SETTLED_OVER;
use super::standing::{Said, Standing};
use std::collections::BTreeMap;

/// A settlement that no later one replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settlement<K> {
    pub(super) said: Said,
    pub(super) chosen: K,
    pub(super) over: Vec<K>,
}

/// What becomes of candidates that stand beside each other.
pub(super) enum Settled {
    /// They all say the same.
    Agreed,
    /// A settlement chose this one, with knowledge of all that say something else.
    By { chosen: usize, settlement: EventId },
    /// Nobody has settled it, or people settled it differently, or something came later. The one chosen before, if any.
    Open { before: Option<usize> },
}

/// Settlements count if what they chose still stands. They settle if they agree with each other and at least one of them
/// knew everything that says something else.
pub(super) fn settle<K: Ord, V: Eq>(candidates: &[(K, &V)], settlements: &[Settlement<K>]) -> Settled {
    let Some((_, first)) = candidates.first() else { return Settled::Agreed };
    if candidates.iter().all(|(_, value)| value == first) {
        return Settled::Agreed;
    }
    let places: BTreeMap<&K, usize> = candidates.iter().enumerate().map(|(place, (key, _))| (key, place)).collect();
    let counting: Vec<(usize, &Settlement<K>)> =
        settlements.iter().filter_map(|settlement| Some((*places.get(&settlement.chosen)?, settlement))).collect();
    let Some(&(before, _)) = counting.first() else { return Settled::Open { before: None } };
    let value = candidates[before].1;
    let against: Vec<&K> = candidates.iter().filter(|(_, other)| *other != value).map(|(key, _)| key).collect();
    let agree = counting.iter().all(|(chosen, _)| candidates[*chosen].1 == value);
    if !agree || against.len() > MAX_SETTLED_OVER {
        return Settled::Open { before: Some(before) };
    }
    let covering = counting.iter().find(|(_, settlement)| against.iter().all(|key| settlement.over.contains(key)));
    match covering {
        Some((chosen, settlement)) => Settled::By { chosen: *chosen, settlement: settlement.said.event },
        None => Settled::Open { before: Some(before) },
    }
}

/// A field as people should see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// The value to show first: the only one, the settled one, or some value while the question is open.
    pub shown: Option<FieldValue>,
    /// Whether people differ and nobody has settled it.
    pub open: bool,
    /// Every value that the field has now, by the hash of the change that wrote it.
    pub values: Vec<Written>,
    /// The settlement that chose, if there was something to choose.
    pub settled_by: Option<EventId>,
}

/// A field with the settlements that concern it. A settlement counts while all values of the field are among those that it
/// knew; a value that arrives later opens the question again.
pub fn resolve_field(facts: &Facts, standing: &Standing, field: &FieldName) -> FieldView {
    resolve_values(facts.values(field), standing, field)
}

/// Every field of a record, by name, as [`resolve_field`] gives them one by one, in one pass.
pub fn resolve_fields(facts: &Facts, standing: &Standing) -> BTreeMap<FieldName, FieldView> {
    facts
        .all_values()
        .into_iter()
        .map(|(field, values)| {
            let view = resolve_values(values, standing, &field);
            (field, view)
        })
        .collect()
}

fn resolve_values(values: Vec<Written>, standing: &Standing, field: &FieldName) -> FieldView {
    let (at, open, settled_by) = if values.len() < 2 {
        (0, false, None)
    } else {
        let candidates: Vec<_> = values.iter().map(|written| (written.change, &written.value)).collect();
        match settle(&candidates, standing.settlements_of(field)) {
            Settled::Agreed => (0, false, None),
            Settled::By { chosen, settlement } => (chosen, false, Some(settlement)),
            Settled::Open { before } => (before.unwrap_or(0), true, None),
        }
    };
    FieldView { shown: values.get(at).map(|written| written.value.clone()), open, values, settled_by }
}

#[cfg(test)]
mod tests {
    use super::super::event_body::FieldSettlement;
    use super::super::fixtures::{device, edit, event, event_id, name, screening, set};
    use super::super::{ChangeBytes, ChangeHash, Event, EventBody, GuardLimits, admit};
    use super::*;

    fn standing(events: &[(EventId, Event)]) -> Standing {
        Standing::of(events.iter().map(|(id, event)| (*id, event)))
    }

    /// A record in which devices 1 and 2 wrote `station` without knowing of each other.
    fn in_conflict() -> (Facts, [ChangeHash; 2]) {
        let (origin, _) = screening(1);
        let (mut mine, mut hers) = (origin.clone(), origin);
        edit(&mut mine, 1, &[set("station", "Raxaul")]);
        let her_change = edit(&mut hers, 2, &[set("station", "Birgunj")]);
        let both = take_in(&mine, &her_change, 2);
        let hashes = [mine.heads()[0], hers.heads()[0]];
        (both, hashes)
    }

    fn take_in(facts: &Facts, change: &ChangeBytes, from: u8) -> Facts {
        admit(facts, std::slice::from_ref(change), &device(from), &GuardLimits::default()).unwrap().facts
    }

    fn settled(number: u8, after: &[u8], chosen: ChangeHash, over: &[ChangeHash]) -> (EventId, Event) {
        let body = FieldSettlement { field: name("station"), chosen, over: over.to_vec() };
        event(number, after, EventBody::Settled(body))
    }

    #[test]
    fn a_field_is_open_until_it_is_settled_and_open_again_when_another_value_arrives() {
        let (facts, [raxaul, birgunj]) = in_conflict();
        let station = name("station");
        let view = resolve_field(&facts, &Standing::default(), &station);
        assert!(view.open && view.values.len() == 2 && view.settled_by.is_none() && view.shown.is_some());
        let settlement = settled(1, &[], birgunj, &[raxaul]);
        let standing = standing(std::slice::from_ref(&settlement));
        let view = resolve_field(&facts, &standing, &station);
        assert_eq!((view.shown, view.open, view.settled_by), (Some("Birgunj".into()), false, Some(event_id(1))));
        assert_eq!(view.values.len(), 2);
        let minutes = resolve_field(&facts, &standing, &name("minutes"));
        assert_eq!((minutes.shown, minutes.open, minutes.settled_by), (Some(4.into()), false, None));
        assert_eq!(resolve_field(&facts, &standing, &name("nothing")).shown, None);

        let third = edit(&mut screening(1).0, 3, &[set("station", "Sonauli")]);
        let later = take_in(&facts, &third, 3);
        let view = resolve_field(&later, &standing, &station);
        assert!(view.open && view.values.len() == 3);
        assert_eq!(view.shown, Some("Birgunj".into()), "what was chosen is shown first while it is open again");
        // The same value once more is no contradiction.
        let same = edit(&mut screening(1).0, 3, &[set("station", "Birgunj")]);
        assert!(!resolve_field(&take_in(&facts, &same, 3), &standing, &station).open);
        assert_eq!(resolve_fields(&later, &standing)[&station], view);
    }

    #[test]
    fn settlements_of_a_field_that_contradict_each_other_leave_it_open() {
        let (facts, [raxaul, birgunj]) = in_conflict();
        let events = [settled(1, &[], raxaul, &[birgunj]), settled(2, &[], birgunj, &[raxaul])];
        assert!(resolve_field(&facts, &standing(&events), &name("station")).open);
        let mut later = events.to_vec();
        later.push(settled(3, &[1, 2], raxaul, &[birgunj]));
        let view = resolve_field(&facts, &standing(&later), &name("station"));
        assert_eq!((view.shown, view.settled_by), (Some("Raxaul".into()), Some(event_id(3))));
    }

    #[test]
    fn every_field_at_once_is_every_field_one_by_one() {
        let (facts, _) = in_conflict();
        let all = resolve_fields(&facts, &Standing::default());
        assert_eq!(all.len(), facts.fields().count());
        for (field, view) in all {
            assert_eq!(view, resolve_field(&facts, &Standing::default(), &field));
        }
    }
}
