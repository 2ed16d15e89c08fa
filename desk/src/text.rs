//! Stored text on its way to a person's terminal.
//! It promises that no stored byte can move the cursor, colour the screen, turn the reading direction or forge a line.

use std::fmt::Write;

/// A text on one line, with everything that a terminal would obey written out.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str(" / "),
            '\t' => safe.push(' '),
            _ if is_command(c) => {
                // Writing to a string does not fail.
                write!(safe, "\\u{{{:x}}}", u32::from(c)).ok();
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// A text cut to so many characters.
#[must_use]
pub fn short(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() {
        cut.pop();
        cut.push('…');
    }
    cut
}

/// A number of things: `1 record`, `2 records`.
#[must_use]
pub fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Controls, and the letters that turn the reading direction or show as nothing. The joiners stay: Devanagari needs them.
fn is_command(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Milliseconds since 1970 as a date and time in UTC.
#[must_use]
pub fn time(milliseconds: i64) -> String {
    let minutes = milliseconds.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}Z", minute / 60, minute % 60)
}

/// Year, month and day of a day counted from 1970 (Hinnant's algorithm for the proleptic Gregorian calendar).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        let hostile = "a\u{1b}[2Jb\r\u{7}\u{9b}31m\u{202e}c\nd\u{0}";
        let safe = plain(hostile);
        assert_eq!(safe, "a\\u{1b}[2Jb\\u{d}\\u{7}\\u{9b}31m\\u{202e}c / d\\u{0}");
        assert!(!safe.chars().any(is_command));
        assert_eq!(plain("क्\u{200d}ष रु १,२००"), "क्\u{200d}ष रु १,२००");
    }

    #[test]
    fn times_are_dates_that_exist() {
        assert_eq!(time(0), "1970-01-01 00:00Z");
        assert_eq!(time(1_793_582_700_000), "2026-11-02 01:25Z");
        assert_eq!(time(951_782_400_000), "2000-02-29 00:00Z");
        assert_eq!(time(-60_000), "1969-12-31 23:59Z");
        // The ends of the range must not overflow.
        assert!(time(i64::MIN).ends_with('Z') && time(i64::MAX).ends_with('Z'));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short("नमस्ते", 3), "नम…");
        assert_eq!(short("abc", 3), "abc");
    }
}
