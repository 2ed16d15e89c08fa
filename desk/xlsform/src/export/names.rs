//! What languages and lists are called in the spreadsheet.
//!
//! A form that was imported gets its own names back; others get those that ODK's guides recommend.

use std::collections::{BTreeMap, BTreeSet};

use vigil_screening::sheet::Kept;
use vigil_screening::{Choice, Id, Lang, Sheet, Text};

use super::table::Line;
use crate::heading::Wording;
use crate::import::{LANGUAGE, LIST, UNLABELLED};
use crate::language::name_of;

/// Names for one export.
pub(crate) struct Names {
    languages: BTreeMap<Lang, String>,
    taken: BTreeSet<String>,
}

impl Names {
    pub(crate) fn of(sheet: &Sheet) -> Self {
        let language = |tag: &Lang| match sheet.xlsform.get(&format!("{LANGUAGE}{tag}")) {
            Some(name) => name.clone(),
            None => name_of(tag),
        };
        let languages = sheet.languages.keys().map(|tag| (tag.clone(), language(tag))).collect();
        let taken = sheet.lists.iter().map(|(id, options)| list_name(id, options)).collect();
        Self { languages, taken }
    }

    /// The language as headers name it; empty for columns without a language.
    pub(crate) fn language<'a>(&'a self, tag: &'a Lang) -> &'a str {
        self.languages.get(tag).map_or(tag.as_str(), String::as_str)
    }

    /// A header with its language.
    pub(crate) fn header(&self, base: &str, tag: &Lang) -> String {
        match self.language(tag) {
            "" => base.to_owned(),
            name => format!("{base}::{name}"),
        }
    }

    /// A name that no list has yet.
    pub(crate) fn new_list(&mut self, wanted: &str) -> String {
        let numbered = (2u32..).map(|n| format!("{wanted}_{n}"));
        let mut free = std::iter::once(wanted.to_owned()).chain(numbered).filter(|name| !self.taken.contains(name));
        let name = free.next().unwrap_or_else(|| wanted.to_owned());
        self.taken.insert(name.clone());
        name
    }

    /// Writes a text in all its languages, but for those that only stand in for what the form lacks.
    pub(crate) fn put(&self, line: &mut Line, wording: Wording, text: Option<&Text>, bag: &Kept) {
        let mark = match wording {
            Wording::Label => UNLABELLED.to_owned(),
            other => format!("{UNLABELLED} {}", other.header()),
        };
        let missing = bag.get(&mark).map(String::as_str);
        for (tag, words) in text.into_iter().flat_map(Text::wordings) {
            if missing != Some("all") && missing != Some(tag.as_str()) {
                line.insert(self.header(wording.header(), tag), words.text.clone());
            }
        }
    }

    /// Writes media files.
    pub(crate) fn put_media(&self, line: &mut Line, media: &[vigil_screening::sheet::Media]) {
        use vigil_screening::sheet::MediaKind::{Audio, BigImage, Image, Video};
        for one in media {
            let base = match one.kind {
                Image => "media::image",
                BigImage => "media::big-image",
                Audio => "media::audio",
                Video => "media::video",
            };
            let header = one.language.as_ref().map_or_else(|| base.to_owned(), |tag| self.header(base, tag));
            line.insert(header, one.file.clone());
        }
    }
}

/// A list as the spreadsheet calls it.
pub(crate) fn list_name(id: &Id, options: &[Choice]) -> String {
    let kept = options.first().and_then(|option| option.xlsform.get(LIST));
    kept.cloned().unwrap_or_else(|| id.to_string())
}

/// Puts what was kept back into its columns; what begins with an underscore is a mark and no column.
pub(crate) fn put_kept(line: &mut Line, bag: &Kept) {
    for (header, cell) in bag.iter().filter(|(header, _)| !header.starts_with('_')) {
        line.entry(header.clone()).or_insert_with(|| cell.clone());
    }
}
