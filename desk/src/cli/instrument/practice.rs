//! A worked case for practice: its story, the questions as in a real talk, and then what differs from the worked answers.
//! It promises to record nothing; unreviewed languages may be used here, with the original beside (CARE 13).

use std::io::{self, BufRead, Write};

use serde_json::json;
use vigil_screening::{Answer, Answers, Id, Instrument, Profile, WorkedCase};

use super::compare::compare;
use super::problem::InstrumentProblem;
use super::{score, source};
use crate::cli::arguments::Practice;
use crate::cli::asking::Terminal;
use crate::cli::output::Output;
use crate::cli::questions::{Notebook, Part, Questions};
use crate::cli::reader::Reader;
use crate::error::DeskError;
use crate::text::plain;

pub(super) fn practice(output: &Output, practice: &Practice) -> Result<(), DeskError> {
    let loaded = source::load(practice.instrument.as_deref().unwrap_or(source::PRACTICE))?;
    let instrument = &loaded.instrument;
    let reader = Reader::new(instrument, practice.languages.tags());
    if practice.list {
        return list(output, &reader);
    }
    let named = practice.case.as_deref().map(|id| named(instrument, id)).transpose()?;
    if let (Some(file), Some(case)) = (&practice.answers, named) {
        let submitted = score::submitted(&reader, file)?;
        let comparison = compare(&reader, case, &submitted.answers);
        return output.answer(&comparison, comparison.lines());
    }
    // Beside JSON the talk goes to standard error.
    let learned = if output.is_json() {
        learn(&mut Terminal::new(io::stdin().lock(), io::stderr().lock()), &reader, named)?
    } else {
        learn(&mut Terminal::new(io::stdin().lock(), io::stdout().lock()), &reader, named)?
    };
    match learned {
        Some((case, answers)) => {
            let comparison = compare(&reader, case, &answers);
            output.answer(&comparison, comparison.lines())
        }
        None => Ok(()),
    }
}

fn list(output: &Output, reader: &Reader<'_>) -> Result<(), DeskError> {
    let cases = &reader.instrument.sheet().cases;
    let rows: Vec<_> = cases.iter().map(|case| json!({"id": case.id, "title": reader.words(&case.title)})).collect();
    let mut lines: Vec<String> =
        cases.iter().map(|case| format!("{:<32}  {}", case.id, plain(&reader.words(&case.title)))).collect();
    if lines.is_empty() {
        lines.push("This instrument has no worked cases.".to_owned());
    }
    output.answer(&rows, lines)
}

fn named<'a>(instrument: &'a Instrument, id: &str) -> Result<&'a WorkedCase, DeskError> {
    let found = instrument.sheet().cases.iter().find(|case| case.id.as_str() == id);
    let missing = || InstrumentProblem::NoCase { instrument: instrument.id().to_string(), case: id.to_owned() };
    Ok(found.ok_or_else(missing)?)
}

/// The learner's answers, which are kept nowhere.
struct Learner {
    profile: Profile,
    answers: Answers,
}

impl Notebook for Learner {
    fn profile(&self) -> Profile {
        self.profile
    }

    fn answers(&self) -> &Answers {
        &self.answers
    }

    fn write(&mut self, item: &Id, answer: &Answer) -> Result<(), DeskError> {
        self.answers.insert(item.clone(), answer.clone());
        Ok(())
    }
}

/// Tells a case and asks; none if the learner left before it began.
fn learn<'a, R: BufRead, W: Write>(
    terminal: &mut Terminal<R, W>,
    reader: &Reader<'a>,
    named: Option<&'a WorkedCase>,
) -> Result<Option<(&'a WorkedCase, Answers)>, DeskError> {
    let cases = &reader.instrument.sheet().cases;
    let case = match (named, cases.as_slice()) {
        (Some(case), _) => case,
        (None, []) => {
            return Err(DeskError::Usage(format!("{} has no worked cases", reader.instrument.id())));
        }
        (None, cases) => {
            let titles: Vec<String> = cases.iter().map(|case| reader.words(&case.title)).collect();
            match terminal.choose("Which case? Enter takes the first", &titles)? {
                Ok(number) => match cases.get(number.unwrap_or(0)) {
                    Some(case) => case,
                    None => return Ok(None),
                },
                Err(_) => return Ok(None),
            }
        }
    };
    terminal.say("")?;
    terminal.say(&format!("== {}", reader.words(&case.title)))?;
    terminal.say(&reader.words(&case.story))?;
    terminal.say("")?;
    terminal.say(
        "For practice; nothing is recorded. Answer as you would there. Enter skips, \"stop\" ends and compares.",
    )?;
    let learner = Learner { profile: case.profile, answers: Answers::new() };
    let mut questions = Questions::new(learner, terminal, reader.clone());
    // A stop is an answer here too: what was answered until then is compared.
    if questions.ask(Part::Safety)?.is_ok() {
        let _stopped = questions.ask(Part::Everything)?;
    }
    let answers = questions.notebook.answers;
    terminal.say("")?;
    Ok(Some((case, answers)))
}
