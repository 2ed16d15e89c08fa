//! A workbook read as a form: which sheet is which, which column means what, and which row opens or closes what.
//!
//! It keeps every cell; what is not understood is named in the report, and reading goes on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::XlsFormError;
use crate::heading::{Column, Field, Medium, On, Wording, column, double_colons, unbound};
use crate::kind::{Block, Kind, kind};
use crate::limits;
use crate::report::Report;
use crate::workbook::{Grid, Workbook};

/// A form as its sheets say it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pub(crate) survey: Rows,
    pub(crate) choices: Rows,
    /// Header, value and row of each setting.
    pub(crate) settings: Vec<Setting>,
    /// The name of the settings sheet, as written.
    pub(crate) settings_sheet: String,
    /// Sheets that belong to a form and are only kept: `external_choices`, `osm`, `entities`.
    pub(crate) kept: Vec<Grid>,
    /// The rows of the survey that do something, with every group closed.
    pub(crate) entries: Vec<Entry>,
}

/// The sheets that pyxform knows.
const SHEETS: [&str; 6] = ["survey", "choices", "settings", "external_choices", "osm", "entities"];

/// One setting.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// Header, in pyxform's spelling.
    pub(crate) name: String,
    /// Header, as written.
    pub(crate) header: String,
    pub(crate) value: String,
    pub(crate) row: u32,
}

/// A row of the survey that does something; the end of a group that lacks its own row has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its position among the rows of the survey.
    pub(crate) row: Option<usize>,
    pub(crate) kind: Kind,
}

/// A sheet with a header.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    /// The sheet's name, as written.
    pub(crate) sheet: String,
    headings: BTreeMap<u32, (String, Column)>,
    columns: HashMap<Column, u32>,
    pub(crate) rows: Vec<Row>,
}

/// A row below the header.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// As the spreadsheet shows it.
    pub(crate) number: u32,
    cells: BTreeMap<u32, String>,
}

/// A text in a language: the language's name in the header, the header, and the text.
pub(crate) type InLanguage<'a> = (Option<&'a str>, &'a str, &'a str);

impl Rows {
    pub(crate) fn read(grid: &Grid, on: On, report: &mut Report) -> Self {
        let mut rows = grid.rows.iter();
        let header: BTreeMap<u32, String> = rows.next().map(|(_, cells)| cells.clone()).unwrap_or_default();
        let double = double_colons(header.values().map(String::as_str));
        let mut out = Self { sheet: grid.name.clone(), ..Self::default() };
        for (at, header) in &header {
            let mut meaning = column(&unbound(header), double, on);
            if out.columns.contains_key(&meaning) {
                report.name(
                    &grid.name,
                    1,
                    header,
                    "another column means the same; this one is kept for export, unused",
                );
                meaning = Column::Other(header.clone());
            }
            out.columns.insert(meaning.clone(), *at);
            out.headings.insert(*at, (header.clone(), meaning));
        }
        for (number, cells) in rows {
            let mut row = Row { number: *number, cells: BTreeMap::new() };
            for (at, text) in cells {
                match out.headings.get(at) {
                    None => report.name(&grid.name, *number, "", "a cell in a column without a header is left out"),
                    Some((_, column)) => {
                        let value = matches!(column, Column::Field(_));
                        row.cells.insert(*at, if value { clean(text) } else { text.clone() });
                    }
                }
            }
            if !row.cells.is_empty() {
                out.rows.push(row);
            }
        }
        out
    }

    /// Whether the sheet has this column.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.columns.contains_key(&Column::Field(field))
    }

    /// The header of a column as it is written, or as it is documented where the sheet does not have it.
    pub(crate) fn header(&self, field: Field) -> &str {
        let at = self.columns.get(&Column::Field(field));
        at.and_then(|at| self.headings.get(at)).map_or(field.header(), |(header, _)| header.as_str())
    }

    /// The value of a field.
    pub(crate) fn get<'a>(&self, row: &'a Row, field: Field) -> Option<&'a str> {
        row.cells.get(self.columns.get(&Column::Field(field))?).map(String::as_str)
    }

    /// A text in every language in which it is written.
    pub(crate) fn texts<'a>(&'a self, row: &'a Row, wanted: Wording) -> impl Iterator<Item = InLanguage<'a>> {
        self.cells(row).filter_map(move |(header, column, text)| match column {
            Column::Text(wording, language) if *wording == wanted => Some((language.as_deref(), header, text)),
            _ => None,
        })
    }

    /// Media files, with their kinds and languages.
    pub(crate) fn media<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (Medium, InLanguage<'a>)> {
        self.cells(row).filter_map(|(header, column, file)| match column {
            Column::Media(medium, language) => Some((*medium, (language.as_deref(), header, file))),
            _ => None,
        })
    }

    /// Every filled cell of a row: header, meaning, text.
    pub(crate) fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a str, &'a Column, &'a str)> {
        row.cells.iter().filter_map(|(at, text)| {
            let (header, column) = self.headings.get(at)?;
            Some((header.as_str(), column, text.as_str()))
        })
    }

    /// The languages that headers name, in the order of the columns.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.headings.values().filter_map(|(_, column)| match column {
            Column::Text(_, language) | Column::Media(_, language) => language.as_deref(),
            _ => None,
        })
    }

    /// Whether any row has this text in a column without a language.
    pub(crate) fn is_unnamed_filled(&self, wording: Wording) -> bool {
        let at = self.columns.get(&Column::Text(wording, None));
        at.is_some_and(|at| self.rows.iter().any(|row| row.cells.contains_key(at)))
    }
}

/// As pyxform cleans values: one space between words, straight quotation marks.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ' ' if out.ends_with(' ') => {}
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            c => out.push(c),
        }
    }
    out
}

impl Form {
    /// Reads a workbook as a form.
    pub(crate) fn read(workbook: Workbook, report: &mut Report) -> Result<Self, XlsFormError> {
        let only = workbook.sheets.len() == 1;
        let mut form = Self::default();
        let (mut seen, mut survey) = (BTreeSet::new(), false);
        for grid in workbook.sheets {
            let name = match grid.name.trim().to_lowercase() {
                name if only && !SHEETS.contains(&name.as_str()) => "survey".to_owned(),
                name => name,
            };
            if !seen.insert(name.clone()) {
                report.name(&grid.name, 1, "", "a second sheet of this name is not read");
                continue;
            }
            match name.as_str() {
                "survey" => {
                    form.survey = Rows::read(&grid, On::Survey, report);
                    survey = true;
                }
                "choices" => form.choices = Rows::read(&grid, On::Choices, report),
                "settings" => form.read_settings(&grid, report),
                "external_choices" | "osm" | "entities" => form.kept.push(grid),
                _ if grid.rows.is_empty() => {}
                _ => report.name(&grid.name, 1, "", "not a sheet of an XLSForm; it is left out"),
            }
        }
        if !survey {
            return Err(XlsFormError::NotAForm { place: "file".to_owned(), why: "there is no sheet named survey" });
        }
        if !form.survey.has(Field::Type) {
            return Err(XlsFormError::NotAForm {
                place: "survey, row 1".to_owned(),
                why: "the header has no column named type",
            });
        }
        form.read_entries(report);
        Ok(form)
    }

    /// The value of a setting.
    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }

    /// The survey's row of an entry.
    pub(crate) fn row(&self, entry: &Entry) -> Option<&Row> {
        self.survey.rows.get(entry.row?)
    }

    fn read_settings(&mut self, grid: &Grid, report: &mut Report) {
        self.settings_sheet.clone_from(&grid.name);
        let mut rows = grid.rows.iter();
        let Some((_, headers)) = rows.next() else { return };
        let Some((number, values)) = rows.next() else { return };
        for (at, value) in values {
            let Some(header) = headers.get(at) else {
                report.name(&grid.name, *number, "", "a cell in a column without a header is left out");
                continue;
            };
            let name = header.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase();
            let name = match name.as_str() {
                "title" | "set_form_title" => "form_title",
                "id_string" | "set_form_id" => "form_id",
                name => name,
            };
            if self.setting(name).is_some() {
                report.name(&grid.name, *number, header, "another column means the same; this one is left out");
                continue;
            }
            let (name, header, value) = (name.to_owned(), header.clone(), value.clone());
            self.settings.push(Setting { name, header, value, row: *number });
        }
        for (number, _) in rows {
            report.name(&grid.name, *number, "", "settings have one row; this one is left out, as pyxform does");
        }
    }

    /// Sorts out which row opens and closes what, and mends what does not fit.
    fn read_entries(&mut self, report: &mut Report) {
        let survey = &self.survey;
        let sheet = &survey.sheet;
        let mut open: Vec<(Block, usize)> = Vec::new();
        let mut entries = Vec::new();
        for (at, row) in survey.rows.iter().enumerate() {
            let is_yes = |value: &str| matches!(value.to_lowercase().as_str(), "yes" | "true" | "true()");
            if survey.get(row, Field::Disabled).is_some_and(is_yes) {
                let header = survey.header(Field::Disabled);
                report.name(sheet, row.number, header, "the row is disabled and left out, as pyxform does");
                continue;
            }
            let Some(text) = survey.get(row, Field::Type) else {
                report.name(sheet, row.number, survey.header(Field::Type), "a row without a type is left out");
                continue;
            };
            let entry = |kind| Entry { row: Some(at), kind };
            match kind(text) {
                Kind::End(block) => match open.pop() {
                    Some((opened, _)) if opened == block => entries.push(entry(Kind::End(block))),
                    Some(opened) => {
                        open.push(opened);
                        report.name(sheet, row.number, text, "it ends what is not the innermost open group; left out");
                    }
                    None => report.name(sheet, row.number, text, "it ends a group that was not begun; left out"),
                },
                kind @ (Kind::BeginGroup | Kind::BeginRepeat | Kind::BeginLoop) => {
                    if open.len() >= limits::GROUP_DEPTH {
                        report.name(sheet, row.number, text, "groups are nested deeper than is read here; left out");
                        continue;
                    }
                    let block = match kind {
                        Kind::BeginRepeat => Block::Repeat,
                        Kind::BeginLoop => Block::Loop,
                        _ => Block::Group,
                    };
                    open.push((block, at));
                    entries.push(entry(kind));
                }
                Kind::Setting => {
                    report.name(sheet, row.number, text, "a setting on the survey sheet is left out");
                }
                kind @ Kind::Question(_) => entries.push(entry(kind)),
            }
        }
        while let Some((block, at)) = open.pop() {
            let row = survey.rows.get(at).map_or(0, |row| row.number);
            report.name(sheet, row, survey.header(Field::Type), "it is never ended; it is taken to end with the form");
            entries.push(Entry { row: None, kind: Kind::End(block) });
        }
        self.entries = entries;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A workbook from sheets written as lines with `|` between cells.
    pub(crate) fn workbook(sheets: &[(&str, &str)]) -> Workbook {
        let grid = |(name, text): &(&str, &str)| {
            let rows = text.trim().lines().zip(1u32..).map(|(line, number)| {
                let cells = line.split('|').zip(0u32..).map(|(cell, at)| (at, cell.trim().to_owned()));
                (number, cells.filter(|(_, cell)| !cell.is_empty()).collect())
            });
            Grid { name: (*name).to_owned(), rows: rows.collect() }
        };
        Workbook { sheets: sheets.iter().map(grid).collect() }
    }

    fn form(survey: &str) -> (Form, Report) {
        let mut report = Report::default();
        let form = Form::read(workbook(&[("survey", survey), ("choices", "list_name | name")]), &mut report).unwrap();
        (form, report.sorted())
    }

    #[test]
    fn broken_groups_are_named_and_mended() {
        let (form, report) = form(
            "type | name
             end group |
             begin group | a
             text | q
             begin repeat | b
             end group |
             text | r",
        );
        let named: Vec<(u32, &str)> = report.entries.iter().map(|e| (e.row, e.why.as_str())).collect();
        assert_eq!(
            named,
            [
                (2, "it ends a group that was not begun; left out"),
                (3, "it is never ended; it is taken to end with the form"),
                (5, "it is never ended; it is taken to end with the form"),
                (6, "it ends what is not the innermost open group; left out"),
            ]
        );
        assert_eq!(form.entries.len(), 6);
        assert_eq!(form.entries.last().unwrap().kind, Kind::End(Block::Group));
    }

    #[test]
    fn rows_without_effect_are_named() {
        let (form, report) = form(
            "type | name | disabled
             | comment |
             text | q | yes
             text | r | no",
        );
        assert_eq!(form.entries.len(), 1);
        assert_eq!(report.entries.iter().map(|e| e.row).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn sheets_are_found_whatever_their_case_and_strangers_are_named() {
        let mut report = Report::default();
        let sheets = workbook(&[("Survey ", "type | name\ntext | q"), ("CHOICES", "list_name|name"), ("draft", "x")]);
        let form = Form::read(sheets, &mut report).unwrap();
        assert_eq!((form.entries.len(), form.choices.sheet.as_str()), (1, "CHOICES"));
        assert_eq!(report.entries.len(), 1);
        assert_eq!(report.entries[0].sheet, "draft");
        let error = Form::read(workbook(&[("a", "x"), ("b", "y")]), &mut report).unwrap_err();
        assert_eq!((error.code(), error.place()), ("xlsform_not_a_form", "file"));
    }
}
