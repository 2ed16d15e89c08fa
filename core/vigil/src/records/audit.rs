//! Reads of identities as a device reports them, and the fold that an auditor looks at.
//! It promises the same trail for every order of arrival, and that a read which is missing, moved or told twice shows
//! (ADR 0017).

use super::event::{Event, EventId};
use super::event_body::EventBody;
use super::text::Code;
use minicbor::{Decode, Encode};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use vigil_protocol::{DeviceId, Hash, RecordId, Timestamp};

/// The id of the kind of record that reads are written into.
pub const AUDIT: &str = "audit";

/// One read of a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(array)]
pub struct ReadNote {
    /// What was read, by the name that lists show.
    #[n(0)]
    #[serde(serialize_with = "record_to_hex")]
    pub record: RecordId,
    /// Which class of fields: `identity` on a screen, `evidence` in a file.
    #[n(1)]
    pub what: Code,
    /// What for, if somebody said.
    #[n(2)]
    pub purpose: Option<Code>,
    /// The device's read before; [`Hash::NONE`] for its first.
    #[n(3)]
    pub previous: EventId,
    /// Counts the device's reads, from 1, through all months.
    #[n(4)]
    pub number: u64,
}

fn record_to_hex<S: Serializer>(record: &RecordId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(record)
}

/// A read as an auditor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailRead {
    /// The event.
    pub event: EventId,
    /// When, by the device's clock.
    pub time: Timestamp,
    /// What it says.
    pub note: ReadNote,
}

/// The reads of one device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail {
    /// By number.
    pub reads: Vec<TrailRead>,
    /// Numbers that are missing before the newest: first and last of each range.
    pub gaps: Vec<(u64, u64)>,
    /// Numbers at which the chain contradicts itself: told twice, or naming another predecessor than the one that is here.
    pub forks: Vec<u64>,
}

/// The reads of every device, whatever records they came in. Who may write events is for the caller.
pub fn trails<'e>(events: impl IntoIterator<Item = (EventId, &'e Event)>) -> BTreeMap<DeviceId, Trail> {
    let mut trails: BTreeMap<DeviceId, Trail> = BTreeMap::new();
    for (id, event) in events {
        if let EventBody::Read(note) = &event.body {
            let read = TrailRead { event: id, time: event.time, note: note.clone() };
            trails.entry(event.author).or_default().reads.push(read);
        }
    }
    for trail in trails.values_mut() {
        trail.reads.sort_by_key(|read| (read.note.number, read.event));
        trail.reads.dedup();
        (trail.gaps, trail.forks) = breaks(&trail.reads);
    }
    trails
}

fn breaks(reads: &[TrailRead]) -> (Vec<(u64, u64)>, Vec<u64>) {
    let (mut gaps, mut forks) = (Vec::new(), Vec::new());
    // What the first read follows: number 0, which is nothing.
    let (mut number, mut id) = (0, EventId(Hash::NONE));
    for read in reads {
        let note = &read.note;
        if note.number == number {
            forks.push(note.number);
        } else if note.number > number + 1 {
            gaps.push((number + 1, note.number - 1));
        } else if note.previous != id {
            forks.push(note.number);
        }
        (number, id) = (note.number, read.event);
    }
    forks.dedup();
    (gaps, forks)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{device, time};
    use super::*;
    use proptest::prelude::*;

    const RECORD: RecordId = RecordId([9; 16]);

    fn read(author: u8, number: u64, previous: EventId) -> (EventId, Event) {
        let what = Code::new("identity").unwrap();
        let note = ReadNote { record: RecordId([author; 16]), what, purpose: None, previous, number };
        let event = Event::new(device(author), time(number as i64), [], EventBody::Read(note));
        (event.id(&RECORD), event)
    }

    fn chain(author: u8, length: u64) -> Vec<(EventId, Event)> {
        let mut reads = Vec::new();
        let mut previous = EventId(Hash::NONE);
        for number in 1..=length {
            let next = read(author, number, previous);
            previous = next.0;
            reads.push(next);
        }
        reads
    }

    fn trail(events: &[(EventId, Event)]) -> Trail {
        trails(events.iter().map(|(id, event)| (*id, event))).remove(&device(1)).unwrap_or_default()
    }

    #[test]
    fn a_whole_trail_has_neither_gap_nor_fork() {
        let whole = trail(&chain(1, 20));
        assert_eq!((whole.reads.len(), whole.gaps.len(), whole.forks.len()), (20, 0, 0));
    }

    #[test]
    fn a_read_told_twice_or_moved_shows_as_a_fork() {
        let mut told_twice = chain(1, 5);
        told_twice.push(read(1, 3, EventId(Hash([7; 32]))));
        assert!(trail(&told_twice).forks.contains(&3));
        let mut events = chain(1, 2);
        events.push(read(1, 3, events[0].0));
        assert_eq!(trail(&events).forks, [3]);
        // A first read that claims a predecessor, and one with the number before the first.
        assert_eq!(trail(&[read(1, 1, EventId(Hash([7; 32])))]).forks, [1]);
        assert_eq!(trail(&[read(1, 0, EventId(Hash::NONE))]).forks, [0]);
        // The largest number there is does not overflow.
        assert_eq!(trail(&[read(1, u64::MAX, EventId(Hash::NONE))]).gaps, [(1, u64::MAX - 1)]);
        assert_eq!(
            trail(&[read(1, u64::MAX, EventId(Hash::NONE)), read(1, u64::MAX, EventId(Hash([1; 32])))]).forks,
            [u64::MAX]
        );
    }

    proptest! {
        #[test]
        fn every_pruned_read_but_the_newest_shows_in_every_order(
            length in 2u64..30, dropped in prop::collection::btree_set(0usize..29, 1..6), seed in any::<u64>(),
        ) {
            let mut events = chain(1, length);
            events.extend(chain(2, 3));
            let last = (length - 1) as usize;
            let dropped: Vec<usize> = dropped.into_iter().filter(|at| *at < last).collect();
            let mut kept: Vec<_> =
                events.iter().enumerate().filter(|(at, _)| !dropped.contains(at)).map(|(_, event)| event.clone()).collect();
            kept.sort_by_key(|(id, _)| id.0.0.map(|byte| byte.wrapping_mul(seed as u8 | 1)));
            let trail = trail(&kept);
            let missing: u64 = trail.gaps.iter().map(|(first, last)| last - first + 1).sum();
            prop_assert_eq!(missing, dropped.len() as u64);
            prop_assert!(trail.forks.is_empty());
        }
    }
}
