//! A form as an instrument: every row is used, or kept for export and named.
//!
//! The counts are those of the sheets, so that what was read can be held against them.

mod answers;
mod bag;
mod calculations;
mod choices;
mod circles;
mod expressions;
mod rest;
mod safety;
mod survey;
mod texts;

use std::collections::BTreeMap;

use serde::Serialize;
use vigil_screening::sheet::{Kept, Needs, Provenance, Status};
use vigil_screening::{Id, Instrument, Lang, Review, Sheet, Text, is_shipped};

pub(crate) use bag::{ADDED, AFTER, END, LANGUAGE, LIST, OUTSIDE, SHEET, UNLABELLED, is_hidden};
pub(crate) use expressions::whole;

use crate::counts::counts;
use crate::error::XlsFormError;
use crate::form::Form;
use crate::heading::On;
use crate::ids::Ids;
use crate::language::Languages;
use crate::report::{Counts, NotUnderstood, Report};
use crate::workbook;
use bag::keep;

/// What an import is told beside the file.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Id of the instrument; without it the form's own id is used.
    pub id: Option<Id>,
    /// Language of labels without a language, where the form does not say it; without it `und`, which is no language.
    pub language: Option<Lang>,
    /// Roles that may use the instrument; without it officers and case workers.
    pub roles: Vec<Id>,
}

/// A form that was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// The instrument; [`Imported::instrument`] checks it.
    #[serde(skip)]
    pub sheet: Sheet,
    /// What the form has.
    #[serde(flatten)]
    pub counts: Counts,
    /// What the instrument does not represent, cell by cell, in the order of the workbook's sheets and rows.
    pub not_understood: Vec<NotUnderstood>,
    /// What was added or decided, for whoever goes on with the instrument.
    pub notes: Vec<String>,
}

impl Imported {
    /// The instrument, after the engine's own check.
    ///
    /// # Errors
    /// [`XlsFormError::Refused`] for a form that is larger than an instrument may be.
    pub fn instrument(&self) -> Result<Instrument, XlsFormError> {
        Instrument::from_sheet(&self.sheet).map_err(|why| refused(&why))
    }
}

fn refused(why: &vigil_screening::InstrumentError) -> XlsFormError {
    XlsFormError::Refused { place: why.place(), why: why.to_string() }
}

/// Reads an XLSForm (`.xlsx`) as an instrument.
///
/// Groups become sections, repeats repeated ones, selects choices from lists; `relevant`, `constraint`, `calculation`
/// and `repeat_count` become expressions where they mean the same there. What is not used stays in the instrument for
/// [`export`](crate::export()) and is named.
///
/// # Errors
/// [`XlsFormError`] for a file that is no workbook, no form, or beyond a limit. What is wrong with single rows is no
/// error.
pub fn import(bytes: &[u8], options: &Options) -> Result<Imported, XlsFormError> {
    let mut report = Report::default();
    let form = Form::read(workbook::read(bytes)?, &mut report)?;
    let counts = counts(&form);
    let languages = Languages::of(&form, options.language.as_ref())?;
    if !languages.is_said {
        report.note("The form does not say its language: its texts are marked `und`.");
    }
    let (safety, help_cards) = safety::page(&languages).map_err(|why| refused(&why))?;
    report.note("The safety page of the border instrument was added: no instrument goes without one.");
    report.note("No item has points, and there is no rule: what the answers add up to is for the author to say.");

    let mut lists = choices::Lists::read(&form.choices, &languages, &mut report);
    for grid in &form.kept {
        if grid.name.trim().eq_ignore_ascii_case("external_choices") {
            let rows = crate::form::Rows::read(grid, On::Choices, &mut report);
            choices::read_external(&rows, &languages, &mut lists, &mut report);
        }
    }
    let mut items = Ids::default();
    safety.items.iter().for_each(|item| drop(items.make(item.id.as_str(), "q_")));
    let mut builder = survey::Builder::new(&form, &languages, &mut lists, &mut report, items);
    builder.all();
    let (sections, pending) = (builder.sections, builder.pending);
    let head = Head::of(&form, options, &languages, &mut report);

    let mut sheet = Sheet {
        format: Sheet::FORMAT,
        id: head.id,
        version: head.version,
        language: languages.own.clone(),
        languages: languages.all.iter().map(|(_, tag)| (tag.clone(), review(tag, &languages))).collect(),
        fallback: BTreeMap::new(),
        title: Text::in_one(languages.own.clone(), head.title.clone()),
        notice: Text::in_one(languages.own.clone(), NOTICE),
        provenance: provenance(&head.title),
        disabled: None,
        needs: Needs { roles: roles(options), training: Vec::new() },
        profiles: Vec::new(),
        safety,
        sections,
        lists: lists.lists,
        groups: Vec::new(),
        verifications: Vec::new(),
        help_cards,
        advice_cards: Vec::new(),
        derived: Vec::new(),
        rules: Vec::new(),
        cases: Vec::new(),
        publisher: None,
        signature: None,
        xlsform: head.bag,
    };
    expressions::settle(&mut sheet, &pending, &form.survey.sheet, &mut report);
    let report = report.sorted();
    Ok(Imported { sheet, counts, not_understood: report.entries, notes: report.notes })
}

const NOTICE: &str = "What is written here decides nothing. A person decides, under their own name.";

/// Every language but the form's own counts as unreviewed until somebody has reviewed it (CARE 13).
fn review(tag: &Lang, languages: &Languages) -> Review {
    if *tag == languages.own { Review::Original } else { Review::Unreviewed }
}

fn roles(options: &Options) -> Vec<Id> {
    if options.roles.is_empty() {
        ["case_worker", "officer"].into_iter().filter_map(|role| Id::new(role).ok()).collect()
    } else {
        options.roles.clone()
    }
}

fn provenance(title: &str) -> Provenance {
    Provenance {
        source: format!("XLSForm \"{title}\""),
        source_licence: "Not stated in the form.".to_owned(),
        changes: vec!["A safety page was added.".to_owned(), "Every question can be skipped.".to_owned()],
        licence: "As the form's; ask its author.".to_owned(),
        status: Status::NotValidated,
        status_note: "Imported from a spreadsheet; nobody has checked the result yet.".to_owned(),
    }
}

/// What the settings say.
struct Head {
    id: Id,
    version: u32,
    title: String,
    bag: Kept,
}

impl Head {
    fn of(form: &Form, options: &Options, languages: &Languages, report: &mut Report) -> Self {
        let value = |name: &str| form.setting(name).map(|setting| setting.value.as_str());
        let clean = |text: &str| -> String { text.chars().filter(|c| !is_hidden(*c)).take(400).collect() };
        let title = value("form_title").or(value("form_id")).map(clean).filter(|title| !title.trim().is_empty());
        let title = title.unwrap_or_else(|| "Imported form".to_owned());
        let name = value("form_id").or(value("form_title")).unwrap_or("imported_form");
        let id = options.id.clone().unwrap_or_else(|| Ids::default().make(name, "form_"));
        // The ids of shipped instruments are theirs.
        let id = if is_shipped(id.as_str()) { Ids::default().make(&format!("{id}_imported"), "form_") } else { id };
        let version = value("version").and_then(|version| version.parse().ok()).filter(|version| *version > 0);
        let mut bag = Kept::new();
        for (name, tag) in &languages.all {
            keep(&mut bag, &format!("{LANGUAGE}{tag}"), name.as_deref().unwrap_or_default());
        }
        for setting in &form.settings {
            let kept = keep(&mut bag, &setting.name, &setting.value);
            let used = match setting.name.as_str() {
                "form_title" | "form_id" | "default_language" | "allow_choice_duplicates" => true,
                "version" => version.is_some(),
                _ => false,
            };
            if !used || !kept {
                let why = texts::why(kept, "a setting that is not used here");
                report.name(&form.settings_sheet, setting.row, &setting.header, why);
            }
        }
        for grid in form.kept.iter().filter(|grid| !grid.name.trim().eq_ignore_ascii_case("external_choices")) {
            keep_sheet(grid, &mut bag, report);
        }
        Self { id, version: version.unwrap_or(1), title, bag }
    }
}

/// The few rows of `entities`, cell by cell: `_sheet entities 2 list_name`.
fn keep_sheet(grid: &workbook::Grid, bag: &mut Kept, report: &mut Report) {
    let mut rows = grid.rows.iter();
    let Some((_, header)) = rows.next() else { return };
    let sheet = grid.name.trim().to_lowercase();
    for (number, cells) in rows {
        for (at, cell) in cells {
            let column = header.get(at).map_or("", String::as_str);
            let kept = !column.is_empty() && keep(bag, &format!("{SHEET} {sheet} {number} {column}"), cell);
            report.name(&grid.name, *number, column, texts::why(kept, "not used here"));
        }
    }
}
