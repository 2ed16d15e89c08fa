//! Arithmetic on the cursor that the protocol's type does not have: cutting off, taking out, keeping it short.
//! Whatever is taken out of a cursor is sent again; nothing is ever added that the device does not hold.

use vigil_protocol::{SequenceRanges, limits};

/// The part of a cursor that this server has numbers for. A device that met another life of the server may name more.
pub(crate) fn up_to(cursor: &SequenceRanges, top: u64) -> SequenceRanges {
    let mut cut = SequenceRanges::new();
    for (start, end) in cursor.ranges() {
        cut.insert((*start).max(1), (*end).min(top));
    }
    cut
}

/// The cursor without some numbers, which are given in ascending order.
pub(crate) fn without(cursor: &SequenceRanges, numbers: &[u64]) -> SequenceRanges {
    let mut left = SequenceRanges::new();
    let mut numbers = numbers.iter().copied().peekable();
    for (start, end) in cursor.ranges() {
        let mut next = *start;
        while let Some(number) = numbers.next_if(|number| number <= end) {
            if number >= next {
                if number > next {
                    left.insert(next, number - 1);
                }
                next = number + 1;
            }
        }
        left.insert(next, *end);
    }
    left
}

/// The newest ranges, as many as an answer may hold. What falls off is old, and is sent again.
pub(crate) fn newest_ranges(cursor: SequenceRanges) -> SequenceRanges {
    let ranges = cursor.ranges();
    if ranges.len() <= limits::MAX_CURSOR_RANGES {
        return cursor;
    }
    let mut short = SequenceRanges::new();
    for (start, end) in &ranges[ranges.len() - limits::MAX_CURSOR_RANGES..] {
        short.insert(*start, *end);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn cutting_and_taking_out_behave_as_on_a_set_of_numbers(
            spans in prop::collection::vec((1u64..60, 0u64..12), 0..12),
            out in prop::collection::btree_set(1u64..80, 0..20),
            top in 0u64..80,
        ) {
            let mut cursor = SequenceRanges::new();
            let mut set = BTreeSet::new();
            for (start, length) in spans {
                cursor.insert(start, start + length);
                set.extend(start..=start + length);
            }
            let numbers = |cursor: &SequenceRanges| -> BTreeSet<u64> {
                cursor.ranges().iter().flat_map(|(start, end)| *start..=*end).collect()
            };
            let cut = up_to(&cursor, top);
            prop_assert!(cut.check().is_ok());
            prop_assert_eq!(numbers(&cut), set.iter().copied().filter(|n| *n <= top).collect());
            let out: Vec<u64> = out.into_iter().collect();
            let left = without(&cursor, &out);
            prop_assert!(left.check().is_ok());
            prop_assert_eq!(numbers(&left), set.iter().copied().filter(|n| !out.contains(n)).collect());
        }
    }

    #[test]
    fn a_cursor_that_is_too_long_keeps_its_newest_end() {
        let mut cursor = SequenceRanges::new();
        for number in 0..(limits::MAX_CURSOR_RANGES as u64 + 10) {
            cursor.insert(number * 2 + 1, number * 2 + 1);
        }
        let short = newest_ranges(cursor);
        assert!(short.check().is_ok());
        assert!(!short.contains(1) && short.contains((limits::MAX_CURSOR_RANGES as u64 + 9) * 2 + 1));
    }
}
