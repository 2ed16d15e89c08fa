//! Sixty digits that two people read to each other: equal if both hold the same bytes, and different otherwise.
//! Whoever stands between them promises nothing; finding two things with one number takes some 2^99 attempts.

use crate::{Purpose, digest};

const GROUPS: usize = 12;
const GROUPS_PER_DIGEST: usize = 6;
const BYTES_PER_GROUP: usize = 5;

/// A number to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparisonNumber(String);

impl ComparisonNumber {
    /// The number of these bytes, for one purpose.
    pub fn of(purpose: Purpose, bytes: &[u8]) -> Self {
        let halves = [0u8, 1].map(|half| digest(purpose, &[&[half], bytes]));
        let groups = (0..GROUPS).map(|group| {
            let start = group % GROUPS_PER_DIGEST * BYTES_PER_GROUP;
            let bytes = &halves[group / GROUPS_PER_DIGEST].0[start..start + BYTES_PER_GROUP];
            let number = bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            format!("{:05}", number % 100_000)
        });
        Self(groups.collect::<Vec<_>>().join(" "))
    }

    /// Whether somebody typed this number, with whatever stands between the digits.
    pub fn is(&self, typed: &str) -> bool {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        digits(typed) == digits(&self.0)
    }

    /// The groups of five digits, with a space between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ComparisonNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_sixty_digits_and_is_another_for_every_bit_and_purpose() {
        let number = ComparisonNumber::of(Purpose::SpaceCard, b"some bytes");
        assert_eq!(number.as_str().split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
        assert!(number.is(&number.to_string().replace(' ', "-")));
        assert!(!number.is(&number.as_str()[..60]) && !number.is(""));
        let mut all = vec![number, ComparisonNumber::of(Purpose::Enrolment, b"some bytes")];
        for bit in 0..80 {
            let mut other = *b"some bytes";
            other[bit / 8] ^= 1 << (bit % 8);
            all.push(ComparisonNumber::of(Purpose::SpaceCard, &other));
        }
        let mut distinct: Vec<_> = all.iter().map(ComparisonNumber::as_str).collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), all.len());
    }
}
