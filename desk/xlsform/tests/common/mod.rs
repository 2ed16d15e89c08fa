//! Workbooks for tests, written as lines with `|` between cells.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses some of it")]

use rust_xlsxwriter::Workbook;
use vigil_screening::Instrument;
use vigil_xlsform::{Imported, Options, import};

/// A workbook from sheets; a line is a row, empty lines are empty rows.
pub fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, text) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (row, line) in (0u32..).zip(text.trim().lines()) {
            for (column, cell) in (0u16..).zip(line.split('|')) {
                if !cell.trim().is_empty() {
                    sheet.write_string(row, column, cell.trim()).unwrap();
                }
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// Imports a form of these sheets, and checks that it is an instrument.
pub fn imported(survey: &str, choices: &str, settings: &str) -> (Imported, Instrument) {
    let bytes = workbook(&[("survey", survey), ("choices", choices), ("settings", settings)]);
    let imported = import(&bytes, &Options::default()).unwrap();
    let instrument = imported.instrument().unwrap();
    (imported, instrument)
}

/// What is named of a row: column and reason.
pub fn named(imported: &Imported, row: u32) -> Vec<(&str, &str)> {
    let of_row = imported.not_understood.iter().filter(|entry| entry.row == row && entry.sheet == "survey");
    of_row.map(|entry| (entry.column.as_str(), entry.why.as_str())).collect()
}

/// Both say the same, whatever the settings of the spreadsheet are.
pub fn assert_same_form(one: &Imported, other: &Imported) {
    assert_eq!(one.counts, other.counts);
    assert!(one.sheet.sections == other.sheet.sections, "sections differ");
    assert!(one.sheet.lists == other.sheet.lists, "lists differ");
    assert!(one.sheet.derived == other.sheet.derived, "computed values differ");
    assert!(one.sheet.languages == other.sheet.languages, "languages differ");
}
