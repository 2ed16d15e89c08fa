//! A sheet under construction: rows of cells under headers, and the order in which forms have their columns.
//!
//! A column exists as soon as a row fills it, and columns come in the order that people know.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::error::XlsFormError;

/// Rows under headers.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<BTreeMap<String, String>>,
    /// Columns that are there even if no row fills them.
    always: Vec<String>,
}

/// A row.
pub(crate) type Line = BTreeMap<String, String>;

impl Table {
    pub(crate) fn with(always: &[&str]) -> Self {
        Self { rows: Vec::new(), always: always.iter().map(|header| (*header).to_owned()).collect() }
    }

    /// A column that is there even if no row fills it.
    pub(crate) fn keep_column(&mut self, header: String) {
        self.always.push(header);
    }

    pub(crate) fn push(&mut self, mut line: Line) {
        line.retain(|_, cell| !cell.is_empty());
        if !line.is_empty() {
            self.rows.push(line);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn headers(&self) -> Vec<&str> {
        let mut headers: BTreeSet<&str> = self.always.iter().map(String::as_str).collect();
        headers.extend(self.rows.iter().flat_map(|row| row.keys().map(String::as_str)));
        let mut headers: Vec<&str> = headers.into_iter().collect();
        headers.sort_by_key(|header| (rank(header), *header));
        headers
    }
}

/// The place of a column.
fn rank(header: &str) -> usize {
    const ORDER: [&str; 20] = [
        "list_name",
        "type",
        "name",
        "label",
        "hint",
        "guidance_hint",
        "relevant",
        "constraint",
        "constraint_message",
        "required",
        "required_message",
        "calculation",
        "choice_filter",
        "repeat_count",
        "readonly",
        "default",
        "appearance",
        "parameters",
        "media",
        "trigger",
    ];
    let base = header.split("::").next().unwrap_or(header);
    ORDER.iter().position(|known| *known == base).unwrap_or(ORDER.len())
}

/// Writes sheets as a workbook.
pub(crate) fn write(sheets: &[(&str, Table)]) -> Result<Vec<u8>, XlsFormError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    for (name, table) in sheets {
        add(&mut workbook, name, table, &bold)
            .map_err(|why| XlsFormError::NotWritten { place: (*name).to_owned(), why: why.to_string() })?;
    }
    workbook.save_to_buffer().map_err(|why| XlsFormError::NotWritten { place: "file".to_owned(), why: why.to_string() })
}

fn add(workbook: &mut Workbook, name: &str, table: &Table, bold: &Format) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    let headers = table.headers();
    for (column, header) in (0u16..).zip(&headers) {
        sheet.write_string_with_format(0, column, *header, bold)?;
        sheet.set_column_width(column, width(header))?;
    }
    for (number, row) in (1u32..).zip(&table.rows) {
        for (column, header) in (0u16..).zip(&headers) {
            if let Some(cell) = row.get(*header) {
                sheet.write_string(number, column, cell)?;
            }
        }
    }
    Ok(())
}

fn width(header: &str) -> f64 {
    match header.split("::").next() {
        Some("label" | "hint" | "constraint_message") => 48.0,
        Some("relevant" | "constraint" | "calculation") => 32.0,
        _ => 18.0,
    }
}
