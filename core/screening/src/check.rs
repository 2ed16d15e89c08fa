//! Reads an instrument file that anybody may have written, and refuses it with a place if anything is wrong.
//!
//! Size and depth are checked before parsing, the shape while parsing, and limits, references and the rules of
//! instruments after it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::error::Category;

use crate::error::InstrumentError;
use crate::id::Id;
use crate::instrument::{AnswerKind, Item, Role, Sheet};
use crate::limits;
use crate::rule::{GreenLights, Rule, WeightedSum};
use crate::text::{Review, Text};

type Checked = Result<(), InstrumentError>;

/// Reads and checks a file.
pub(crate) fn read(json: &str) -> Result<Sheet, InstrumentError> {
    if json.len() > limits::FILE_BYTES {
        return Err(InstrumentError::TooLarge { bytes: json.len(), max: limits::FILE_BYTES });
    }
    depth(json)?;
    format(json)?;
    let sheet: Sheet = serde_json::from_str(json).map_err(|error| parse_error(&error))?;
    Check { sheet: &sheet }.all()?;
    Ok(sheet)
}

/// Counts brackets outside strings, so that no parser has to follow them.
fn depth(json: &str) -> Checked {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (byte, b) in json.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > limits::FILE_DEPTH {
                    return Err(InstrumentError::TooDeep { byte, max: limits::FILE_DEPTH });
                }
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
    let head: Head = serde_json::from_str(json).map_err(|error| parse_error(&error))?;
    if head.format == u64::from(Sheet::FORMAT) {
        Ok(())
    } else {
        Err(InstrumentError::OtherFormat { format: head.format, reads: Sheet::FORMAT })
    }
}

fn parse_error(error: &serde_json::Error) -> InstrumentError {
    let (line, column) = (error.line(), error.column());
    // The parser repeats parts of the file: no more of them than a person would read.
    let why: String = error.to_string().chars().filter(|c| !c.is_control()).take(limits::ERROR_CHARS).collect();
    match error.classify() {
        Category::Data => InstrumentError::WrongShape { line, column, why },
        Category::Io | Category::Syntax | Category::Eof => InstrumentError::NotJson { line, column, why },
    }
}

fn not_allowed(place: impl Into<String>, why: &'static str) -> InstrumentError {
    InstrumentError::NotAllowed { place: place.into(), why }
}

fn missing(place: String, id: &Id) -> InstrumentError {
    InstrumentError::Missing { place, id: id.to_string() }
}

fn at_most(place: &str, what: &'static str, count: usize, max: usize) -> Checked {
    if count <= max { Ok(()) } else { Err(InstrumentError::OverLimit { place: place.to_owned(), what, max }) }
}

fn unique<'a>(ids: impl Iterator<Item = (String, &'a Id)>) -> Checked {
    let mut seen = BTreeSet::new();
    for (place, id) in ids {
        if !seen.insert(id) {
            return Err(InstrumentError::Duplicate { place, id: id.to_string() });
        }
    }
    Ok(())
}

/// Letters that show as nothing or turn the reading direction could make a text read as another.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn plain(place: &str, text: &str) -> Checked {
    at_most(place, "characters", text.chars().count(), limits::TEXT_CHARS)?;
    if text.trim().is_empty() {
        return Err(not_allowed(place, "a text must not be empty"));
    }
    if text.chars().any(is_hidden) {
        return Err(not_allowed(place, "a text must not contain control or direction characters"));
    }
    Ok(())
}

struct Check<'a> {
    sheet: &'a Sheet,
}

impl Check<'_> {
    fn all(&self) -> Checked {
        let sheet = self.sheet;
        if sheet.version == 0 {
            return Err(not_allowed("version", "versions start at 1"));
        }
        self.languages()?;
        self.text("title", &sheet.title)?;
        self.text("notice", &sheet.notice)?;
        self.provenance()?;
        at_most("needs.roles", "entries", sheet.needs.roles.len(), limits::LIST)?;
        if sheet.needs.roles.is_empty() {
            return Err(not_allowed("needs.roles", "an instrument names who may use it"));
        }
        self.texts("needs.training", &sheet.needs.training)?;
        self.named("groups", sheet.groups.iter().map(|group| (&group.id, &group.text)))?;
        self.named("verifications", sheet.verifications.iter().map(|way| (&way.id, &way.text)))?;
        self.named("help_cards", sheet.help_cards.iter().map(|card| (&card.id, &card.title)))?;
        for (i, card) in sheet.help_cards.iter().enumerate() {
            self.texts(&format!("help_cards[{i}].lines"), &card.lines)?;
        }
        self.text("safety.title", &sheet.safety.title)?;
        if sheet.safety.lines.is_empty() && sheet.safety.items.is_empty() {
            return Err(not_allowed("safety", "every instrument begins with a safety page"));
        }
        self.texts("safety.lines", &sheet.safety.lines)?;
        self.named("sections", sheet.sections.iter().map(|section| (&section.id, &section.title)))?;
        for (i, section) in sheet.sections.iter().enumerate() {
            self.texts(&format!("sections[{i}].lines"), &section.lines)?;
        }
        self.items()?;
        self.rules()
    }

    fn languages(&self) -> Checked {
        at_most("languages", "languages", self.sheet.languages.len(), limits::LANGUAGES)?;
        match self.sheet.languages.get(&self.sheet.language) {
            Some(Review::Original) => Ok(()),
            Some(_) => Err(not_allowed("languages", "the instrument's own language has the status original")),
            None => {
                Err(InstrumentError::Missing { place: "languages".to_owned(), id: self.sheet.language.to_string() })
            }
        }
    }

    fn text(&self, place: &str, text: &Text) -> Checked {
        if text.get(self.sheet.language.as_str()).is_none() {
            return Err(not_allowed(place, "every text has the instrument's own language"));
        }
        for (lang, wording) in text.wordings() {
            let place = format!("{place}.{lang}");
            if !self.sheet.languages.contains_key(lang) {
                return Err(InstrumentError::Missing { place, id: lang.to_string() });
            }
            plain(&place, &wording.text)?;
        }
        Ok(())
    }

    fn texts(&self, place: &str, texts: &[Text]) -> Checked {
        at_most(place, "entries", texts.len(), limits::LIST)?;
        texts.iter().enumerate().try_for_each(|(i, text)| self.text(&format!("{place}[{i}]"), text))
    }

    fn named<'a>(&self, place: &str, list: impl ExactSizeIterator<Item = (&'a Id, &'a Text)> + Clone) -> Checked {
        at_most(place, "entries", list.len(), limits::LIST)?;
        unique(list.clone().enumerate().map(|(i, (id, _))| (format!("{place}[{i}].id"), id)))?;
        list.enumerate().try_for_each(|(i, (_, text))| self.text(&format!("{place}[{i}]"), text))
    }

    fn provenance(&self) -> Checked {
        let it = &self.sheet.provenance;
        plain("provenance.source", &it.source)?;
        plain("provenance.source_licence", &it.source_licence)?;
        plain("provenance.licence", &it.licence)?;
        plain("provenance.status_note", &it.status_note)?;
        at_most("provenance.changes", "entries", it.changes.len(), limits::LIST)?;
        it.changes.iter().enumerate().try_for_each(|(i, text)| plain(&format!("provenance.changes[{i}]"), text))
    }

    fn items(&self) -> Checked {
        let sheet = self.sheet;
        let safety = sheet.safety.items.iter().enumerate().map(|(i, item)| (format!("safety.items[{i}]"), item));
        let pages = sheet.sections.iter().enumerate().flat_map(|(s, section)| {
            section.items.iter().enumerate().map(move |(i, item)| (format!("sections[{s}].items[{i}]"), item))
        });
        let items: Vec<(String, &Item)> = safety.chain(pages).collect();
        at_most("sections", "items", items.len(), limits::ITEMS)?;
        unique(items.iter().map(|(place, item)| (format!("{place}.id"), &item.id)))?;
        items.iter().try_for_each(|(place, item)| self.item(place, item))
    }

    fn item(&self, place: &str, item: &Item) -> Checked {
        let sheet = self.sheet;
        self.text(&format!("{place}.text"), &item.text)?;
        if let Some(hint) = &item.hint {
            self.text(&format!("{place}.hint"), hint)?;
        }
        if let Some(group) = item.group.as_ref().filter(|id| sheet.groups.iter().all(|group| group.id != **id)) {
            return Err(missing(format!("{place}.group"), group));
        }
        if let Some(card) = item.help_card.as_ref().filter(|id| sheet.help_cards.iter().all(|card| card.id != **id)) {
            return Err(missing(format!("{place}.help_card"), card));
        }
        at_most(&format!("{place}.source_items"), "entries", item.source_items.len(), limits::LIST)?;
        for (i, source) in item.source_items.iter().enumerate() {
            plain(&format!("{place}.source_items[{i}]"), source)?;
        }
        self.item_answer(place, item)?;
        self.item_verified_by(place, item)?;

        let yes_no = item.answer == AnswerKind::YesNo;
        if !yes_no && (item.concern.is_some() || item.help_card.is_some() || item.ends_when.is_some()) {
            return Err(not_allowed(place, "a concern, a help card and an end belong to yes/no items"));
        }
        Ok(())
    }

    fn item_answer(&self, place: &str, item: &Item) -> Checked {
        let points = format!("{place}.points");
        at_most(&points, "points", item.points.into(), limits::POINTS.into())?;
        if item.points > 0 && (item.role != Role::RedFlag || item.answer != AnswerKind::YesNo) {
            return Err(not_allowed(points, "an item's points belong to yes/no red flags"));
        }
        match &item.answer {
            AnswerKind::YesNo | AnswerKind::Text => Ok(()),
            AnswerKind::Number { min, max } if min > max => {
                Err(not_allowed(format!("{place}.answer"), "the lowest number is above the highest"))
            }
            AnswerKind::Number { .. } => Ok(()),
            AnswerKind::Choice(options) => {
                let place = format!("{place}.answer.choice");
                if options.is_empty() {
                    return Err(not_allowed(place, "a choice has options"));
                }
                self.named(&place, options.iter().map(|option| (&option.id, &option.text)))?;
                for (i, option) in options.iter().enumerate() {
                    let points = format!("{place}[{i}].points");
                    at_most(&points, "points", option.points.into(), limits::POINTS.into())?;
                    if option.points > 0 && item.role != Role::RedFlag {
                        return Err(not_allowed(points, "points belong to red flags"));
                    }
                }
                Ok(())
            }
        }
    }

    fn item_verified_by(&self, place: &str, item: &Item) -> Checked {
        let place = format!("{place}.verified_by");
        let verifiable = matches!(item.role, Role::GreenLight | Role::Contact);
        if verifiable && item.answer != AnswerKind::YesNo {
            return Err(not_allowed(place, "green lights and contacts are yes/no items"));
        }
        if verifiable == item.verified_by.is_empty() {
            return Err(not_allowed(place, "green lights and contacts, and only they, say how they are verified"));
        }
        at_most(&place, "entries", item.verified_by.len(), limits::LIST)?;
        unique(item.verified_by.iter().enumerate().map(|(i, id)| (format!("{place}[{i}]"), id)))?;
        for (i, id) in item.verified_by.iter().enumerate() {
            if self.sheet.verifications.iter().all(|way| way.id != *id) {
                return Err(missing(format!("{place}[{i}]"), id));
            }
        }
        Ok(())
    }

    fn rules(&self) -> Checked {
        let rules = &self.sheet.rules;
        at_most("rules", "entries", rules.len(), limits::LIST)?;
        unique(rules.iter().enumerate().map(|(i, rule)| (format!("rules[{i}]"), rule.id())))?;
        let (mut sums, mut lights) = (0, 0);
        for (i, rule) in rules.iter().enumerate() {
            match rule {
                Rule::WeightedSum(rule) => {
                    sums += 1;
                    self.weighted_sum(&format!("rules[{i}].weighted_sum"), rule)?;
                }
                Rule::GreenLights(rule) => {
                    lights += 1;
                    self.green_lights(&format!("rules[{i}].green_lights"), rule)?;
                }
            }
        }
        if sums != 1 || lights > 1 {
            return Err(not_allowed("rules", "this format has one weighted sum and at most one rule of green lights"));
        }
        if lights == 0 && self.sheet.items().any(|item| item.role == Role::GreenLight) {
            return Err(not_allowed("rules", "green lights need a rule of green lights"));
        }
        Ok(())
    }

    fn weighted_sum(&self, place: &str, rule: &WeightedSum) -> Checked {
        let place = format!("{place}.bands");
        self.named(&place, rule.bands.iter().map(|band| (&band.id, &band.text)))?;
        if rule.bands.first().is_none_or(|band| band.from != 0) {
            return Err(not_allowed(place, "the first band starts at 0"));
        }
        if rule.bands.iter().zip(rule.bands.iter().skip(1)).any(|(low, high)| low.from >= high.from) {
            return Err(not_allowed(place, "bands go from the lowest to the highest"));
        }
        rule.bands.iter().enumerate().try_for_each(|(i, band)| {
            at_most(&format!("{place}[{i}].from"), "points", band.from.into(), limits::POINTS.into())
        })
    }

    fn green_lights(&self, place: &str, rule: &GreenLights) -> Checked {
        let place = format!("{place}.child_contacts");
        at_most(&place, "entries", rule.child_contacts.len(), limits::LIST)?;
        if rule.child_contacts.is_empty() {
            return Err(not_allowed(place, "a child is let go only when a guardian or school was reached"));
        }
        unique(rule.child_contacts.iter().enumerate().map(|(i, id)| (format!("{place}[{i}]"), id)))?;
        for (i, id) in rule.child_contacts.iter().enumerate() {
            let place = format!("{place}[{i}]");
            match self.sheet.items().find(|item| item.id == *id) {
                None => return Err(missing(place, id)),
                Some(item) if item.verified_by.is_empty() => {
                    return Err(not_allowed(place, "whether somebody was reached must be verified"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}
