//! Numbers with a fraction and times of day, as answers hold them.
//!
//! Each has exactly one spelling, so two devices that write the same answer write the same bytes.

use std::fmt;

use crate::date::Date;

/// Most digits of a number with a fraction, before and after the point.
const DIGITS: usize = 15;

/// A number with a fraction, as it was written: no exponent, no needless zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// Takes `-0.125`, and neither `1.50` nor `.5` nor `3`, which has a shorter spelling or is a whole number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.strip_prefix('-').unwrap_or(text).split_once('.')?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let shortest = (whole == "0" || !whole.starts_with('0')) && !fraction.ends_with('0');
        let fits = digits(whole) && digits(fraction) && shortest && whole.len() + fraction.len() <= DIGITS;
        fits.then(|| Self(text.to_owned()))
    }

    /// Its value, to the precision of a double.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.0.parse().unwrap_or_default()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A time of day, or a day and a time, without a time zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClockTime(String);

impl ClockTime {
    /// Takes `13:45`, `13:45:07` and `2026-11-22T13:45`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = match text.split_once('T') {
            Some((day, time)) => Date::parse(day).is_ok().then_some(time)?,
            None => text,
        };
        let parts: Vec<&str> = time.split(':').collect();
        let below = |part: &str, end: u8| {
            part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u8>().is_ok_and(|n| n < end)
        };
        let fits = match parts.as_slice() {
            [hour, minute] => below(hour, 24) && below(minute, 60),
            [hour, minute, second] => below(hour, 24) && below(minute, 60) && below(second, 60),
            _ => false,
        };
        fits.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_one_spelling() {
        for good in ["1.5", "-0.125", "0.5", "123456789.123456"] {
            assert_eq!(Decimal::parse(good).unwrap().to_string(), good);
        }
        for bad in ["1", "1.", ".5", "1.50", "01.5", "-.5", "1.5.1", "1e5", "+1.5", "--1.5", "0.0", "1234567890123.123"]
        {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
        for good in ["00:00", "23:59:59", "2026-11-22T07:30"] {
            assert_eq!(ClockTime::parse(good).unwrap().as_str(), good);
        }
        for bad in ["24:00", "7:30", "07:60", "07:30:61", "07", "2026-02-30T07:30", "07:30Z", "T07:30", "+7:30"] {
            assert_eq!(ClockTime::parse(bad), None, "{bad}");
        }
    }
}
