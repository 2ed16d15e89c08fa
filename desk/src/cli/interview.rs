//! A screening question by question: the safety page first, every question can be skipped, a stop anywhere, and a green
//! light proposes to let the person go. Every answer promises to be durable before the next question comes.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use vigil_core::records::{Agreement, Outcome, PersonRole, ShortText};
use vigil_core::{DraftId, NewPerson, NewScreening, ScreeningDraft, Timestamp, Vault};
use vigil_screening::{AgeBand, Answer, Answers, Id, Instrument, Item, Profile, Stop as Reason, YesOrNo, score};

use super::arguments::Arguments;
use super::asking::{Reply, Stop, Terminal};
use super::output::Output;
use super::records::acknowledge;
use super::session;
use crate::DeskError;

/// Most people and minutes that are typed.
const MOST_PEOPLE: u32 = 1000;
const MOST_MINUTES: u32 = 6000;

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    if !io::stdin().is_terminal() {
        return Err(DeskError::Usage("give a file with screenings, or - for standard input".to_owned()));
    }
    let mut vault = session::open(arguments)?;
    // Beside JSON the talk goes to standard error.
    let result = if output.is_json() {
        let mut terminal = Terminal::new(io::stdin().lock(), io::stderr().lock());
        talk(&mut vault, &mut terminal)?
    } else {
        let mut terminal = Terminal::new(io::stdin().lock(), io::stdout().lock());
        talk(&mut vault, &mut terminal)?
    };
    match result {
        Some(recorded) => acknowledge(output, &recorded),
        None => Ok(()),
    }
}

/// How the talk goes on.
type Flow<T = ()> = Result<Result<T, Stop>, DeskError>;

/// Leaves the talk if the person in front of the screen said stop.
macro_rules! or_stop {
    ($flow:expr) => {
        match $flow? {
            Ok(value) => value,
            Err(stop) => return Ok(Err(stop)),
        }
    };
}

fn talk<R: BufRead, W: Write>(
    vault: &mut Vault,
    terminal: &mut Terminal<R, W>,
) -> Result<Option<vigil_core::Recorded>, DeskError> {
    let instrument =
        vigil_screening::border_interception().map_err(|error| DeskError::DoesNotHold(error.to_string()))?;
    terminal.say("Enter skips a question. \"stop\" ends the talk anywhere; nothing is lost.")?;
    let Some((id, draft)) = begin(vault, terminal, &instrument)? else {
        terminal.say("Stopped before it began; nothing was recorded.")?;
        return Ok(None);
    };
    let mut interview = Interview { vault, terminal, instrument: &instrument, id, draft, went_on: Vec::new() };
    // Whoever goes on with a draft has gone on already.
    interview.went_on.extend(interview.assess().stop);
    let ended = interview.questions()?;
    if ended.is_err() {
        interview.terminal.say("")?;
        interview.terminal.say("Stopped.")?;
    }
    interview.decide()
}

/// A new draft, or one that was left.
fn begin<R: BufRead, W: Write>(
    vault: &mut Vault,
    terminal: &mut Terminal<R, W>,
    instrument: &Instrument,
) -> Result<Option<(DraftId, ScreeningDraft)>, DeskError> {
    if let Some((id, draft)) = vault.drafts()?.into_iter().next() {
        terminal.say(&format!("A screening at {} was left in the middle.", draft.screening.station))?;
        let options = ["go on with it", "throw it away", "leave it and begin another"].map(str::to_owned);
        match terminal.choose("number, Enter to go on with it", &options)? {
            Err(Stop) => return Ok(None),
            Ok(Some(1)) => vault.discard_draft(&id)?,
            Ok(Some(2)) => {}
            Ok(_) => return Ok(Some((id, draft))),
        }
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let station = loop {
        // The one thing that a record needs.
        match terminal.ask("Station, a place's name")? {
            Reply::Words(words) => break words,
            Reply::Skipped => {}
            Reply::Stopped => return Ok(None),
        }
    };
    let screening = NewScreening {
        station,
        started_at: Timestamp(i64::try_from(now).unwrap_or(i64::MAX)),
        minutes: None,
        people: None,
        age_band: AgeBand::Unknown.code().to_owned(),
        sex: None,
        journey: None,
        instrument: Some(format!("{}@{}", instrument.id(), instrument.version())),
        answers: std::collections::BTreeMap::new(),
        observations: None,
        wants_follow_up: false,
    };
    let draft = ScreeningDraft { screening, persons: Vec::new() };
    Ok(Some((vault.start_screening(&draft)?, draft)))
}

struct Interview<'a, R, W> {
    vault: &'a mut Vault,
    terminal: &'a mut Terminal<R, W>,
    instrument: &'a Instrument,
    id: DraftId,
    draft: ScreeningDraft,
    /// Reasons to stop after which it was chosen to go on; none is brought up twice.
    went_on: Vec<Reason>,
}

impl<R: BufRead, W: Write> Interview<'_, R, W> {
    fn keep(&mut self) -> Result<(), DeskError> {
        Ok(self.vault.update_draft(&self.id, &self.draft)?)
    }

    fn questions(&mut self) -> Flow {
        or_stop!(self.safety_page());
        or_stop!(self.person_in_front());
        let sheet = self.instrument.sheet();
        for section in &sheet.sections {
            self.terminal.say("")?;
            self.terminal.say(&format!("== {}", self.instrument.read(&section.title, &[]).text))?;
            for line in &section.lines {
                self.terminal.say(self.instrument.read(line, &[]).text)?;
            }
            for item in &section.items {
                or_stop!(self.item(item));
            }
        }
        Ok(Ok(()))
    }

    fn safety_page(&mut self) -> Flow {
        let page = &self.instrument.sheet().safety;
        self.terminal.say("")?;
        self.terminal.say(&format!("== {}", self.instrument.read(&page.title, &[]).text))?;
        for line in &page.lines {
            self.terminal.say(&format!("- {}", self.instrument.read(line, &[]).text))?;
        }
        for item in page.items.iter().filter(|item| !item.only_if_raised) {
            or_stop!(self.item(item));
        }
        if self.is_past_safety_page() {
            return Ok(Ok(()));
        }
        let raised: Vec<&Item> = page.items.iter().filter(|item| item.only_if_raised).collect();
        let words: Vec<String> =
            raised.iter().map(|item| self.instrument.read(&item.text, &[]).text.to_owned()).collect();
        self.terminal.say("")?;
        self.terminal.say("Never ask about these. If the person brought one up, note it:")?;
        let chosen = or_stop!(self.terminal.choose("number, Enter if not", &words));
        if let Some(item) = chosen.and_then(|number| raised.get(number)) {
            or_stop!(self.note(item, &Answer::Yes));
        }
        Ok(Ok(()))
    }

    /// Whether a draft holds anything that comes after the safety page.
    fn is_past_safety_page(&self) -> bool {
        let screening = &self.draft.screening;
        let asked = &self.instrument.sheet().safety.items;
        screening.sex.is_some()
            || screening.people.is_some()
            || self.age() != AgeBand::Unknown
            || screening
                .answers
                .keys()
                .any(|answered| asked.iter().all(|item| item.only_if_raised || item.id.as_str() != answered))
    }

    fn person_in_front(&mut self) -> Flow {
        self.terminal.say("")?;
        let ages = ["under 18", "18 or over", "not known", "disputed: papers or people say different things"];
        let bands = [AgeBand::Under18, AgeBand::Adult, AgeBand::Unknown, AgeBand::Disputed];
        let band = self.age();
        let known = bands.iter().zip(ages).find(|(known, _)| **known == band && band != AgeBand::Unknown);
        let question = format!("Age; unknown and disputed count as under 18{}", kept_words(known.map(|(_, age)| age)));
        let age = or_stop!(self.terminal.choose(&question, &ages.map(str::to_owned)));
        if let Some(band) = age.and_then(|number| bands.get(number)) {
            self.draft.screening.age_band = band.code().to_owned();
            self.keep()?;
        }
        let sexes = ["female", "male", "other"];
        let question = format!("Sex{}", kept_words(self.draft.screening.sex.as_deref()));
        let sex = or_stop!(self.terminal.choose(&question, &sexes.map(str::to_owned)));
        if let Some(code) = sex.and_then(|number| sexes.get(number)) {
            self.draft.screening.sex = Some((*code).to_owned());
            self.keep()?;
        }
        let people = self.draft.screening.people.map(|people| people.to_string());
        let question = format!("How many people together{}", kept_words(people.as_deref()));
        if let Some(people) = or_stop!(self.terminal.number(&question, MOST_PEOPLE)) {
            self.draft.screening.people = Some(people);
            self.keep()?;
        }
        Ok(Ok(()))
    }

    /// Asks an item, unless it was answered before or is for another age, and stops where there is a reason to.
    fn item(&mut self, item: &Item) -> Flow {
        let as_child = self.age().counts_as_under_18();
        if self.draft.screening.answers.contains_key(item.id.as_str()) || !item.applies.to(as_child) {
            return Ok(Ok(()));
        }
        // Once release is proposed, only what could show that the person needs help is still asked.
        if item.concern.is_none() && self.assess().release_proposed {
            return Ok(Ok(()));
        }
        match or_stop!(self.terminal.item(self.instrument, item)) {
            Some(answer) => self.note(item, &answer),
            None => Ok(Ok(())),
        }
    }

    fn note(&mut self, item: &Item, answer: &Answer) -> Flow {
        self.draft.screening.answers.insert(item.id.to_string(), answer.code());
        self.keep()?;
        let raises = matches!(answer, Answer::Yes | Answer::Verified(_));
        if let Some(card) =
            item.help_card.as_ref().filter(|_| raises).and_then(|id| self.instrument.help_card(id.as_str()))
        {
            self.terminal.say("")?;
            self.terminal.say(&format!("== HELP: {}", self.instrument.read(&card.title, &[]).text))?;
            for line in &card.lines {
                self.terminal.say(&format!("- {}", self.instrument.read(line, &[]).text))?;
            }
        }
        let assessment = self.assess();
        if assessment.release_proposed && matches!(answer, Answer::Verified(_)) {
            self.terminal.say("")?;
            self.terminal
                .say("A green light was verified: release is proposed. What follows is only whether help is needed.")?;
        }
        let declines = match item.ends_when {
            Some(YesOrNo::Yes) => raises,
            Some(YesOrNo::No) => matches!(answer, Answer::No),
            None => false,
        };
        let stop = match assessment.stop {
            // Gone on after help was offered; that she does not want to go on is another reason, and hers.
            Some(reason) if self.went_on.contains(&reason) => declines.then_some(Reason::Declined),
            other => other,
        };
        let reason = match stop {
            Some(Reason::Declined) => "The person does not want to go on. Thank them and offer the helpline card.",
            Some(Reason::HelpFirst) => "Help comes first. Everything else can wait.",
            Some(Reason::GreenLight) => {
                "A green light was verified: there is a reason to stop asking and let the person go."
            }
            None => return Ok(Ok(())),
        };
        self.terminal.say("")?;
        self.terminal.say(reason)?;
        let go_on = ["stop asking", "go on, the person wants to"].map(str::to_owned);
        match self.terminal.choose("number, Enter stops", &go_on)? {
            Ok(Some(1)) => {
                self.went_on.extend(stop);
                Ok(Ok(()))
            }
            _ => Ok(Err(Stop)),
        }
    }

    fn age(&self) -> AgeBand {
        AgeBand::parse(&self.draft.screening.age_band).unwrap_or_default()
    }

    fn assess(&self) -> vigil_screening::Assessment {
        let mut answers = Answers::new();
        for (item, code) in &self.draft.screening.answers {
            if let (Ok(item), Ok(answer)) = (Id::new(item.as_str()), Answer::parse(code)) {
                answers.insert(item, answer);
            }
        }
        score(self.instrument, &Profile { age_band: self.age() }, &answers)
    }

    /// Shows what speaks for what, and takes the decision of the person who decides.
    fn decide(mut self) -> Result<Option<vigil_core::Recorded>, DeskError> {
        let assessment = self.assess();
        self.terminal.say("")?;
        for line in assessment.explain() {
            self.terminal.say(&line)?;
        }
        self.terminal.say("")?;
        let options = [
            "let the person go",
            "told of the concern and of help, and travels on",
            "does not travel on",
            "help was found elsewhere",
            "record it, decide later",
            "keep it as a draft",
            "throw it away",
        ];
        let question = match assessment.release_proposed {
            true => "What do you decide? Proposed: 1",
            false => "What do you decide?",
        };
        let chosen = self.terminal.choose(question, &options.map(str::to_owned))?.unwrap_or(None);
        let outcome = match chosen {
            Some(0) => Some(Outcome::LetGo),
            Some(1) => Some(Outcome::DeclinedInformed),
            Some(2) => match self.ground()? {
                Some(agreement) => Some(Outcome::Intercepted { agreement }),
                None => return self.kept(),
            },
            Some(3) => match self.terminal.ask("Where")? {
                Reply::Words(words) => {
                    let to = ShortText::new(words).map_err(|error| DeskError::Usage(error.to_string()))?;
                    Some(Outcome::Referred { to })
                }
                Reply::Skipped | Reply::Stopped => return self.kept(),
            },
            Some(4) => None,
            Some(6) => {
                self.vault.discard_draft(&self.id)?;
                self.terminal.say("Thrown away; nothing of it is left.")?;
                return Ok(None);
            }
            _ => return self.kept(),
        };
        let told = match outcome {
            Some(Outcome::LetGo | Outcome::DeclinedInformed) => self.minutes()?,
            _ => self.particulars()?,
        };
        if told.is_err() {
            self.terminal.say("Stopped; nothing was decided.")?;
            return self.kept();
        }
        self.keep()?;
        Ok(Some(self.vault.finish_screening(&self.id, outcome)?))
    }

    fn kept(mut self) -> Result<Option<vigil_core::Recorded>, DeskError> {
        self.keep()?;
        self.terminal.say("Kept as a draft on this device; `vigil screen` goes on with it.")?;
        Ok(None)
    }

    fn ground(&mut self) -> Result<Option<Agreement>, DeskError> {
        let grounds = match self.age().counts_as_under_18() {
            false => vec![(Agreement::Agreed, "she or he agreed")],
            true => vec![
                (
                    Agreement::ChildWithGuardian,
                    "the child assented, and a guardian neither suspected nor travelling along consented",
                ),
                (Agreement::ChildWithProtection, "the child assented, and child protection consented"),
                (Agreement::ChildInDanger, "without agreement: a child in danger; signed by two officers"),
            ],
        };
        let mut grounds = grounds;
        grounds.push((Agreement::LifeAtRisk, "without agreement: a life at risk; signed by two officers"));
        grounds.push((Agreement::CourtOrder, "without agreement: a court ordered it; signed by two officers"));
        let words: Vec<String> = grounds.iter().map(|(_, words)| (*words).to_owned()).collect();
        let chosen = self.terminal.choose("On what ground", &words)?.unwrap_or(None);
        Ok(chosen.and_then(|number| grounds.get(number)).map(|(agreement, _)| *agreement))
    }

    fn minutes(&mut self) -> Flow {
        let minutes = self.draft.screening.minutes.map(|minutes| minutes.to_string());
        let question = format!("How many minutes did it take{}", kept_words(minutes.as_deref()));
        if let Some(minutes) = or_stop!(self.terminal.number(&question, MOST_MINUTES)) {
            self.draft.screening.minutes = Some(minutes);
            self.keep()?;
        }
        Ok(Ok(()))
    }

    /// What is needed only if somebody stays, and none of it must be given.
    fn particulars(&mut self) -> Flow {
        or_stop!(self.minutes());
        if let Some(words) = or_stop!(self.words("What you noticed, in a few words")) {
            self.draft.screening.observations = Some(words);
            self.keep()?;
        }
        loop {
            let roles = ["the traveller", "a companion", "somebody of whom it is said that they recruited"];
            let role = or_stop!(self.terminal.choose("Name somebody? Enter if not", &roles.map(str::to_owned)));
            let Some(role) = role.and_then(|number| PersonRole::ALL.get(number)) else { return Ok(Ok(())) };
            let mut person = NewPerson {
                role: *role,
                name: None,
                phone: None,
                address: None,
                document: None,
                birth_year: None,
                note: None,
            };
            let ended = self.person(&mut person)?;
            // What was said before a stop is not lost.
            if ended.is_ok() || [&person.name, &person.phone, &person.address].into_iter().any(Option::is_some) {
                self.draft.persons.push(person);
                self.keep()?;
            }
            if ended.is_err() {
                return Ok(ended);
            }
        }
    }

    fn person(&mut self, person: &mut NewPerson) -> Flow {
        person.name = or_stop!(self.words("Name"));
        person.phone = or_stop!(self.words("Phone"));
        person.address = or_stop!(self.words("Address"));
        person.note = or_stop!(self.words("Anything that helps to find or protect this person"));
        Ok(Ok(()))
    }

    fn words(&mut self, question: &str) -> Flow<Option<String>> {
        Ok(match self.terminal.ask(question)? {
            Reply::Words(words) => Ok(Some(words)),
            Reply::Skipped => Ok(None),
            Reply::Stopped => Err(Stop),
        })
    }
}

/// What Enter keeps.
fn kept_words(known: Option<&str>) -> String {
    known.map_or_else(String::new, |known| format!(" (Enter keeps: {known})"))
}

#[cfg(test)]
mod tests {
    use vigil_core::{ListQuery, Passphrase};

    use super::*;

    /// Plays what somebody types and gives what the screen showed and what was recorded.
    fn play(typed: &str) -> (String, Vec<vigil_core::RecordSummary>, usize) {
        let (mut shown, records, drafts) = play_all(&[typed]);
        (shown.pop().unwrap(), records, drafts.len())
    }

    /// The same for several talks, one after the other, on one device.
    fn play_all(talks: &[&str]) -> (Vec<String>, Vec<vigil_core::RecordSummary>, Vec<ScreeningDraft>) {
        let home = std::env::temp_dir().join(format!(
            "vigil-interview-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        std::fs::remove_dir_all(&home).ok();
        let mut vault = Vault::create(&home, &Passphrase::new("test"), "Test").unwrap();
        vault.create_space(None).unwrap();
        let play = |typed: &&str| {
            let mut shown = Vec::new();
            talk(&mut vault, &mut Terminal::new(typed.as_bytes(), &mut shown)).ok();
            String::from_utf8(shown).unwrap()
        };
        let shown = talks.iter().map(play).collect();
        let drafts = vault.drafts().unwrap().into_iter().map(|(_, draft)| draft).collect();
        let result = (shown, vault.list(&ListQuery::default()).unwrap(), drafts);
        drop(vault);
        std::fs::remove_dir_all(&home).ok();
        result
    }

    #[test]
    fn the_safety_page_comes_first_and_every_question_can_be_skipped() {
        // A station, then Enter for ever, and in the end "record it, decide later".
        let (shown, records, drafts) = play(&format!("East gate\n{}", "\n".repeat(60)));
        let page = shown.find("Before you ask anything").unwrap();
        assert!(page < shown.find("The journey").unwrap());
        // Enter at the decision keeps it as a draft: nobody decides by pressing Enter.
        assert_eq!((records.len(), drafts), (0, 1), "{shown}");
    }

    #[test]
    fn a_person_who_does_not_want_to_talk_is_let_alone_at_once() {
        let (shown, records, drafts) = play("East gate\n\n\nn\n\n2\n3\n");
        assert!(shown.contains("does not want to go on"));
        assert!(!shown.contains("The journey"));
        assert_eq!((records.len(), drafts), (1, 0), "{shown}");
        assert_eq!(records[0].outcome.as_deref(), Some("declined_informed"));
        assert_eq!(records[0].minutes, Some(3));
    }

    #[test]
    fn a_stop_anywhere_keeps_what_was_answered() {
        let (shown, records, drafts) = play("East gate\ny\ny\nstop\n6\n");
        assert!(shown.contains("Stopped."));
        assert_eq!((records.len(), drafts), (0, 1));
    }

    #[test]
    fn a_stop_is_heard_wherever_it_is_said() {
        // At each of the first prompts after the station, also at lists and numbers.
        for before in 0..14 {
            let (shown, _, drafts) = play(&format!("East gate\n{}stop\n6\n", "\n".repeat(before)));
            assert!(shown.contains("Stopped.") && drafts == 1, "after {before}: {shown}");
            let asked = shown.split("Stopped.").next().unwrap_or_default();
            assert!(!asked.contains("What do you decide"), "{shown}");
        }
    }

    #[test]
    fn a_verified_green_light_proposes_release() {
        // Safety page, nothing raised, an adult, journey skipped, then the job is confirmed by a call.
        let typed = "East gate\ny\ny\ny\nn\nn\nn\n\n2\n1\n1\n\n\n\ny\n1\nn\nn\nn\nn\n\n1\n4\n";
        let (shown, records, _) = play(typed);
        assert!(shown.contains("A green light was verified"), "{shown}");
        assert!(shown.contains("Proposed: 1"), "{shown}");
        assert_eq!(records.first().and_then(|record| record.outcome.as_deref()), Some("let_go"), "{shown}");
    }

    #[test]
    fn hurt_opens_the_help_card() {
        let (shown, _, _) = play("East gate\ny\ny\ny\ny\n1\n6\n");
        assert!(shown.contains("== HELP:"), "{shown}");
    }

    #[test]
    fn a_stop_while_deciding_decides_nothing() {
        // Stopped at once, recorded for later, then a stop at each question about particulars.
        for (before, persons) in [(0, 0), (1, 0), (2, 0)] {
            let (shown, records, drafts) = play_all(&[&format!("East gate\nstop\n5\n{}Stop\n", "\n".repeat(before))]);
            assert!(shown[0].contains("Stopped; nothing was decided."), "after {before}: {}", shown[0]);
            assert_eq!((records.len(), drafts.len(), drafts[0].persons.len()), (0, 1, persons));
        }
        // In the middle of naming somebody: nothing more is asked, and what was said stays.
        let (shown, records, drafts) = play_all(&["East gate\nstop\n5\n\n\n1\nKopila\nstop\n"]);
        assert!(shown[0].contains("Phone") && !shown[0].contains("Address"), "{}", shown[0]);
        assert_eq!((records.len(), drafts.len()), (0, 1));
        assert_eq!(drafts[0].persons[0].name.as_deref(), Some("Kopila"));
    }

    #[test]
    fn going_on_with_a_draft_keeps_what_it_has() {
        let first = "East gate\ny\ny\ny\nn\nn\nn\n\n2\n1\n3\nstop\n6\n";
        let (shown, _, drafts) = play_all(&[first, &"\n".repeat(80)]);
        assert!(shown[0].contains("Never ask about these"), "{}", shown[0]);
        assert!(!shown[1].contains("Never ask about these"), "{}", shown[1]);
        let screening = &drafts[0].screening;
        assert_eq!(screening.sex.as_deref(), Some("female"), "{}", shown[1]);
        assert_eq!((screening.people, screening.age_band.as_str()), (Some(3), "adult"));
        assert_eq!(screening.answers.len(), 6);
    }

    #[test]
    fn a_reason_to_stop_is_brought_up_once() {
        let help = "Help comes first";
        let first = "East gate\ny\ny\ny\ny\n2\nn\nn\n\n2\n1\n3\n\n\ny\nn\nstop\n6\n";
        let (shown, _, drafts) = play_all(&[first, "\n\n\n\n\n\nn\nn\nstop\n6\n"]);
        assert_eq!(shown[0].split("What do you decide").next().unwrap().matches(help).count(), 1, "{}", shown[0]);
        assert_eq!(shown[1].split("What do you decide").next().unwrap().matches(help).count(), 0, "{}", shown[1]);
        assert!(drafts[0].screening.answers.len() > 8, "{}", shown[1]);
    }
}
