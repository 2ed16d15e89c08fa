//! Numbers of expressions: finite, and equal wherever they print equal.
//!
//! Every operation that has no finite result says so with none, and gives the same result on every device.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits::{EXPONENT, ROUND_DIGITS};

/// A finite number. Prints in the shortest form that reads back as the same number, without an exponent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(f64);

// Sound, because no number here is NaN and none is a negative zero.
impl Eq for Number {}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Number {
    /// Takes a number if it is finite.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        // Adding zero turns a negative zero into a plain one.
        number.is_finite().then_some(Self(number + 0.0))
    }

    /// A whole number such as a count.
    #[must_use]
    pub fn of(count: usize) -> Self {
        Self(count as f64)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// The number, if it is whole and fits.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        // 2^53: every whole number up to here is exact.
        let exact = self.0.fract() == 0.0 && self.0.abs() <= 9_007_199_254_740_992.0;
        exact.then_some(self.0 as i64)
    }

    /// Reads digits with at most one point and a minus before them: what this type prints, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if all_digits(whole) && all_digits(fraction) { text.parse().ok().and_then(Self::new) } else { None }
    }

    /// Rounded to so many places, halves away from zero, by the digits that a person sees: 1.005 to 2 places is 1.01.
    pub(crate) fn round(self, places: Self) -> Option<Self> {
        let places = places.whole().filter(|_| places.0.abs() <= ROUND_DIGITS)?;
        let printed = self.to_string();
        let digits = printed.strip_prefix('-').unwrap_or(&printed);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let cut = i64::try_from(whole.len()).ok()? + places;
        let Ok(cut) = usize::try_from(cut) else { return Self::new(0.0) };
        let Some(next) = digits.get(cut) else { return Some(self) };

        let mut kept = digits.get(..cut)?.to_vec();
        let mut point = whole.len();
        if *next >= b'5' {
            let nines = kept.iter().rev().take_while(|digit| **digit == b'9').count();
            let (head, tail) = kept.split_at_mut(cut - nines);
            tail.fill(b'0');
            if let Some(digit) = head.last_mut() {
                *digit += 1;
            } else {
                kept.insert(0, b'1');
                point += 1;
            }
        }
        kept.resize(kept.len().max(point), b'0');
        kept.insert(point, b'.');
        kept.push(b'0');
        let rounded = std::str::from_utf8(&kept).ok()?.parse::<f64>().ok()?;
        Self::new(rounded.copysign(self.0))
    }

    /// Raised to a whole power, by multiplication alone: the power function of the platform may differ between devices.
    pub(crate) fn power(self, exponent: Self) -> Option<Self> {
        let exponent = exponent.whole().filter(|_| exponent.0.abs() <= EXPONENT)?;
        let (mut result, mut base, mut left) = (1.0, self.0, exponent.unsigned_abs());
        while left > 0 {
            if left & 1 == 1 {
                result *= base;
            }
            base *= base;
            left >>= 1;
        }
        Self::new(if exponent < 0 { 1.0 / result } else { result })
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self(number.into())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.whole() {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| serde::de::Error::custom("a number is finite"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn a_number_is_finite_and_prints_in_its_shortest_form() {
        assert_eq!(Number::new(f64::NAN), None);
        assert_eq!(Number::new(f64::NEG_INFINITY), None);
        assert_eq!(Number::new(-0.0).unwrap().to_string(), "0");
        assert_eq!(Number::new(0.1 + 0.2).unwrap().to_string(), "0.30000000000000004");
        assert_eq!(Number::new(1e21).unwrap().to_string(), "1000000000000000000000");
        assert_eq!(number("-12.50").to_string(), "-12.5");
        assert!(number("-1") < number("0.5"));
    }

    #[test]
    fn only_plain_digits_are_read_as_a_number() {
        for bad in ["", "-", ".5", "5.", "1e3", "inf", "NaN", "+1", "1_0", " 1", "--1", "1.2.3", "1.-2", "१"] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
        assert_eq!(Number::parse(&"9".repeat(400)), None, "no finite number");
    }

    #[test]
    fn rounding_follows_the_digits_that_a_person_sees() {
        for (from, places, to) in [
            ("1.005", 2, "1.01"),
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.4999", 0, "2"),
            ("9.995", 2, "10"),
            ("0.05", 1, "0.1"),
            ("0.04", 1, "0"),
            ("-0.4", 0, "0"),
            ("99", -1, "100"),
            ("50", -2, "100"),
            ("49", -2, "0"),
            ("49", -3, "0"),
            ("12345.678", -2, "12300"),
            ("7", 3, "7"),
        ] {
            assert_eq!(number(from).round(places.into()), Some(number(to)), "{from} to {places}");
        }
        assert_eq!(number("1").round(16.into()), None);
        assert_eq!(number("1").round(number("0.5")), None);
        assert_eq!(Number::new(f64::MAX).unwrap().round(15.into()), Number::new(f64::MAX));
    }

    #[test]
    fn powers_are_whole_and_finite() {
        assert_eq!(number("1.5").power(2.into()), Some(number("2.25")));
        assert_eq!(number("2").power((-2).into()), Some(number("0.25")));
        assert_eq!(number("0").power(0.into()), Some(number("1")));
        assert_eq!(number("0").power((-1).into()), None);
        assert_eq!(number("10").power(1_000.into()), None);
        assert_eq!(number("1").power(1_025.into()), None);
        assert_eq!(number("2").power(number("0.5")), None);
    }

    #[test]
    fn whole_numbers_stand_in_json_without_a_point() {
        assert_eq!(serde_json::to_string(&number("12")).unwrap(), "12");
        assert_eq!(serde_json::to_string(&number("12.5")).unwrap(), "12.5");
        assert_eq!(serde_json::from_str::<Number>("12").unwrap(), 12.into());
    }
}
