//! Checks every item: its answer, points, strengths, ways of verifying, cards and media.
//!
//! What passes refers to nothing that the file does not contain.

use super::texts::plain;
use super::{Check, Checked, at_most, missing, not_allowed, unique};
use crate::id::Id;
use crate::limits;
use crate::sheet::{AnswerKind, Choice, Item, Media, Role};

impl Check<'_> {
    pub(super) fn items(&self) -> Checked {
        at_most("sections", "items", self.placed.len(), limits::ITEMS)?;
        self.placed.iter().try_for_each(|(place, item)| self.item(place, item))
    }

    fn item(&self, place: &str, item: &Item) -> Checked {
        let sheet = self.sheet;
        self.text(&format!("{place}.text"), &item.text)?;
        self.maybe(&format!("{place}.hint"), item.hint.as_ref())?;
        self.maybe(&format!("{place}.constraint_text"), item.constraint_text.as_ref())?;
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
        self.item_profiles(place, item)?;
        self.item_verified_by(place, item)?;
        self.media(place, &item.media)?;
        self.kept(place, item.source_name.as_ref(), &item.xlsform)?;
        if let Some(note) = item.checked.as_ref().and_then(|checked| checked.note.as_ref()) {
            plain(&format!("{place}.checked.note"), note)?;
        }
        if let Some(htcds) = &item.htcds {
            plain(&format!("{place}.htcds.field"), &htcds.field)?;
            at_most(&format!("{place}.htcds.values"), "entries", htcds.values.len(), limits::LIST)?;
        }

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
            AnswerKind::Number { min, max } if min > max => {
                Err(not_allowed(format!("{place}.answer"), "the lowest number is above the highest"))
            }
            AnswerKind::Choice(options) => self.options(&format!("{place}.answer.choice"), options, Some(item.role)),
            AnswerKind::Choices(options) => self.options(&format!("{place}.answer.choices"), options, Some(item.role)),
            AnswerKind::ChoiceFrom(list) | AnswerKind::ChoicesFrom(list) if !self.sheet.lists.contains_key(list) => {
                Err(missing(format!("{place}.answer"), list))
            }
            AnswerKind::Kept(kind) => plain(&format!("{place}.answer.kept"), kind),
            _ => Ok(()),
        }
    }

    /// `role` is that of the item; a shared list belongs to none, and carries no points.
    pub(super) fn options(&self, place: &str, options: &[Choice], role: Option<Role>) -> Checked {
        if options.is_empty() {
            return Err(not_allowed(place, "a choice has options"));
        }
        at_most(place, "entries", options.len(), limits::OPTIONS)?;
        unique(options.iter().enumerate().map(|(i, option)| (format!("{place}[{i}].id"), &option.id)))?;
        for (i, option) in options.iter().enumerate() {
            let place = format!("{place}[{i}]");
            self.text(&place, &option.text)?;
            at_most(&format!("{place}.points"), "points", option.points.into(), limits::POINTS.into())?;
            if option.points > 0 && role != Some(Role::RedFlag) {
                return Err(not_allowed(format!("{place}.points"), "points belong to red flags"));
            }
            if let Some(value) = &option.htcds {
                plain(&format!("{place}.htcds"), value)?;
            }
            self.media(&place, &option.media)?;
            self.kept(&place, option.source_name.as_ref(), &option.xlsform)?;
        }
        Ok(())
    }

    fn item_profiles(&self, place: &str, item: &Item) -> Checked {
        let known = |id: &&Id| self.sheet.profiles.iter().any(|kind| kind.id == **id);
        if let Some(id) = item.points_for.keys().find(|id| !known(id)) {
            return Err(missing(format!("{place}.points_for"), id));
        }
        let any = |id: &&Id| id.as_str() == "any" && self.sheet.profiles.is_empty();
        if let Some(id) = item.strengths.keys().find(|id| !known(id) && !any(id)) {
            return Err(missing(format!("{place}.strengths"), id));
        }
        let flag = item.role == Role::RedFlag && item.answer == AnswerKind::YesNo;
        let plain = item.points_for.is_empty() && item.strengths.is_empty();
        if !flag && !plain {
            return Err(not_allowed(place, "points and strengths by profile belong to yes/no red flags"));
        }
        item.points_for.values().try_for_each(|points| {
            at_most(&format!("{place}.points_for"), "points", usize::from(*points), limits::POINTS.into())
        })
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

    fn media(&self, place: &str, media: &[Media]) -> Checked {
        at_most(&format!("{place}.media"), "entries", media.len(), limits::LIST)?;
        for (i, media) in media.iter().enumerate() {
            let place = format!("{place}.media[{i}]");
            plain(&place, &media.file)?;
            // A file's name, and no way out of the folder beside the instrument.
            if media.file.contains(['/', '\\']) || media.file.starts_with('.') {
                return Err(not_allowed(place, "media are named by a plain file name"));
            }
            if let Some(lang) = media.language.as_ref().filter(|lang| !self.sheet.languages.contains_key(lang.as_str()))
            {
                return Err(not_allowed(format!("{place}.{lang}"), "media are in a language of the instrument's"));
            }
        }
        Ok(())
    }
}
