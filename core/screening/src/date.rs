//! A day of the calendar, as answers and expressions need it: year, month, day, and the days between two of them.
//!
//! A [`Date`] that exists is a day that existed or will: proleptic Gregorian, years 1 to 9999, no time and no zone.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A day, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// Not a day of the calendar, or not written as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date is a day of the calendar from 0001-01-01 to 9999-12-31, written YYYY-MM-DD")]
pub struct BadDate;

impl BadDate {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "bad_date"
    }
}

/// Days from the first of March of year 0, where the count below starts, to 1970-01-01.
const EPOCH: i64 = 719_468;
const DAYS_IN_400_YEARS: i64 = 146_097;

impl Date {
    /// The first day there is.
    pub const FIRST: Self = Self { year: 1, month: 1, day: 1 };
    /// The last day there is.
    pub const LAST: Self = Self { year: 9999, month: 12, day: 31 };

    /// A day by its numbers.
    ///
    /// # Errors
    /// [`BadDate`] if there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, BadDate> {
        let real = (1..=9999).contains(&year) && (1..=days_in_month(year, month)).contains(&day);
        if real { Ok(Self { year, month, day }) } else { Err(BadDate) }
    }

    /// Reads `YYYY-MM-DD`, and nothing else.
    ///
    /// # Errors
    /// [`BadDate`] for another form, or where there is no such day.
    pub fn parse(text: &str) -> Result<Self, BadDate> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(BadDate);
        }
        let mut parts = text.split('-').filter_map(|part| part.parse::<u16>().ok());
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadDate);
        };
        Self::new(year, u8::try_from(month).map_err(|_| BadDate)?, u8::try_from(day).map_err(|_| BadDate)?)
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// Days since 1970-01-01; negative before it.
    #[must_use]
    pub fn days(self) -> i64 {
        // Years start in March here, so that a leap day is the last of its year.
        let month = (i64::from(self.month) + 9) % 12;
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let (era, year) = (year / 400, year % 400);
        let day = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        era * DAYS_IN_400_YEARS + year * 365 + year / 4 - year / 100 + day - EPOCH
    }

    /// The day so many days after 1970-01-01.
    ///
    /// # Errors
    /// [`BadDate`] outside the years 1 to 9999.
    pub fn from_days(days: i64) -> Result<Self, BadDate> {
        if !(Self::FIRST.days()..=Self::LAST.days()).contains(&days) {
            return Err(BadDate);
        }
        let days = days + EPOCH;
        let (era, day) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = era * 400 + year + i64::from(month <= 2);
        Self::new(
            u16::try_from(year).map_err(|_| BadDate)?,
            u8::try_from(month).map_err(|_| BadDate)?,
            u8::try_from(day).map_err(|_| BadDate)?,
        )
    }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl TryFrom<String> for Date {
    type Error = BadDate;
    fn try_from(text: String) -> Result<Self, BadDate> {
        Self::parse(&text)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_9999_years_follows_the_one_before_it() {
        let mut days = Date::FIRST.days();
        assert_eq!(days, -719_162);
        for year in 1..=9999 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let date = Date::new(year, month, day).unwrap();
                    assert_eq!(date.days(), days);
                    assert_eq!(Date::from_days(days), Ok(date));
                    days += 1;
                }
            }
        }
        assert_eq!(days, Date::LAST.days() + 1);
        assert_eq!(Date::new(1970, 1, 1).unwrap().days(), 0);
    }

    #[test]
    fn a_date_is_read_as_it_is_written() {
        for days in (Date::FIRST.days()..=Date::LAST.days()).step_by(997) {
            let date = Date::from_days(days).unwrap();
            assert_eq!(Date::parse(&date.to_string()), Ok(date));
        }
        assert_eq!(Date::LAST.to_string(), "9999-12-31");
        assert_eq!(serde_json::to_string(&Date::FIRST).unwrap(), "\"0001-01-01\"");
        assert_eq!(serde_json::from_str::<Date>("\"2024-02-29\"").unwrap().days(), 19_782);
    }

    #[test]
    fn leap_years_are_the_ones_of_the_calendar() {
        for year in [4, 1600, 2000, 2024, 2400] {
            assert!(Date::new(year, 2, 29).is_ok(), "{year}");
        }
        for year in [1, 1700, 1800, 1900, 2023, 2100] {
            assert_eq!(Date::new(year, 2, 29), Err(BadDate), "{year}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for bad in [
            "",
            "2024",
            "2024-1-1",
            "2024-01-01 ",
            " 2024-01-01",
            "2024-01-1x",
            "2024/01/01",
            "0000-01-01",
            "2024-00-01",
            "2024-13-01",
            "2024-01-00",
            "2024-01-32",
            "2024-04-31",
            "2023-02-29",
            "+024-01-01",
            "२०२४-01-01",
            "20240101--",
            "10000-01-01",
            "2024-1é1",
        ] {
            assert_eq!(Date::parse(bad).unwrap_err().code(), "bad_date", "{bad}");
        }
        for bad in [i64::MIN, Date::FIRST.days() - 1, Date::LAST.days() + 1, i64::MAX] {
            assert_eq!(Date::from_days(bad), Err(BadDate));
        }
    }
}
