//! Labels, hints and messages as texts of an instrument.
//!
//! Every text that it makes has the form's own language and passes the instrument's check.

use vigil_screening::sheet::Kept;
use vigil_screening::{Review, Text, Wording as Words, limits};

use super::bag::{UNLABELLED, is_hidden, keep};
use crate::form::{InLanguage, Row, Rows};
use crate::heading::Wording;
use crate::language::Languages;
use crate::report::Report;

/// Reads a text in every language in which it is written; none where it is written in no language.
///
/// Where only the form's own language lacks it, another language stands in, marked as unreviewed and in the bag.
pub(crate) fn text<'a>(
    rows: &'a Rows,
    row: &'a Row,
    wanted: Wording,
    languages: &Languages,
    bag: &mut Kept,
    report: &mut Report,
) -> Option<Text> {
    let mut text = Text::default();
    let mut stand_in = None;
    for (language, header, words) in rows.texts(row, wanted) {
        let tag = languages.tag(language);
        // The default language's own column comes before one without a language, as in pyxform.
        if text.get(tag.as_str()).is_some() && language.is_none() {
            let kept = keep(bag, wanted.header(), words);
            report.name(&rows.sheet, row.number, header, why(kept, "the default language has a column of its own"));
            continue;
        }
        let Some(words) = clean(rows, row, &(language, header, words), bag, report) else { continue };
        stand_in.get_or_insert_with(|| words.clone());
        text.put(tag.clone(), Words { text: words, review: None });
    }
    let stand_in = stand_in?;
    if text.get(languages.own.as_str()).is_none() {
        text.put(languages.own.clone(), Words { text: stand_in, review: Some(Review::Unreviewed) });
        if wanted == Wording::Label {
            keep(bag, UNLABELLED, languages.own.as_str());
        } else {
            keep(bag, &format!("{UNLABELLED} {}", wanted.header()), languages.own.as_str());
        }
    }
    Some(text)
}

/// A label where the form has none: the name stands in.
pub(crate) fn named(name: &str, languages: &Languages, bag: &mut Kept) -> Text {
    keep(bag, UNLABELLED, "all");
    let words: String = name.chars().filter(|c| !is_hidden(*c)).take(limits::TEXT_CHARS).collect();
    let words = if words.trim().is_empty() { "?".to_owned() } else { words };
    Text::in_one(languages.own.clone(), words)
}

fn clean(
    rows: &Rows,
    row: &Row,
    (_, header, words): &InLanguage<'_>,
    bag: &mut Kept,
    report: &mut Report,
) -> Option<String> {
    let spaced = words.replace("\r\n", "\n").replace(['\r', '\t'], " ");
    let shown: String = spaced.chars().filter(|c| !is_hidden(*c)).collect();
    if shown.len() != spaced.len() {
        report.name(
            &rows.sheet,
            row.number,
            header,
            "letters that show as nothing or turn the reading direction are left out",
        );
    }
    if shown.trim().is_empty() {
        return None;
    }
    if shown.contains("${") {
        report.name(
            &rows.sheet,
            row.number,
            header,
            "an answer within a text is not filled in here; it is shown by its name",
        );
    }
    if shown.chars().count() <= limits::TEXT_CHARS {
        return Some(shown.trim().to_owned());
    }
    let kept = keep(bag, header, words);
    report.name(&rows.sheet, row.number, header, why(kept, "longer than a text here may be; its beginning is used"));
    let mut cut: String = shown.chars().take(limits::TEXT_CHARS - 2).collect();
    cut.push('…');
    Some(cut)
}

/// The reason, and what becomes of the cell.
pub(crate) fn why(kept: bool, reason: &str) -> String {
    format!("{reason}; {}", if kept { "kept for export" } else { "it does not fit and is left out" })
}
