//! An instrument as an XLSForm that pyxform accepts.
//!
//! A form that was imported comes out with the counts that it came in with; what an instrument has beyond a spreadsheet
//! is listed on a sheet of its own, which pyxform passes over.

mod expressions;
mod names;
mod rules;
mod survey;
mod table;

use vigil_screening::sheet::Kept;
use vigil_screening::{Choice, Instrument, Sheet};

use crate::error::XlsFormError;
use crate::heading::Wording;
use crate::import::{LANGUAGE, SHEET};
use names::{Names, list_name, put_kept};
use survey::{OwnLists, Survey};
use table::{Line, Table};

/// Writes an instrument as an XLSForm (`.xlsx`).
///
/// # Errors
/// [`XlsFormError::NotWritten`] where a cell is longer than a spreadsheet allows.
pub fn export(instrument: &Instrument) -> Result<Vec<u8>, XlsFormError> {
    let sheet = instrument.sheet();
    let mut survey = Survey::of(sheet);
    survey.all();
    rules::write(sheet, &mut survey);
    let Survey { names, mut table, lists, told, .. } = survey;
    // A language that the form has columns for stays, even if nothing is written in it yet.
    for tag in sheet.languages.keys() {
        table.keep_column(names.header(Wording::Label.header(), tag));
    }
    let (choices, external) = choices(sheet, &names, &lists);
    let mut sheets = vec![("survey", table), ("choices", choices)];
    if !external.is_empty() {
        sheets.push(("external_choices", external));
    }
    for kept in ["entities", "osm"] {
        let table = kept_sheet(sheet, kept);
        if !table.is_empty() {
            sheets.push((kept, table));
        }
    }
    sheets.push(("settings", settings(sheet, &names)));
    if !told.is_empty() {
        let mut table = Table::with(&["name"]);
        for (name, what) in told {
            table.push(Line::from([("name".to_owned(), name), ("not in the form".to_owned(), what)]));
        }
        sheets.push(("_not_in_the_form", table));
    }
    table::write(&sheets)
}

fn choices(sheet: &Sheet, names: &Names, own: &OwnLists) -> (Table, Table) {
    let mut here = Table::with(&["list_name", "name"]);
    let mut external = Table::default();
    for (id, options) in &sheet.lists {
        let list = list_name(id, options);
        let looked_up = options.first().is_some_and(|first| first.xlsform.contains_key(SHEET));
        for option in options {
            let row = option_row(names, &list, &crate::translate::option_name(option), option);
            if looked_up { external.push(row) } else { here.push(row) }
        }
    }
    for (list, options) in own {
        for (name, option) in options {
            match option {
                Some(option) => here.push(option_row(names, list, name, option)),
                None => {
                    let mut row =
                        Line::from([("list_name".to_owned(), list.clone()), ("name".to_owned(), name.clone())]);
                    for tag in sheet.languages.keys() {
                        row.insert(names.header(Wording::Label.header(), tag), plain_label(name, tag.as_str()));
                    }
                    here.push(row);
                }
            }
        }
    }
    (here, external)
}

fn option_row(names: &Names, list: &str, name: &str, option: &Choice) -> Line {
    let mut row = Line::from([("list_name".to_owned(), list.to_owned()), ("name".to_owned(), name.to_owned())]);
    names.put(&mut row, Wording::Label, Some(&option.text), &option.xlsform);
    names.put_media(&mut row, &option.media);
    put_kept(&mut row, &option.xlsform);
    row
}

/// The label of an option of the program's own.
fn plain_label(name: &str, language: &str) -> String {
    let words = match (name, language) {
        ("yes", "ne") => "हो",
        ("no", "ne") => "होइन",
        ("unknown", "ne") => "थाहा छैन",
        ("yes", "hi") => "हाँ",
        ("no", "hi") => "नहीं",
        ("unknown", "hi") => "पता नहीं",
        ("yes", _) => "Yes",
        ("no", _) => "No",
        ("unknown", _) => "Not known",
        (other, _) => return other.replace('_', " "),
    };
    words.to_owned()
}

/// The rows of a sheet that was kept cell by cell: `_sheet entities 2 list_name`.
fn kept_sheet(sheet: &Sheet, name: &str) -> Table {
    let mut rows: std::collections::BTreeMap<u32, Line> = std::collections::BTreeMap::new();
    let prefix = format!("{SHEET} {name} ");
    for (key, cell) in &sheet.xlsform {
        let place = key.strip_prefix(&prefix).and_then(|rest| rest.split_once(' '));
        if let Some((row, column)) = place.and_then(|(row, column)| Some((row.parse().ok()?, column))) {
            rows.entry(row).or_default().insert(column.to_owned(), cell.clone());
        }
    }
    let mut table = Table::default();
    rows.into_values().for_each(|row| table.push(row));
    table
}

fn settings(sheet: &Sheet, names: &Names) -> Table {
    let bag = &sheet.xlsform;
    let mut row = Line::new();
    let title = sheet.title.get(sheet.language.as_str()).map(|words| words.text.clone());
    row.insert("form_title".to_owned(), title.unwrap_or_default());
    let id = bag.get("form_id").cloned().unwrap_or_else(|| sheet.id.to_string());
    row.insert("form_id".to_owned(), id);
    // The version that the form had, while it still is that one.
    let version = bag.get("version").filter(|text| text.parse().unwrap_or(1) == sheet.version).cloned();
    row.insert("version".to_owned(), version.unwrap_or_else(|| sheet.version.to_string()));
    let imported = bag.keys().any(|key| key.starts_with(LANGUAGE));
    if !imported {
        row.insert("default_language".to_owned(), names.language(&sheet.language).to_owned());
    }
    let mut rest: Kept = bag.clone();
    ["form_title", "form_id", "version"].iter().for_each(|name| drop(rest.remove(*name)));
    put_kept(&mut row, &rest);
    let mut table = Table::default();
    table.push(row);
    table
}
