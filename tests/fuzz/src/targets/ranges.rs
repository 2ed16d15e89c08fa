//! A cursor from outside, and the arithmetic on it at the ends of the number range.

use crate::Target;
use vigil_protocol::{SequenceRanges, canonical};

pub(super) const TARGET: Target = Target { name: "ranges", max_len: 2048, catches_panics: false, run, seeds };

fn run(data: &[u8]) {
    if let Ok(ranges) = canonical::decode::<SequenceRanges>(data) {
        assert_eq!(canonical::encode(&ranges), data, "one meaning, one encoding");
        if ranges.check().is_ok() {
            exercise(&ranges);
        }
    }
    let mut built = SequenceRanges::new();
    for pair in data.as_chunks::<16>().0.iter().take(64) {
        let (start, end) = pair.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
        built.insert(number(start), number(end));
        assert!(built.check().is_ok(), "whatever is inserted, the form stays canonical");
    }
    exercise(&built);
}

fn exercise(ranges: &SequenceRanges) {
    let mut twice = ranges.clone();
    twice.union(ranges);
    assert_eq!(twice, *ranges, "a set joined with itself is itself");
    // Sequence numbers live in SQLite, so they end at 2^63 - 1.
    for top in [0, 1, 1_000, i64::MAX.unsigned_abs()] {
        for (start, end) in ranges.missing_up_to(top) {
            assert!(start <= end && end <= top && !ranges.contains(start) && !ranges.contains(end));
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut ranges = SequenceRanges::new();
    ranges.insert(1, 40);
    ranges.insert(50, 50);
    ranges.insert(u64::MAX - 1, u64::MAX);
    let raw = [1u64, 9, 11, 20, u64::MAX - 1, u64::MAX].iter().flat_map(|n| n.to_le_bytes()).collect();
    vec![canonical::encode(&ranges), canonical::encode(&SequenceRanges::new()), raw]
}
