//! Asking on a terminal: one line, one answer, and two ways out of every question.
//! It promises that every question can be skipped with Enter and that `stop` ends the talk anywhere (CARE 6).

use std::io::{self, BufRead, Write};

use vigil_screening::{Answer, Item, Role};

use super::reader::Reader;
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

/// The talk ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop;

/// How the talk goes on.
pub(super) type Flow<T = ()> = Result<Result<T, Stop>, DeskError>;

/// Leaves the talk if the person in front of the screen said stop.
macro_rules! or_stop {
    ($flow:expr) => {
        match $flow? {
            Ok(value) => value,
            Err(stop) => return Ok(Err(stop)),
        }
    };
}
pub(super) use or_stop;

/// What came of asking an item. What was answered before a stop is there with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The answer; none if it was skipped.
    pub(super) answer: Option<Answer>,
    /// Whether the talk ends here.
    pub(super) stopped: bool,
}

impl Asked {
    pub(super) fn answered(answer: Answer) -> Self {
        Self { answer: Some(answer), stopped: false }
    }

    pub(super) const SKIPPED: Self = Self { answer: None, stopped: false };
    pub(super) const STOPPED: Self = Self { answer: None, stopped: true };
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
    pub(super) fn choose(&mut self, question: &str, options: &[String]) -> Flow<Option<usize>> {
        Ok(match self.choose_or_stop(question, options)? {
            Choice::Number(number) => Ok(Some(number)),
            Choice::Skipped | Choice::Unknown => Ok(None),
            Choice::Stopped => Err(Stop),
        })
    }

    pub(super) fn choose_or_stop(&mut self, question: &str, options: &[String]) -> Result<Choice, DeskError> {
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
    pub(super) fn number(&mut self, question: &str, most: u32) -> Flow<Option<u32>> {
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

    /// Asks for as long as what was typed cannot be read; `?` is unknown.
    pub(super) fn read<T>(
        &mut self,
        question: &str,
        help: &str,
        read: impl Fn(&str) -> Option<T>,
        answer: impl Fn(T) -> Answer,
    ) -> Result<Asked, DeskError> {
        loop {
            match self.ask(&format!("  {question}, ? if unknown"))? {
                Reply::Skipped => return Ok(Asked::SKIPPED),
                Reply::Stopped => return Ok(Asked::STOPPED),
                Reply::Words(words) if words == "?" => return Ok(Asked::answered(Answer::Unknown)),
                Reply::Words(words) => match read(&words) {
                    Some(value) => return Ok(Asked::answered(answer(value))),
                    None => self.say(&format!("  {help}; Enter skips, stop ends the talk"))?,
                },
            }
        }
    }

    /// Asks a yes/no item.
    pub(super) fn yes_or_no(&mut self, reader: &Reader<'_>, item: &Item) -> Result<Asked, DeskError> {
        loop {
            match self.ask("  y, n, ? if unknown")? {
                Reply::Skipped => return Ok(Asked::SKIPPED),
                Reply::Stopped => return Ok(Asked::STOPPED),
                Reply::Words(words) => match words.to_lowercase().as_str() {
                    "y" | "yes" => return self.verified(reader, item),
                    "n" | "no" => return Ok(Asked::answered(Answer::No)),
                    "?" | "u" | "unknown" => return Ok(Asked::answered(Answer::Unknown)),
                    _ => self.say("  y, n or ?; Enter skips, stop ends the talk")?,
                },
            }
        }
    }

    /// A green light counts once it is verified, and only if it says how. A stop here leaves the yes that was said.
    fn verified(&mut self, reader: &Reader<'_>, item: &Item) -> Result<Asked, DeskError> {
        if !matches!(item.role, Role::GreenLight | Role::Contact) {
            return Ok(Asked::answered(Answer::Yes));
        }
        let ways: Vec<String> = item.verified_by.iter().map(|id| reader.way(id.as_str())).collect();
        Ok(match self.choose("  how was it verified? Enter if it was only said", &ways)? {
            Ok(number) => {
                let way = number.and_then(|number| item.verified_by.get(number));
                Asked::answered(way.map_or(Answer::Yes, |id| Answer::Verified(id.clone())))
            }
            Err(Stop) => Asked { answer: Some(Answer::Yes), stopped: true },
        })
    }
}

/// What was typed at a list.
pub(super) enum Choice {
    Number(usize),
    Unknown,
    Skipped,
    Stopped,
}
