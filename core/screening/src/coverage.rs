//! How much of an instrument exists in each language, and how much of that a native speaker has reviewed (CARE 13).
//!
//! Counts texts, not words: a language is complete when every text has it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::instrument::Instrument;
use crate::sheet::Sheet;
use crate::text::{Lang, Review, Text};

/// One language of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LanguageCoverage {
    /// The language.
    pub language: Lang,
    /// Its status as a whole.
    pub status: Review,
    /// Texts of the instrument.
    pub texts: usize,
    /// Of them, those in this language.
    pub translated: usize,
    /// Of them, those that are original or reviewed by a native speaker.
    pub reviewed: usize,
}

impl LanguageCoverage {
    /// Whether it may be used alone: all of it is there, and all of it reviewed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.reviewed == self.texts
    }
}

/// How much of an instrument exists in each of its languages, its own first.
#[must_use]
pub fn coverage(instrument: &Instrument) -> Vec<LanguageCoverage> {
    let sheet = instrument.sheet();
    let texts = texts(sheet);
    let mut found: BTreeMap<&Lang, (usize, usize)> = sheet.languages.keys().map(|lang| (lang, (0, 0))).collect();
    for (lang, wording) in texts.iter().flat_map(|(_, text)| text.wordings()) {
        let status = wording.review.or_else(|| sheet.languages.get(lang).copied()).unwrap_or(Review::Unreviewed);
        if let Some((lang, _)) = sheet.languages.get_key_value(lang) {
            let (translated, reviewed) = found.entry(lang).or_default();
            *translated += 1;
            *reviewed += usize::from(status != Review::Unreviewed);
        }
    }
    let mut all: Vec<_> = found
        .into_iter()
        .map(|(language, (translated, reviewed))| LanguageCoverage {
            language: language.clone(),
            status: sheet.languages.get(language).copied().unwrap_or(Review::Unreviewed),
            texts: texts.len(),
            translated,
            reviewed,
        })
        .collect();
    all.sort_by_key(|coverage| coverage.language != sheet.language);
    all
}

/// Every text of a sheet with the place where it stands, such as `sections[1].items[3].hint`.
#[must_use]
pub(crate) fn texts(sheet: &Sheet) -> Vec<(String, Text)> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::to_value(sheet) {
        walk(&value, sheet, String::new(), &mut found);
    }
    found
}

/// A text is an object that has the instrument's own language; no other object of the format has a language tag as a field.
fn walk(value: &Value, sheet: &Sheet, place: String, found: &mut Vec<(String, Text)>) {
    match value {
        Value::Object(fields) => {
            let is_text = place != "languages" && fields.contains_key(sheet.language.as_str());
            if let Some(text) = is_text.then(|| serde_json::from_value(value.clone()).ok()).flatten() {
                found.push((place, text));
                return;
            }
            for (name, inner) in fields {
                // Kept as it came from a spreadsheet; no text of the instrument's.
                if !matches!(name.as_str(), "xlsform" | "fallback") {
                    let dot = if place.is_empty() { "" } else { "." };
                    walk(inner, sheet, format!("{place}{dot}{name}"), found);
                }
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, inner)| walk(inner, sheet, format!("{place}[{i}]"), found));
        }
        _ => {}
    }
}
