//! What comes of a talk: the reasons shown, and the decision of the person who decides, under their own name.
//! It promises that nobody decides by pressing Enter, and that a stop decides nothing.

use std::io::{BufRead, Write};

use vigil_core::NewPerson;
use vigil_core::records::{Agreement, Outcome, PersonRole, ShortText};

use super::{Interview, MOST_MINUTES, kept_words};
use crate::DeskError;
use crate::cli::asking::{Flow, Reply, or_stop};

impl<R: BufRead, W: Write> Interview<'_, R, W> {
    /// Shows what speaks for what, and takes the decision of the person who decides.
    pub(super) fn decide(mut self) -> Result<Option<vigil_core::Recorded>, DeskError> {
        let assessment = self.questions.assess();
        self.say("")?;
        for line in assessment.explain() {
            self.say(&line)?;
        }
        self.say("")?;
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
        let chosen = self.questions.terminal.choose(question, &options.map(str::to_owned))?.unwrap_or(None);
        let outcome = match chosen {
            Some(0) => Some(Outcome::LetGo),
            Some(1) => Some(Outcome::DeclinedInformed),
            Some(2) => match self.ground()? {
                Some(agreement) => Some(Outcome::Intercepted { agreement }),
                None => return self.kept(),
            },
            Some(3) => match self.questions.terminal.ask("Where")? {
                Reply::Words(words) => {
                    let to = ShortText::new(words).map_err(|error| DeskError::Usage(error.to_string()))?;
                    Some(Outcome::Referred { to })
                }
                Reply::Skipped | Reply::Stopped => return self.kept(),
            },
            Some(4) => None,
            Some(6) => {
                let draft = self.draft();
                draft.vault.discard_draft(&draft.id)?;
                self.say("Thrown away; nothing of it is left.")?;
                return Ok(None);
            }
            _ => return self.kept(),
        };
        let told = match outcome {
            Some(Outcome::LetGo | Outcome::DeclinedInformed) => self.minutes()?,
            _ => self.particulars()?,
        };
        if told.is_err() {
            self.say("Stopped; nothing was decided.")?;
            return self.kept();
        }
        let draft = self.draft();
        draft.keep()?;
        Ok(Some(draft.vault.finish_screening(&draft.id, outcome)?))
    }

    fn kept(mut self) -> Result<Option<vigil_core::Recorded>, DeskError> {
        self.draft().keep()?;
        self.say("Kept as a draft on this device; `vigil screen` goes on with it.")?;
        Ok(None)
    }

    fn ground(&mut self) -> Result<Option<Agreement>, DeskError> {
        let grounds = match self.draft().age().counts_as_under_18() {
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
        let chosen = self.questions.terminal.choose("On what ground", &words)?.unwrap_or(None);
        Ok(chosen.and_then(|number| grounds.get(number)).map(|(agreement, _)| *agreement))
    }

    fn minutes(&mut self) -> Flow {
        let minutes = self.draft().draft.screening.minutes.map(|minutes| minutes.to_string());
        let question = format!("How many minutes did it take{}", kept_words(minutes.as_deref()));
        if let Some(minutes) = or_stop!(self.questions.terminal.number(&question, MOST_MINUTES)) {
            self.draft().draft.screening.minutes = Some(minutes);
            self.draft().keep()?;
        }
        Ok(Ok(()))
    }

    /// What is needed only if somebody stays, and none of it must be given.
    fn particulars(&mut self) -> Flow {
        or_stop!(self.minutes());
        if let Some(words) = or_stop!(self.words("What you noticed, in a few words")) {
            self.draft().draft.screening.observations = Some(words);
            self.draft().keep()?;
        }
        loop {
            let roles = ["the traveller", "a companion", "somebody of whom it is said that they recruited"];
            let role =
                or_stop!(self.questions.terminal.choose("Name somebody? Enter if not", &roles.map(str::to_owned)));
            let Some(role) = role.and_then(|number| PersonRole::ALL.get(number)) else { return Ok(Ok(())) };
            let mut person = NewPerson {
                role: *role,
                name: None,
                phone: None,
                address: None,
                document: None,
                birth_year: None,
                immigration_status: None,
                note: None,
            };
            let ended = self.person(&mut person)?;
            // What was said before a stop is not lost.
            if ended.is_ok() || [&person.name, &person.phone, &person.address].into_iter().any(Option::is_some) {
                self.draft().draft.persons.push(person);
                self.draft().keep()?;
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
}
