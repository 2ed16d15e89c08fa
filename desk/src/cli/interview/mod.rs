//! A screening question by question: the safety page first, every question can be skipped, a stop anywhere, and a green
//! light proposes to let the person go. Every answer promises to be durable before the next question comes.

mod begin;
mod decide;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, IsTerminal, Write};

use vigil_core::{DraftId, ScreeningDraft, Vault};
use vigil_screening::{AgeBand, Answer, Answers, Date, Exploitation, Id, Instrument, Profile};

use super::arguments::{Arguments, Languages};
use super::asking::{Flow, Reply, Terminal, or_stop};
use super::output::Output;
use super::questions::{Notebook, Part, Questions};
use super::reader::Reader;
use super::records::acknowledge;
use super::session;
use crate::DeskError;

/// Most people and minutes that are typed.
const MOST_PEOPLE: u32 = 1000;
const MOST_MINUTES: u32 = 6000;
const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1000;

pub(super) fn run(
    arguments: &Arguments,
    output: &Output,
    instrument: Option<&str>,
    languages: &Languages,
) -> Result<(), DeskError> {
    if !io::stdin().is_terminal() {
        return Err(DeskError::Usage("give a file with screenings, or - for standard input".to_owned()));
    }
    let mut vault = session::open(arguments)?;
    let named = begin::named(&vault, instrument)?;
    // Beside JSON the talk goes to standard error.
    let result = if output.is_json() {
        let mut terminal = Terminal::new(io::stdin().lock(), io::stderr().lock());
        talk(&mut vault, &mut terminal, named, languages.tags())?
    } else {
        let mut terminal = Terminal::new(io::stdin().lock(), io::stdout().lock());
        talk(&mut vault, &mut terminal, named, languages.tags())?
    };
    match result {
        Some(recorded) => acknowledge(output, &recorded),
        None => Ok(()),
    }
}

fn talk<R: BufRead, W: Write>(
    vault: &mut Vault,
    terminal: &mut Terminal<R, W>,
    named: Instrument,
    languages: Vec<&str>,
) -> Result<Option<vigil_core::Recorded>, DeskError> {
    begin::may_use(vault, &named, &languages)?;
    terminal.say("Enter skips a question. \"stop\" ends the talk anywhere; nothing is lost.")?;
    let Some(begun) = begin::begin(vault, terminal, named)? else {
        terminal.say("Stopped before it began; nothing was recorded.")?;
        return Ok(None);
    };
    begin::may_use(vault, &begun.instrument, &languages)?;
    let reader = Reader::new(&begun.instrument, languages);
    let draft = Draft::new(vault, begun.id, begun.draft);
    let mut interview = Interview { questions: Questions::new(draft, terminal, reader) };
    let ended = interview.questions()?;
    if ended.is_err() {
        interview.say("")?;
        interview.say("Stopped.")?;
    }
    interview.decide()
}

/// A screening in progress, kept on the device after every answer.
struct Draft<'a> {
    vault: &'a mut Vault,
    id: DraftId,
    draft: ScreeningDraft,
    answers: Answers,
}

impl<'a> Draft<'a> {
    fn new(vault: &'a mut Vault, id: DraftId, draft: ScreeningDraft) -> Self {
        let kept = draft.screening.answers.iter();
        let answers = kept.filter_map(|(item, code)| Some((Id::new(item.as_str()).ok()?, Answer::parse(code).ok()?)));
        Self { answers: answers.collect(), vault, id, draft }
    }

    fn keep(&mut self) -> Result<(), DeskError> {
        Ok(self.vault.update_draft(&self.id, &self.draft)?)
    }

    fn age(&self) -> AgeBand {
        AgeBand::parse(&self.draft.screening.age_band).unwrap_or_default()
    }
}

impl Notebook for Draft<'_> {
    fn profile(&self) -> Profile {
        // The day that the record says it began, as whoever reads it later computes with.
        let days = self.draft.screening.started_at.0.div_euclid(MILLISECONDS_A_DAY);
        let kind = self.draft.screening.exploitation.as_deref();
        let kinds = [Exploitation::Labour, Exploitation::Sexual, Exploitation::Other];
        let exploitation = kinds.into_iter().find(|known| Some(known.code()) == kind).unwrap_or_default();
        Profile { age_band: self.age(), exploitation, day: Date::from_days(days).ok() }
    }

    fn answers(&self) -> &Answers {
        &self.answers
    }

    fn write(&mut self, item: &Id, answer: &Answer) -> Result<(), DeskError> {
        self.answers.insert(item.clone(), answer.clone());
        self.draft.screening.answers.insert(item.to_string(), answer.code());
        self.keep()
    }
}

struct Interview<'a, R, W> {
    questions: Questions<'a, Draft<'a>, R, W>,
}

impl<'a, R: BufRead, W: Write> Interview<'a, R, W> {
    fn say(&mut self, line: &str) -> Result<(), DeskError> {
        self.questions.terminal.say(line)
    }

    fn draft(&mut self) -> &mut Draft<'a> {
        &mut self.questions.notebook
    }

    fn questions(&mut self) -> Flow {
        or_stop!(self.questions.ask(Part::Safety));
        or_stop!(self.person_in_front());
        self.questions.ask(Part::Everything)
    }

    fn person_in_front(&mut self) -> Flow {
        let screening = self.draft().draft.screening.clone();
        self.say("")?;
        let ages = ["under 18", "18 or over", "not known", "disputed: papers or people say different things"];
        let bands = [AgeBand::Under18, AgeBand::Adult, AgeBand::Unknown, AgeBand::Disputed];
        let band = self.draft().age();
        let known = bands.iter().zip(ages).find(|(known, _)| **known == band && band != AgeBand::Unknown);
        let question = format!("Age; unknown and disputed count as under 18{}", kept_words(known.map(|(_, age)| age)));
        let age = or_stop!(self.questions.terminal.choose(&question, &ages.map(str::to_owned)));
        if let Some(band) = age.and_then(|number| bands.get(number)) {
            self.draft().draft.screening.age_band = band.code().to_owned();
            self.draft().keep()?;
        }
        let sexes = ["female", "male", "other"];
        let question = format!("Sex{}", kept_words(screening.sex.as_deref()));
        let sex = or_stop!(self.questions.terminal.choose(&question, &sexes.map(str::to_owned)));
        if let Some(code) = sex.and_then(|number| sexes.get(number)) {
            self.draft().draft.screening.sex = Some((*code).to_owned());
            self.draft().keep()?;
        }
        or_stop!(self.exploitation());
        let people = screening.people.map(|people| people.to_string());
        let question = format!("How many people together{}", kept_words(people.as_deref()));
        if let Some(people) = or_stop!(self.questions.terminal.number(&question, MOST_PEOPLE)) {
            self.draft().draft.screening.people = Some(people);
            self.draft().keep()?;
        }
        Ok(Ok(()))
    }

    /// What kind of exploitation it is about, where the instrument tells kinds apart.
    fn exploitation(&mut self) -> Flow {
        let profiles = &self.questions.reader.instrument.sheet().profiles;
        if profiles.iter().all(|kind| kind.exploitation.is_empty()) {
            return Ok(Ok(()));
        }
        let known = self.draft().draft.screening.exploitation.clone();
        let kinds = [Exploitation::Labour, Exploitation::Sexual, Exploitation::Other].map(Exploitation::code);
        let question = format!("What kind of exploitation is it about{}", kept_words(known.as_deref()));
        let kind = or_stop!(self.questions.terminal.choose(&question, &kinds.map(str::to_owned)));
        if let Some(code) = kind.and_then(|number| kinds.get(number)) {
            self.draft().draft.screening.exploitation = Some((*code).to_owned());
            self.draft().keep()?;
        }
        Ok(Ok(()))
    }

    fn words(&mut self, question: &str) -> Flow<Option<String>> {
        Ok(match self.questions.terminal.ask(question)? {
            Reply::Words(words) => Ok(Some(words)),
            Reply::Skipped => Ok(None),
            Reply::Stopped => Err(super::asking::Stop),
        })
    }
}

/// What Enter keeps.
fn kept_words(known: Option<&str>) -> String {
    known.map_or_else(String::new, |known| format!(" (Enter keeps: {known})"))
}
