//! The choices sheet as lists of options, and the lists that only a filtered select uses.
//!
//! Every row becomes an option or is named.

use std::collections::{BTreeMap, HashMap};

use vigil_screening::sheet::{Kept, Media, MediaKind};
use vigil_screening::{Choice, Id, limits};

use super::bag::{LIST, SHEET, header_of, is_hidden, keep};
use super::texts::{named, text, why};
use crate::form::{Row, Rows};
use crate::heading::{Column, Field, Medium, Wording};
use crate::ids::Ids;
use crate::language::Languages;
use crate::report::Report;

/// The lists of a form.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(crate) lists: BTreeMap<Id, Vec<Choice>>,
    by_name: HashMap<String, Id>,
}

impl Lists {
    /// Reads a sheet of choices.
    pub(crate) fn read(rows: &Rows, languages: &Languages, report: &mut Report) -> Self {
        let mut all: Vec<(&str, Vec<&Row>)> = Vec::new();
        let mut at: HashMap<&str, usize> = HashMap::new();
        for row in &rows.rows {
            match (rows.get(row, Field::ListName), rows.get(row, Field::Name)) {
                (Some(list), Some(_)) => {
                    let place = *at.entry(list).or_insert(all.len());
                    if place == all.len() {
                        all.push((list, Vec::new()));
                    }
                    if let Some((_, rows)) = all.get_mut(place) {
                        rows.push(row);
                    }
                }
                (None, _) => report.name(
                    &rows.sheet,
                    row.number,
                    rows.header(Field::ListName),
                    "a choice without a list is left out",
                ),
                (_, None) => report.name(
                    &rows.sheet,
                    row.number,
                    rows.header(Field::Name),
                    "a choice without a name is left out",
                ),
            }
        }
        let (mut lists, mut ids, mut options) = (Self::default(), Ids::default(), 0);
        for (name, of_list) in all {
            let too_many = of_list.len() > limits::OPTIONS || options + of_list.len() > limits::ALL_OPTIONS;
            if too_many || lists.lists.len() >= limits::OPTIONS {
                for row in of_list {
                    let why = "more options than an instrument may have; the list is left out";
                    report.name(&rows.sheet, row.number, rows.header(Field::ListName), why);
                }
                continue;
            }
            options += of_list.len();
            let id = ids.make(name, "list_");
            let mut choices = read_list(rows, &of_list, languages, report);
            if let Some(first) = choices.first_mut().filter(|_| id.as_str() != name) {
                keep(&mut first.xlsform, LIST, name);
            }
            lists.by_name.insert(name.to_owned(), id.clone());
            lists.lists.insert(id, choices);
        }
        lists
    }

    /// The id of a list and its options.
    pub(crate) fn get(&self, name: &str) -> Option<(&Id, &[Choice])> {
        let id = self.by_name.get(name)?;
        Some((id, self.lists.get(id)?))
    }
}

fn read_list(rows: &Rows, of_list: &[&Row], languages: &Languages, report: &mut Report) -> Vec<Choice> {
    let mut ids = Ids::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut choices = Vec::with_capacity(of_list.len());
    for row in of_list {
        let name = rows.get(row, Field::Name).unwrap_or_default();
        if !seen.insert(name) {
            report.name(
                &rows.sheet,
                row.number,
                rows.header(Field::Name),
                "a second option of this name gets another id here",
            );
        }
        let id = ids.make(name, "n");
        let mut bag = Kept::new();
        let text = text(rows, row, Wording::Label, languages, &mut bag, report);
        let text = text.unwrap_or_else(|| named(name, languages, &mut bag));
        for (header, column, cell) in rows.cells(row) {
            if let Column::Other(_) | Column::Text(Wording::Hint | Wording::GuidanceHint, _) = column {
                let kept = keep(&mut bag, &header_of(column), cell);
                report.name(&rows.sheet, row.number, header, why(kept, "no column of choices that is used here"));
            }
        }
        let media = media(rows, row, languages, &mut bag, report);
        let source_name = (id.as_str() != name).then(|| name.to_owned());
        choices.push(Choice { id, text, points: 0, htcds: None, media, source_name, xlsform: bag });
    }
    choices
}

/// Media files of a row.
pub(crate) fn media(rows: &Rows, row: &Row, languages: &Languages, bag: &mut Kept, report: &mut Report) -> Vec<Media> {
    let mut media = Vec::new();
    for (medium, (language, header, file)) in rows.media(row) {
        let plain = !file.contains(['/', '\\']) && !file.starts_with('.') && !file.chars().any(is_hidden);
        if !plain || media.len() >= limits::LIST || file.chars().count() > limits::TEXT_CHARS {
            let kept = keep(bag, &header_of(&Column::Media(medium, language.map(str::to_owned))), file);
            report.name(&rows.sheet, row.number, header, why(kept, "media are named by a plain file name here"));
            continue;
        }
        let kind = match medium {
            Medium::Image => MediaKind::Image,
            Medium::BigImage => MediaKind::BigImage,
            Medium::Audio => MediaKind::Audio,
            Medium::Video => MediaKind::Video,
        };
        let language = language.map(|_| languages.tag(language).clone());
        media.push(Media { kind, file: file.to_owned(), language });
    }
    media
}

/// The sheet of options that a filtered select looks up, as lists beside the others.
pub(crate) fn read_external(rows: &Rows, languages: &Languages, lists: &mut Lists, report: &mut Report) {
    let external = Lists::read(rows, languages, report);
    let mut ids = Ids::default();
    lists.lists.keys().for_each(|id| drop(ids.make(id.as_str(), "list_")));
    let names: HashMap<&Id, &String> = external.by_name.iter().map(|(name, id)| (id, name)).collect();
    for (id, mut choices) in external.lists.clone() {
        let name = names.get(&id).map_or_else(|| id.to_string(), |name| (*name).clone());
        if let Some(first) = choices.first_mut() {
            keep(&mut first.xlsform, LIST, &name);
            keep(&mut first.xlsform, SHEET, "external_choices");
        }
        lists.lists.insert(ids.make(&name, "list_"), choices);
    }
}
