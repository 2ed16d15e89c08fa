//! Reads an instrument file that anybody may have written, and refuses it with a place if anything is wrong.
//!
//! Size and depth are checked before parsing, the shape and what expressions take while parsing, and limits, references,
//! circles, the signature and the rules of instruments after it.

mod items;
mod names;
mod rules;
mod shape;
mod texts;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::canonical::{canonical_of, digest_of};
use crate::error::InstrumentError;
use crate::expression::{Budget, Overdrawn};
use crate::id::Id;
use crate::instrument::Instrument;
use crate::limits;
use crate::plan::{Plan, Step};
use crate::publication;
use crate::sheet::{AnswerKind, Item, Sheet};
use texts::plain;

type Checked = Result<(), InstrumentError>;

/// Reads and checks a file.
pub(crate) fn read(json: &str) -> Result<Instrument, InstrumentError> {
    if json.len() > limits::FILE_BYTES {
        return Err(InstrumentError::TooLarge { bytes: json.len(), max: limits::FILE_BYTES });
    }
    brackets(json)?;
    format(json)?;
    let sheet = sheet(json)?;
    Check::of(&sheet).all()?;
    let plan = Plan::of(&sheet).map_err(|circle| circular(&sheet, circle.0))?;
    let file: Value = serde_json::from_str(json).map_err(|error| InstrumentError::not_json(&error))?;
    shape::agrees(&file, &sheet)?;
    let canonical = canonical_of(file)?;
    publication::check(&sheet, &canonical)?;
    Ok(Instrument::checked(sheet, plan, digest_of(&canonical)))
}

/// Reads the file into its types, and no further than its expressions may go together.
fn sheet(json: &str) -> Result<Sheet, InstrumentError> {
    let budget = Budget::of(limits::EXPRESSION_PARTS, limits::PATTERNS_WEIGHT);
    serde_json::from_str(json).map_err(|error| {
        let (what, max) = match budget.overdrawn() {
            None => return InstrumentError::not_json(&error),
            Some(Overdrawn::Parts) => ("parts of expressions", limits::EXPRESSION_PARTS),
            Some(Overdrawn::Patterns) => ("bytes of patterns", limits::PATTERNS_WEIGHT),
        };
        InstrumentError::OverLimit { place: format!("line {}, column {}", error.line(), error.column()), what, max }
    })
}

/// Counts brackets outside strings, so that no parser has to follow them or keep too much.
fn brackets(json: &str) -> Checked {
    let (mut depth, mut objects, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for (byte, b) in json.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                objects += usize::from(b == b'{');
                if depth > limits::FILE_DEPTH {
                    return Err(InstrumentError::TooDeep { byte, max: limits::FILE_DEPTH });
                }
                at_most("file", "objects", objects, limits::FILE_OBJECTS)?;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// A file of another format is named as such, before its fields are called wrong.
fn format(json: &str) -> Checked {
    #[derive(Deserialize)]
    struct Head {
        format: u64,
    }
    let head: Head = serde_json::from_str(json).map_err(|error| InstrumentError::not_json(&error))?;
    if head.format == u64::from(Sheet::FORMAT) {
        Ok(())
    } else {
        Err(InstrumentError::OtherFormat { format: head.format, reads: Sheet::FORMAT })
    }
}

fn circular(sheet: &Sheet, step: Step) -> InstrumentError {
    let (place, id) = match step {
        Step::Section(at) => ("sections", sheet.sections.get(at).map(|section| &section.id)),
        Step::Item(at) => ("items", sheet.items().nth(at).map(|item| &item.id)),
        Step::Derived(at) => ("derived", sheet.derived.get(at).map(|derived| &derived.id)),
    };
    let id = id.map(Id::to_string).unwrap_or_default();
    InstrumentError::Circular { place: format!("{place}.{id}"), id }
}

fn not_allowed(place: impl Into<String>, why: &'static str) -> InstrumentError {
    InstrumentError::NotAllowed { place: place.into(), why }
}

fn missing(place: impl Into<String>, id: &Id) -> InstrumentError {
    InstrumentError::Missing { place: place.into(), id: id.to_string() }
}

fn at_most(place: &str, what: &'static str, count: usize, max: usize) -> Checked {
    if count <= max { Ok(()) } else { Err(InstrumentError::OverLimit { place: place.to_owned(), what, max }) }
}

fn unique<'a>(ids: impl Iterator<Item = (String, &'a Id)>) -> Checked {
    let mut seen = std::collections::BTreeSet::new();
    for (place, id) in ids {
        if !seen.insert(id) {
            return Err(InstrumentError::Duplicate { place, id: id.to_string() });
        }
    }
    Ok(())
}

/// A sheet under check.
struct Check<'a> {
    sheet: &'a Sheet,
    /// Every item with its place, in order.
    placed: Vec<(String, &'a Item)>,
    by_id: HashMap<&'a str, &'a Item>,
}

impl<'a> Check<'a> {
    fn of(sheet: &'a Sheet) -> Self {
        let safety = sheet.safety.items.iter().enumerate().map(|(i, item)| (format!("safety.items[{i}]"), item));
        let pages = sheet.sections.iter().enumerate().flat_map(|(s, section)| {
            section.items.iter().enumerate().map(move |(i, item)| (format!("sections[{s}].items[{i}]"), item))
        });
        Self {
            sheet,
            placed: safety.chain(pages).collect(),
            by_id: sheet.items().map(|item| (item.id.as_str(), item)).collect(),
        }
    }

    fn all(&self) -> Checked {
        let sheet = self.sheet;
        if sheet.version == 0 {
            return Err(not_allowed("version", "versions start at 1"));
        }
        self.languages()?;
        self.text("title", &sheet.title)?;
        self.text("notice", &sheet.notice)?;
        self.maybe("disabled", sheet.disabled.as_ref())?;
        self.provenance()?;
        self.needs()?;
        self.profiles()?;
        self.named("groups", sheet.groups.iter().map(|group| (&group.id, &group.text)))?;
        self.named("verifications", sheet.verifications.iter().map(|way| (&way.id, &way.text)))?;
        self.cards()?;
        self.safety_and_sections()?;
        self.lists()?;
        self.items()?;
        let names = self.all_names()?;
        self.names(&names)?;
        self.rules(&names)?;
        self.cases()
    }

    fn needs(&self) -> Checked {
        let needs = &self.sheet.needs;
        at_most("needs.roles", "entries", needs.roles.len(), limits::LIST)?;
        if needs.roles.is_empty() {
            return Err(not_allowed("needs.roles", "an instrument names who may use it"));
        }
        self.texts("needs.training", &needs.training)
    }

    fn profiles(&self) -> Checked {
        let profiles = &self.sheet.profiles;
        self.named("profiles", profiles.iter().map(|kind| (&kind.id, &kind.text)))?;
        profiles.iter().enumerate().try_for_each(|(i, kind)| {
            at_most(&format!("profiles[{i}].exploitation"), "entries", kind.exploitation.len(), limits::LIST)?;
            if kind.id.as_str() == "any" {
                return Err(not_allowed(format!("profiles[{i}].id"), "any stands for an instrument without profiles"));
            }
            self.maybe(&format!("profiles[{i}].disabled"), kind.disabled.as_ref())
        })
    }

    fn cards(&self) -> Checked {
        let (help, advice) = (&self.sheet.help_cards, &self.sheet.advice_cards);
        self.named("help_cards", help.iter().map(|card| (&card.id, &card.title)))?;
        self.named("advice_cards", advice.iter().map(|card| (&card.id, &card.title)))?;
        let places = |name: &'static str| move |i: usize| format!("{name}[{i}]");
        let help = help.iter().enumerate().map(|(i, card)| (places("help_cards")(i), card));
        let advice = advice.iter().enumerate().map(|(i, card)| (places("advice_cards")(i), card));
        let cards: Vec<_> = help.chain(advice).collect();
        unique(cards.iter().map(|(place, card)| (format!("{place}.id"), &card.id)))?;
        cards.iter().try_for_each(|(place, card)| self.texts(&format!("{place}.lines"), &card.lines))
    }

    fn safety_and_sections(&self) -> Checked {
        let sheet = self.sheet;
        self.text("safety.title", &sheet.safety.title)?;
        if sheet.safety.lines.is_empty() && sheet.safety.items.is_empty() {
            return Err(not_allowed("safety", "every instrument begins with a safety page"));
        }
        self.texts("safety.lines", &sheet.safety.lines)?;
        at_most("sections", "entries", sheet.sections.len(), limits::SECTIONS)?;
        unique(sheet.sections.iter().enumerate().map(|(i, section)| (format!("sections[{i}].id"), &section.id)))?;
        for (i, section) in sheet.sections.iter().enumerate() {
            let place = format!("sections[{i}]");
            self.maybe(&format!("{place}.title"), section.title.as_ref())?;
            self.texts(&format!("{place}.lines"), &section.lines)?;
            self.kept(&place, section.source_name.as_ref(), &section.xlsform)?;
            for (name, other) in [("part_of", &section.part_of), ("continues", &section.continues)] {
                let stands_before = |id: &Id| sheet.sections.iter().take(i).any(|before| before.id == *id);
                if let Some(id) = other.as_ref().filter(|id| !stands_before(id)) {
                    return Err(missing(format!("{place}.{name}"), id));
                }
            }
            if section.continues.is_some() && (section.when.is_some() || section.repeat.is_some()) {
                return Err(not_allowed(place, "a section that continues another takes over its condition"));
            }
            if section.repeat.as_ref().is_some_and(|repeat| !(1..=limits::ROUNDS).contains(&repeat.most)) {
                return Err(not_allowed(format!("{place}.repeat.most"), "a section is repeated 1 to 50 times"));
            }
        }
        Ok(())
    }

    fn lists(&self) -> Checked {
        at_most("lists", "lists", self.sheet.lists.len(), limits::OPTIONS)?;
        let own = self.placed.iter().map(|(_, item)| match &item.answer {
            AnswerKind::Choice(options) | AnswerKind::Choices(options) => options.len(),
            _ => 0,
        });
        let all = self.sheet.lists.values().map(Vec::len).chain(own).sum();
        at_most("file", "options", all, limits::ALL_OPTIONS)?;
        self.sheet.lists.iter().try_for_each(|(id, options)| self.options(&format!("lists.{id}"), options, None))
    }

    fn provenance(&self) -> Checked {
        let it = &self.sheet.provenance;
        plain("provenance.source", &it.source)?;
        plain("provenance.source_licence", &it.source_licence)?;
        plain("provenance.licence", &it.licence)?;
        plain("provenance.status_note", &it.status_note)?;
        at_most("provenance.changes", "entries", it.changes.len(), limits::LIST)?;
        it.changes.iter().enumerate().try_for_each(|(i, text)| plain(&format!("provenance.changes[{i}]"), text))?;
        if let Some(publisher) = &self.sheet.publisher {
            plain("publisher.name", &publisher.name)?;
            if !publication::is_key(&publisher.key) {
                return Err(not_allowed("publisher.key", "a key is 64 lower-case hexadecimal digits"));
            }
        }
        self.kept("xlsform", None, &self.sheet.xlsform)
    }

    fn cases(&self) -> Checked {
        let cases = &self.sheet.cases;
        self.named("cases", cases.iter().map(|case| (&case.id, &case.title)))?;
        for (i, case) in cases.iter().enumerate() {
            let place = format!("cases[{i}]");
            self.text(&format!("{place}.story"), &case.story)?;
            self.text(&format!("{place}.explanation"), &case.explanation)?;
            at_most(&format!("{place}.answers"), "answers", case.answers.len(), limits::ITEMS)?;
            for rule in case.expected.keys() {
                if self.sheet.rules.iter().all(|have| have.id() != rule) {
                    return Err(missing(format!("{place}.expected"), rule));
                }
            }
            for item in case.answers.keys() {
                let (base, _) = crate::plan::round_of(item.as_str());
                if !self.by_id.contains_key(base) {
                    return Err(missing(format!("{place}.answers"), item));
                }
            }
        }
        Ok(())
    }
}
