//! Asking on a terminal: one line, one answer, and two ways out of every question.
//! It promises that every question can be skipped with Enter and that `stop` ends the talk anywhere (CARE 6).

use std::io::{self, BufRead, Write};

use vigil_screening::{Answer, AnswerKind, Instrument, Item, Role, Text};

use crate::DeskError;
use crate::text::plain;

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Words.
    Words(String),
    /// Enter: the question is skipped.
    Skipped,
    /// The talk ends here.
    Stopped,
}

/// A terminal, or what stands for one in a test.
pub(super) struct Terminal<R, W> {
    input: R,
    output: W,
}

fn problem(error: io::Error) -> DeskError {
    DeskError::file("the terminal", error)
}

impl<R: BufRead, W: Write> Terminal<R, W> {
    pub(super) fn new(input: R, output: W) -> Self {
        Self { input, output }
    }

    pub(super) fn say(&mut self, line: &str) -> Result<(), DeskError> {
        writeln!(self.output, "{}", plain(line)).map_err(problem)
    }

    /// Asks for words.
    pub(super) fn ask(&mut self, question: &str) -> Result<Reply, DeskError> {
        write!(self.output, "{}: ", plain(question)).and_then(|()| self.output.flush()).map_err(problem)?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(problem)?;
        Ok(match line.trim() {
            _ if read == 0 => Reply::Stopped,
            "" => Reply::Skipped,
            // A phone's keyboard likes to begin with a capital.
            word if word.eq_ignore_ascii_case("stop") => Reply::Stopped,
            words => Reply::Words(words.to_owned()),
        })
    }

    /// Asks for one of several; gives its number, or none if it is skipped.
    pub(super) fn choose(
        &mut self,
        question: &str,
        options: &[String],
    ) -> Result<Result<Option<usize>, Stop>, DeskError> {
        Ok(match self.choose_or_stop(question, options)? {
            Choice::Number(number) => Ok(Some(number)),
            Choice::Skipped | Choice::Unknown => Ok(None),
            Choice::Stopped => Err(Stop),
        })
    }

    fn choose_or_stop(&mut self, question: &str, options: &[String]) -> Result<Choice, DeskError> {
        for (number, option) in (1..).zip(options) {
            self.say(&format!("    {number}  {option}"))?;
        }
        loop {
            match self.ask(question)? {
                Reply::Skipped => return Ok(Choice::Skipped),
                Reply::Stopped => return Ok(Choice::Stopped),
                Reply::Words(words) if words == "?" => return Ok(Choice::Unknown),
                Reply::Words(words) => match words.parse::<usize>() {
                    Ok(number) if (1..=options.len()).contains(&number) => return Ok(Choice::Number(number - 1)),
                    _ => self.say(&format!("a number from 1 to {}, Enter or stop", options.len()))?,
                },
            }
        }
    }

    /// Asks a whole number; none if it is skipped.
    pub(super) fn number(&mut self, question: &str, most: u32) -> Result<Result<Option<u32>, Stop>, DeskError> {
        loop {
            match self.ask(question)? {
                Reply::Skipped => return Ok(Ok(None)),
                Reply::Stopped => return Ok(Err(Stop)),
                Reply::Words(words) => match words.parse::<u32>() {
                    Ok(number) if number <= most => return Ok(Ok(Some(number))),
                    _ => self.say(&format!("a whole number up to {most}, Enter or stop"))?,
                },
            }
        }
    }

    /// Asks an item of an instrument; none if it is skipped.
    pub(super) fn item(
        &mut self,
        instrument: &Instrument,
        item: &Item,
    ) -> Result<Result<Option<Answer>, Stop>, DeskError> {
        let words = |text: &Text| instrument.read(text, &[]).text.to_owned();
        self.say("")?;
        self.say(&format!("  {}", words(&item.text)))?;
        if let Some(hint) = &item.hint {
            self.say(&format!("  ({})", words(hint)))?;
        }
        match &item.answer {
            AnswerKind::YesNo => self.yes_or_no(instrument, item),
            AnswerKind::Choice(options) => {
                let shown: Vec<String> = options.iter().map(|option| words(&option.text)).collect();
                Ok(match self.choose_or_stop("  number, ? if unknown", &shown)? {
                    Choice::Number(number) => Ok(options.get(number).map(|option| Answer::Choice(option.id.clone()))),
                    Choice::Unknown => Ok(Some(Answer::Unknown)),
                    Choice::Skipped => Ok(None),
                    Choice::Stopped => Err(Stop),
                })
            }
            AnswerKind::Number { min, max } => loop {
                match self.ask(&format!("  {min} to {max}, ? if unknown"))? {
                    Reply::Skipped => return Ok(Ok(None)),
                    Reply::Stopped => return Ok(Err(Stop)),
                    Reply::Words(words) if words == "?" => return Ok(Ok(Some(Answer::Unknown))),
                    Reply::Words(words) => {
                        if let Some(number) = words.parse().ok().filter(|number| (min..=max).contains(&number)) {
                            return Ok(Ok(Some(Answer::Number(number))));
                        }
                    }
                }
            },
            _ => Ok(match self.ask("  words")? {
                Reply::Words(words) => Ok(Some(Answer::Text(words))),
                Reply::Skipped => Ok(None),
                Reply::Stopped => Err(Stop),
            }),
        }
    }

    fn yes_or_no(&mut self, instrument: &Instrument, item: &Item) -> Result<Result<Option<Answer>, Stop>, DeskError> {
        loop {
            match self.ask("  y, n, ? if unknown")? {
                Reply::Skipped => return Ok(Ok(None)),
                Reply::Stopped => return Ok(Err(Stop)),
                Reply::Words(words) => match words.to_lowercase().as_str() {
                    "y" | "yes" => return Ok(self.verified(instrument, item)?.map(Some)),
                    "n" | "no" => return Ok(Ok(Some(Answer::No))),
                    "?" | "u" | "unknown" => return Ok(Ok(Some(Answer::Unknown))),
                    _ => self.say("  y, n or ?; Enter skips, stop ends the talk")?,
                },
            }
        }
    }

    /// A green light counts once it is verified, and only if it says how.
    fn verified(&mut self, instrument: &Instrument, item: &Item) -> Result<Result<Answer, Stop>, DeskError> {
        if !matches!(item.role, Role::GreenLight | Role::Contact) {
            return Ok(Ok(Answer::Yes));
        }
        let ways: Vec<String> = item
            .verified_by
            .iter()
            .map(|id| {
                let way = instrument.sheet().verifications.iter().find(|way| way.id == *id);
                way.map_or_else(|| id.to_string(), |way| instrument.read(&way.text, &[]).text.to_owned())
            })
            .collect();
        let chosen = self.choose("  how was it verified? Enter if it was only said", &ways)?;
        Ok(chosen.map(|number| {
            let way = number.and_then(|number| item.verified_by.get(number));
            way.map_or(Answer::Yes, |id| Answer::Verified(id.clone()))
        }))
    }
}

/// The talk ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop;

enum Choice {
    Number(usize),
    Unknown,
    Skipped,
    Stopped,
}
