//! The cursor: which sequence numbers of a space a device needs no more, as a set of ranges (PROTOCOL 14).
//! It promises one canonical form - sorted, disjoint, not touching - so that newest-first pulling works and an idle cursor
//! costs a few bytes.

use crate::{ProtocolError, limits};
use minicbor::{Decode, Encode};

/// A set of sequence numbers, kept as inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct SequenceRanges(#[n(0)] Vec<(u64, u64)>);

impl SequenceRanges {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ranges, ascending, both ends included.
    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// Whether the number is in the set.
    pub fn contains(&self, number: u64) -> bool {
        let next = self.0.partition_point(|(_, end)| *end < number);
        self.0.get(next).is_some_and(|(start, _)| *start <= number)
    }

    /// Adds a range, both ends included. A range that ends before it starts adds nothing.
    pub fn insert(&mut self, start: u64, end: u64) {
        if end < start {
            return;
        }
        let (mut start, mut end) = (start, end);
        // Everything that overlaps or touches the new range melts into it.
        let first = self.0.partition_point(|(_, e)| e.saturating_add(1) < start);
        let mut last = first;
        while let Some((s, e)) = self.0.get(last) {
            if *s > end.saturating_add(1) {
                break;
            }
            start = start.min(*s);
            end = end.max(*e);
            last += 1;
        }
        self.0.splice(first..last, [(start, end)]);
    }

    /// Adds everything in `other`.
    pub fn union(&mut self, other: &Self) {
        for (start, end) in &other.0 {
            self.insert(*start, *end);
        }
    }

    /// The gaps below or at `top`, newest first.
    pub fn missing_up_to(&self, top: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut next = 1;
        for (start, end) in &self.0 {
            if *start > top {
                break;
            }
            if *start > next {
                gaps.push((next, start - 1));
            }
            next = end.saturating_add(1);
        }
        if next <= top {
            gaps.push((next, top));
        }
        gaps.reverse();
        gaps
    }

    /// Checks what came from outside.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] for too many ranges, [`ProtocolError::Malformed`] if they are not in canonical form.
    pub fn check(&self) -> Result<(), ProtocolError> {
        if self.0.len() > limits::MAX_CURSOR_RANGES {
            return Err(ProtocolError::TooLarge { what: "cursor", limit: limits::MAX_CURSOR_RANGES });
        }
        let sound = self.0.iter().all(|(s, e)| s <= e)
            && self.0.windows(2).all(|pair| pair[0].1.checked_add(1).is_some_and(|next| next < pair[1].0));
        if sound { Ok(()) } else { Err(ProtocolError::Malformed { what: "cursor" }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_cursor_behaves_like_the_set_of_its_numbers(spans in prop::collection::vec((1u64..60, 0u64..12), 0..20)) {
            let mut cursor = SequenceRanges::new();
            let mut set = BTreeSet::new();
            for (start, length) in spans {
                cursor.insert(start, start + length);
                set.extend(start..=start + length);
            }
            prop_assert!(cursor.check().is_ok());
            for number in 0..90 {
                prop_assert_eq!(cursor.contains(number), set.contains(&number));
            }
            let missing: BTreeSet<u64> = cursor.missing_up_to(80).into_iter().flat_map(|(s, e)| s..=e).collect();
            let expected: BTreeSet<u64> = (1..=80).filter(|n| !set.contains(n)).collect();
            prop_assert_eq!(missing, expected);
        }
    }

    #[test]
    fn ranges_that_are_not_canonical_are_refused() {
        assert!(SequenceRanges(vec![(5, 4)]).check().is_err());
        assert!(SequenceRanges(vec![(1, 4), (5, 6)]).check().is_err());
        assert!(SequenceRanges(vec![(7, 9), (1, 2)]).check().is_err());
        assert!(SequenceRanges(vec![(1, u64::MAX), (1, 2)]).check().is_err());
    }
}
