//! Checks every text of a file: it has the instrument's own language, only listed languages, and no hidden letters.
//!
//! What passes can be shown to anybody as it stands.

use super::{Check, Checked, at_most, not_allowed, unique};
use crate::error::InstrumentError;
use crate::id::Id;
use crate::limits::{self, is_hidden};
use crate::sheet::Kept;
use crate::text::{Review, Text};

/// Whether nothing of it would be seen: spaces, and joiners that join nothing.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200c}' | '\u{200d}'))
}

pub(super) fn plain(place: &str, text: &str) -> Checked {
    at_most(place, "characters", text.chars().count(), limits::TEXT_CHARS)?;
    if is_blank(text) {
        return Err(not_allowed(place, "a text must not be empty"));
    }
    if text.chars().any(is_hidden) {
        return Err(not_allowed(place, "a text must not contain control, direction or invisible characters"));
    }
    Ok(())
}

impl Check<'_> {
    pub(super) fn languages(&self) -> Checked {
        let sheet = self.sheet;
        at_most("languages", "languages", sheet.languages.len(), limits::LANGUAGES)?;
        match sheet.languages.get(&sheet.language) {
            Some(Review::Original) => {}
            Some(_) => return Err(not_allowed("languages", "the instrument's own language has the status original")),
            None => {
                return Err(InstrumentError::Missing { place: "languages".to_owned(), id: sheet.language.to_string() });
            }
        }
        let mut others = sheet.languages.iter().filter(|(lang, _)| **lang != sheet.language);
        if let Some((lang, _)) = others.find(|(_, review)| **review == Review::Original) {
            return Err(not_allowed(format!("languages.{lang}"), "only the instrument's own language is original"));
        }
        at_most("fallback", "languages", sheet.fallback.len(), limits::LANGUAGES)?;
        for (lang, chain) in &sheet.fallback {
            let place = format!("fallback.{lang}");
            at_most(&place, "languages", chain.len(), limits::LANGUAGES)?;
            if let Some(unknown) = chain.iter().find(|lang| !sheet.languages.contains_key(lang.as_str())) {
                return Err(InstrumentError::Missing { place, id: unknown.to_string() });
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, place: &str, text: &Text) -> Checked {
        if text.get(self.sheet.language.as_str()).is_none() {
            return Err(not_allowed(place, "every text has the instrument's own language"));
        }
        for (lang, wording) in text.wordings() {
            let place = format!("{place}.{lang}");
            if !self.sheet.languages.contains_key(lang.as_str()) {
                return Err(InstrumentError::Missing { place, id: lang.to_string() });
            }
            if wording.review == Some(Review::Original) && *lang != self.sheet.language {
                return Err(not_allowed(format!("{place}.review"), "only the instrument's own language is original"));
            }
            plain(&place, &wording.text)?;
        }
        Ok(())
    }

    pub(super) fn maybe(&self, place: &str, text: Option<&Text>) -> Checked {
        text.map_or(Ok(()), |text| self.text(place, text))
    }

    pub(super) fn texts(&self, place: &str, texts: &[Text]) -> Checked {
        at_most(place, "entries", texts.len(), limits::LIST)?;
        texts.iter().enumerate().try_for_each(|(i, text)| self.text(&format!("{place}[{i}]"), text))
    }

    pub(super) fn named<'a>(
        &self,
        place: &str,
        list: impl ExactSizeIterator<Item = (&'a Id, &'a Text)> + Clone,
    ) -> Checked {
        at_most(place, "entries", list.len(), limits::LIST)?;
        unique(list.clone().enumerate().map(|(i, (id, _))| (format!("{place}[{i}].id"), id)))?;
        list.enumerate().try_for_each(|(i, (_, text))| self.text(&format!("{place}[{i}]"), text))
    }

    /// What came from a spreadsheet is kept as it was, within the limits.
    pub(super) fn kept(&self, place: &str, source_name: Option<&String>, columns: &Kept) -> Checked {
        at_most(place, "columns", columns.len(), limits::LIST)?;
        let words = columns.iter().flat_map(|(name, cell)| [name, cell]).chain(source_name);
        for words in words {
            at_most(place, "characters", words.chars().count(), crate::expression::limits::SOURCE_BYTES)?;
            if words.chars().any(|c| is_hidden(c) && !matches!(c, '\r' | '\t')) {
                return Err(not_allowed(place, "a column must not contain control, direction or invisible characters"));
            }
        }
        Ok(())
    }
}
