//! What an import says about itself: counts, and every cell that the instrument does not represent, by name.
//!
//! Nothing is dropped in silence: a cell is used, or kept for export and named here, or named here as lost.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a form has, counted on the sheets themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Rows of the survey with a type that begins or ends no group and no repeat: notes, calculations and metadata such
    /// as `start` count, as they do in pyxform.
    pub questions: usize,
    /// Rows of the choices with a list and a name.
    pub choices: usize,
    /// Languages of the labels, hints, messages and media; labels without a language are one, unless they are in the
    /// default language that another column names.
    pub languages: usize,
    /// Cells with an expression: see `expressions_by_column`.
    pub expressions: usize,
    /// Groups.
    pub groups: usize,
    /// Repeats.
    pub repeats: usize,
    /// `relevant`, `constraint`, `calculation`, `choice_filter` and `repeat_count` count where they are filled;
    /// `required`, `readonly` and `default` where they hold more than a constant.
    pub expressions_by_column: BTreeMap<String, usize>,
}

/// A cell, a row or a sheet that the instrument does not represent, or not fully.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotUnderstood {
    /// Sheet, as it is called in the workbook.
    pub sheet: String,
    /// Row as the spreadsheet shows it, from 1.
    pub row: u32,
    /// Header of the column, as it is written; empty where the whole row or sheet is meant.
    pub column: String,
    /// What is not understood, and what becomes of it.
    pub why: String,
}

/// Collects what is not understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Report {
    pub(crate) entries: Vec<NotUnderstood>,
    pub(crate) notes: Vec<String>,
}

impl Report {
    pub(crate) fn name(&mut self, sheet: &str, row: u32, column: &str, why: impl Into<String>) {
        self.entries.push(NotUnderstood { sheet: sheet.to_owned(), row, column: column.to_owned(), why: why.into() });
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// In the order of the workbook's rows.
    pub(crate) fn sorted(mut self) -> Self {
        self.entries.sort();
        self.entries.dedup();
        self
    }
}
