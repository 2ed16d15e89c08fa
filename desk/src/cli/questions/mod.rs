//! Goes through an instrument with somebody: page by page, what applies to them, in the instrument's order.
//! It promises to ask nothing twice, to skip whatever its condition rules out, and to stop wherever there is a reason to.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use vigil_screening::{
    Answer, Answers, Assessment, Id, Item, Profile, Section, Stop as Reason, YesOrNo, constraint_broken, visible,
};

use super::asking::{Flow, Stop, Terminal, or_stop};
use super::reader::Reader;
use crate::DeskError;

/// Where the answers go.
pub(super) trait Notebook {
    /// Whom they are about.
    fn profile(&self) -> Profile;
    /// What was answered so far; what was skipped stands there as not asked.
    fn answers(&self) -> &Answers;
    /// Writes an answer down, durably if answers are kept at all.
    fn write(&mut self, item: &Id, answer: &Answer) -> Result<(), DeskError>;
}

/// Which part of an instrument is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The safety page alone.
    Safety,
    /// All of it.
    Everything,
}

/// A walk through an instrument.
pub(super) struct Questions<'a, N, R, W> {
    pub(super) notebook: N,
    pub(super) terminal: &'a mut Terminal<R, W>,
    pub(super) reader: Reader<'a>,
    /// Reasons to stop after which it was chosen to go on; none is brought up twice.
    went_on: Vec<Reason>,
    /// Notes that were shown.
    read: BTreeSet<&'a Id>,
}

/// A page: the safety page, or a section.
type Page<'a> = Option<&'a Section>;

impl<'a, N: Notebook, R: BufRead, W: Write> Questions<'a, N, R, W> {
    pub(super) fn new(notebook: N, terminal: &'a mut Terminal<R, W>, reader: Reader<'a>) -> Self {
        let mut questions = Self { notebook, terminal, reader, went_on: Vec::new(), read: BTreeSet::new() };
        // Whoever goes on with what was begun has gone on already.
        questions.went_on.extend(questions.assess().stop);
        questions
    }

    pub(super) fn assess(&self) -> Assessment {
        self.reader.score(&self.notebook.profile(), self.notebook.answers())
    }

    /// Asks whatever is left of this part.
    pub(super) fn ask(&mut self, part: Part) -> Flow {
        let mut on: Option<Page<'a>> = None;
        if part == Part::Safety {
            self.heading(None)?;
            on = Some(None);
        }
        loop {
            let next = self.next(part);
            if let Some(page) = on.filter(|page| next.is_none_or(|(next, _)| !same(next, *page))) {
                or_stop!(self.raised(page));
            }
            let Some((page, item)) = next else { return Ok(Ok(())) };
            if on.is_none_or(|on| !same(on, page)) {
                self.heading(page)?;
                on = Some(page);
            }
            or_stop!(self.item(item));
        }
    }

    fn heading(&mut self, page: Page<'a>) -> Result<(), DeskError> {
        let safety = &self.reader.instrument.sheet().safety;
        let (title, lines) = match page {
            None => (Some(&safety.title), &safety.lines),
            Some(section) => (section.title.as_ref(), &section.lines),
        };
        self.terminal.say("")?;
        if let Some(title) = title {
            self.terminal.say(&format!("== {}", self.reader.words(title)))?;
        }
        lines.iter().try_for_each(|line| self.terminal.say(&format!("- {}", self.reader.words(line))))
    }

    /// The items of this part that are asked of this person, each with its page. Conditions are read anew every time.
    fn asked(&self, part: Part) -> Vec<(Page<'a>, &'a Item)> {
        let instrument = self.reader.instrument;
        let sheet = instrument.sheet();
        let pages = sheet.safety.items.iter().map(|_| None);
        let pages =
            pages.chain(sheet.sections.iter().flat_map(|section| section.items.iter().map(move |_| Some(section))));
        let page_of: Vec<(&Id, Page<'a>)> = sheet.items().map(|item| &item.id).zip(pages).collect();
        // Both lists are in the instrument's order.
        let mut from = page_of.iter();
        let asked = visible(instrument, &self.notebook.profile(), self.notebook.answers()).into_iter();
        asked
            .filter_map(|(item, holds)| {
                let (_, page) = from.find(|(id, _)| **id == item.id)?;
                (holds && (part == Part::Everything || page.is_none())).then_some((*page, item))
            })
            .collect()
    }

    fn next(&self, part: Part) -> Option<(Page<'a>, &'a Item)> {
        // Once release is proposed, only what could show that the person needs help is still asked.
        let only_concerns = self.assess().release_proposed;
        self.asked(part).into_iter().find(|(_, item)| {
            !item.only_if_raised
                && !self.notebook.answers().contains_key(item.id.as_str())
                && !self.read.contains(&item.id)
                && (item.concern.is_some() || !only_concerns)
        })
    }

    /// What is never asked on a page, to be noted if the person brought it up.
    fn raised(&mut self, page: Page<'a>) -> Flow {
        loop {
            let asked = self.asked(Part::Everything).into_iter();
            let raised = asked.filter(|(on, item)| same(*on, page) && item.only_if_raised).map(|(_, item)| item);
            let answers = self.notebook.answers();
            let raised: Vec<&Item> = raised.filter(|item| !answers.contains_key(item.id.as_str())).collect();
            if raised.is_empty() {
                return Ok(Ok(()));
            }
            let words: Vec<String> = raised.iter().map(|item| self.reader.words(&item.text)).collect();
            self.terminal.say("")?;
            self.terminal.say("Never ask about these. If the person brought one up, note it:")?;
            let chosen = or_stop!(self.terminal.choose("number, Enter if not", &words));
            match chosen.and_then(|number| raised.get(number)) {
                Some(item) => or_stop!(self.note(item, &Answer::Yes)),
                None => raised.iter().try_for_each(|item| self.notebook.write(&item.id, &Answer::NotAsked))?,
            }
        }
    }

    /// Asks an item. One that is skipped is remembered as such, and not asked again.
    fn item(&mut self, item: &'a Item) -> Flow {
        if !item.is_asked() {
            self.read.insert(&item.id);
            return match item.answer {
                vigil_screening::AnswerKind::Note => self.terminal.show(&self.reader, item).map(Ok),
                _ => Ok(Ok(())),
            };
        }
        loop {
            let asked = self.terminal.item(&self.reader, item)?;
            let Some(answer) = asked.answer else {
                if asked.stopped {
                    return Ok(Err(Stop));
                }
                self.notebook.write(&item.id, &Answer::NotAsked)?;
                return Ok(Ok(()));
            };
            if asked.stopped {
                self.notebook.write(&item.id, &answer)?;
                return Ok(Err(Stop));
            }
            if self.breaks(item, &answer) {
                match self.doubt(item)? {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(Stop) => {
                        self.notebook.write(&item.id, &answer)?;
                        return Ok(Err(Stop));
                    }
                }
            }
            return self.note(item, &answer);
        }
    }

    /// Whether an answer would break its item's constraint.
    fn breaks(&self, item: &Item, answer: &Answer) -> bool {
        if item.constraint.is_none() {
            return false;
        }
        let mut answers = self.notebook.answers().clone();
        answers.insert(item.id.clone(), answer.clone());
        constraint_broken(self.reader.instrument, &self.notebook.profile(), &answers, item.id.as_str())
    }

    /// Says why an answer is doubtful; whether it is kept all the same. What a person says may be odd and true.
    fn doubt(&mut self, item: &Item) -> Flow<bool> {
        let why = item.constraint_text.as_ref().map(|text| self.reader.words(text));
        self.terminal
            .say(&format!("  {}", why.unwrap_or_else(|| "This answer does not fit its limits.".to_owned())))?;
        let options = ["answer again", "keep it as it is"].map(str::to_owned);
        Ok(self.terminal.choose("number, Enter to answer again", &options)?.map(|chosen| chosen == Some(1)))
    }

    /// Writes an answer down, opens its card, and stops where there is a reason to.
    fn note(&mut self, item: &Item, answer: &Answer) -> Flow {
        self.notebook.write(&item.id, answer)?;
        let raises = matches!(answer, Answer::Yes | Answer::Verified(_));
        let card = item.help_card.as_ref().filter(|_| raises).and_then(|id| self.reader.instrument.card(id.as_str()));
        if let Some(card) = card {
            self.terminal.say("")?;
            self.terminal.say(&format!("== HELP: {}", self.reader.words(&card.title)))?;
            for line in &card.lines {
                self.terminal.say(&format!("- {}", self.reader.words(line)))?;
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
        self.offer_to_stop(stop)
    }

    fn offer_to_stop(&mut self, stop: Option<Reason>) -> Flow {
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
}

fn same(one: Page<'_>, other: Page<'_>) -> bool {
    one.map(|section| &section.id) == other.map(|section| &section.id)
}
