//! Asking one item of an instrument on a terminal, whatever it can be answered with.
//! It promises that what is typed is taken as it was meant or asked for again, and never guessed at.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use vigil_screening::limits::ANSWER_BYTES;
use vigil_screening::{Answer, AnswerKind, ClockTime, Date, Decimal, Id, Item};

use super::asking::{Asked, Choice, Terminal};
use super::reader::Reader;
use crate::DeskError;

impl<R: BufRead, W: Write> Terminal<R, W> {
    /// Shows an item's words.
    pub(super) fn show(&mut self, reader: &Reader<'_>, item: &Item) -> Result<(), DeskError> {
        self.say("")?;
        self.say(&format!("  {}", reader.words(&item.text)))?;
        item.hint.as_ref().map_or(Ok(()), |hint| self.say(&format!("  ({})", reader.words(hint))))
    }

    /// Asks an item.
    pub(super) fn item(&mut self, reader: &Reader<'_>, item: &Item) -> Result<Asked, DeskError> {
        self.show(reader, item)?;
        match &item.answer {
            AnswerKind::YesNo => self.yes_or_no(reader, item),
            AnswerKind::Choice(_) | AnswerKind::ChoiceFrom(_) => self.one_of(reader, item),
            AnswerKind::Choices(_) | AnswerKind::ChoicesFrom(_) => self.any_of(reader, item),
            AnswerKind::Number { min, max } => {
                let within = match (*min, *max) {
                    (i64::MIN, i64::MAX) => "a whole number".to_owned(),
                    (i64::MIN, max) => format!("a whole number up to {max}"),
                    (min, i64::MAX) => format!("a whole number from {min}"),
                    (min, max) => format!("{min} to {max}"),
                };
                let read = |words: &str| words.parse().ok().filter(|number| (min..=max).contains(&number));
                self.read(&within, &within, read, Answer::Number)
            }
            AnswerKind::Decimal => self.read("a number such as 1.5", "digits, and a point", decimal, |answer| answer),
            AnswerKind::Date => {
                self.read("a day such as 2026-11-22", "year-month-day", |words| Date::parse(words).ok(), Answer::Date)
            }
            AnswerKind::Time => self.read("a time such as 13:45", "hours:minutes", ClockTime::parse, Answer::Time),
            AnswerKind::Text => self.read("words", "fewer words", text, Answer::Text),
            // Read, or kept for export only.
            _ => Ok(Asked::SKIPPED),
        }
    }

    fn one_of(&mut self, reader: &Reader<'_>, item: &Item) -> Result<Asked, DeskError> {
        let options = reader.instrument.sheet().options(item);
        let shown: Vec<String> = options.iter().map(|option| reader.words(&option.text)).collect();
        Ok(match self.choose_or_stop("  number, ? if unknown", &shown)? {
            Choice::Number(number) => match options.get(number) {
                Some(option) => Asked::answered(Answer::Choice(option.id.clone())),
                None => Asked::SKIPPED,
            },
            Choice::Unknown => Asked::answered(Answer::Unknown),
            Choice::Skipped => Asked::SKIPPED,
            Choice::Stopped => Asked::STOPPED,
        })
    }

    fn any_of(&mut self, reader: &Reader<'_>, item: &Item) -> Result<Asked, DeskError> {
        let options = reader.instrument.sheet().options(item);
        for (number, option) in (1..).zip(options) {
            self.say(&format!("    {number}  {}", reader.words(&option.text)))?;
        }
        let help = format!("numbers from 1 to {} with spaces between them, or 0", options.len());
        let read = |words: &str| {
            if words == "0" {
                return Some(BTreeSet::new());
            }
            let parts = words.split([' ', ',', '+']).filter(|part| !part.is_empty());
            parts.map(|part| Some(options.get(part.parse::<usize>().ok()?.checked_sub(1)?)?.id.clone())).collect()
        };
        self.read("all numbers that fit, 0 for none of them", &help, read, |ids: BTreeSet<Id>| Answer::Choices(ids))
    }
}

/// A number as people write it; in an answer it has its shortest form.
fn decimal(words: &str) -> Option<Answer> {
    if let Ok(whole) = words.parse::<i64>() {
        return Some(Answer::Number(whole));
    }
    let shortest = words.trim_end_matches('0');
    match shortest.strip_suffix('.') {
        Some(whole) => whole.parse().ok().map(Answer::Number),
        None => Decimal::parse(shortest).map(Answer::Decimal),
    }
}

/// Words that an answer can hold.
fn text(words: &str) -> Option<String> {
    // The code of an answer in words begins with "text:".
    (words.len() <= ANSWER_BYTES - "text:".len()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_as_people_write_it_or_not_at_all() {
        let code = |words: &str| decimal(words).map(|answer| answer.code());
        for (typed, expected) in [
            ("3", "number:3"),
            ("-3", "number:-3"),
            ("1.5", "number:1.5"),
            ("1.50", "number:1.5"),
            ("2.0", "number:2"),
            ("100", "number:100"),
            ("0.0", "number:0"),
        ] {
            assert_eq!(code(typed).as_deref(), Some(expected), "{typed}");
        }
        for typed in ["", "1,5", ".5", "1e3", "one", "1.", "0x1", "NaN", "1.2.3"] {
            assert!(code(typed).is_none_or(|code| code == "number:1"), "{typed}: {:?}", code(typed));
        }
    }
}
