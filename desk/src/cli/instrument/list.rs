//! Which instruments come with Vigil, and how far each language of an instrument is translated and reviewed.
//! It promises to say of every language whether it may be used alone (CARE 13).

use serde::Serialize;
use vigil_screening::sheet::Status;
use vigil_screening::{
    Instrument, LanguageCoverage, PhraseCoverage, Review, coverage as coverage_of, phrase_coverage, shipped,
    shipped_list,
};

use super::problem::InstrumentProblem;
use super::source::{self, Loaded};
use crate::cli::arguments::Languages;
use crate::cli::output::Output;
use crate::cli::reader::Reader;
use crate::error::DeskError;
use crate::text::{count, plain};

#[derive(Serialize)]
struct Row {
    id: String,
    version: u32,
    title: String,
    items: usize,
    rules: usize,
    cases: usize,
    status: Status,
    disabled: bool,
    roles: Vec<String>,
    languages: Vec<Language>,
    signed_by: Option<String>,
    digest: String,
}

/// A language, and whether it may be used alone.
#[derive(Serialize)]
pub(super) struct Language {
    #[serde(flatten)]
    coverage: LanguageCoverage,
    ready: bool,
}

fn languages(instrument: &Instrument) -> Vec<Language> {
    coverage_of(instrument).into_iter().map(|c| Language { ready: c.is_ready(), coverage: c }).collect()
}

fn every_shipped() -> Result<Vec<Instrument>, DeskError> {
    let all = shipped_list().filter_map(|(id, version)| shipped(id, version));
    Ok(all.collect::<Result<_, _>>().map_err(InstrumentProblem::from)?)
}

pub(super) fn list(output: &Output, tags: &Languages) -> Result<(), DeskError> {
    let instruments = every_shipped()?;
    let rows: Vec<Row> = instruments
        .iter()
        .map(|instrument| {
            let sheet = instrument.sheet();
            Row {
                id: instrument.id().to_string(),
                version: instrument.version(),
                title: Reader::new(instrument, tags.tags()).words(&sheet.title),
                items: instrument.items().count(),
                rules: sheet.rules.len(),
                cases: sheet.cases.len(),
                status: sheet.provenance.status,
                disabled: sheet.disabled.is_some(),
                roles: sheet.needs.roles.iter().map(ToString::to_string).collect(),
                languages: languages(instrument),
                signed_by: instrument.signed_by().map(|publisher| publisher.name.clone()),
                digest: instrument.digest().to_string(),
            }
        })
        .collect();
    output.answer(&rows, rows.iter().flat_map(row_lines))
}

fn row_lines(row: &Row) -> Vec<String> {
    let languages = row.languages.iter().map(|language| {
        let tag = &language.coverage.language;
        match (language.ready, language.coverage.status) {
            (_, Review::Original) => tag.to_string(),
            (true, _) => format!("{tag} (reviewed)"),
            (false, _) => format!("{tag} ({})", words_of(&language.coverage)),
        }
    });
    let status = status_words(row.status);
    let disabled = if row.disabled { "; switched off" } else { "" };
    vec![
        format!("{:<34}  {}", format!("{}@{}", row.id, row.version), plain(&row.title)),
        format!("    {}, {}{disabled}; for {}", count(row.items as u64, "item"), status, spoken_list(&row.roles)),
        format!(
            "    languages: {}; {}",
            languages.collect::<Vec<_>>().join(", "),
            row.signed_by.as_ref().map_or_else(|| "comes with Vigil".to_owned(), |name| format!("signed by {name}"))
        ),
    ]
}

/// `not validated` or `validated`.
pub(super) fn status_words(status: Status) -> &'static str {
    match status {
        Status::NotValidated => "not validated",
        Status::Validated => "validated",
    }
}

/// Names as words.
pub(super) fn spoken_list(names: &[String]) -> String {
    names.iter().map(|name| plain(&name.replace('_', " "))).collect::<Vec<_>>().join(", ")
}

fn words_of(coverage: &LanguageCoverage) -> String {
    format!("{} of {} translated, {} reviewed", coverage.translated, coverage.texts, coverage.reviewed)
}

#[derive(Serialize)]
struct Coverage {
    instruments: Vec<Covered>,
    /// The engine's own words, in each language beside English.
    phrases: Vec<PhraseCoverage>,
}

#[derive(Serialize)]
struct Covered {
    id: String,
    version: u32,
    languages: Vec<Language>,
}

pub(super) fn coverage(output: &Output, given: Option<&str>) -> Result<(), DeskError> {
    let instruments = match given {
        Some(given) => vec![source::load(given)?.instrument],
        None => every_shipped()?,
    };
    let covered = instruments.iter().map(|instrument| Covered {
        id: instrument.id().to_string(),
        version: instrument.version(),
        languages: languages(instrument),
    });
    let coverage = Coverage { instruments: covered.collect(), phrases: phrase_coverage() };
    let mut lines = vec![line("instrument", "language", "status", "translated", "reviewed", "may be used")];
    for instrument in &coverage.instruments {
        let name = format!("{}@{}", instrument.id, instrument.version);
        for Language { coverage, ready } in &instrument.languages {
            let of = |part: usize| format!("{part} of {}", coverage.texts);
            let (tag, status) = (coverage.language.as_str(), review_words(coverage.status));
            lines.push(line(&name, tag, status, &of(coverage.translated), &of(coverage.reviewed), usable(*ready)));
        }
    }
    for phrases in &coverage.phrases {
        let of = |part: usize| format!("{part} of {}", phrases.phrases);
        let ready = phrases.reviewed == phrases.phrases;
        let status = review_words(if ready { Review::Reviewed } else { Review::Unreviewed });
        let (tag, translated, reviewed) = (phrases.language.as_str(), of(phrases.translated), of(phrases.reviewed));
        lines.push(line("Vigil's own words", tag, status, &translated, &reviewed, usable(ready)));
    }
    if coverage.phrases.is_empty() {
        lines.push(line("Vigil's own words", "en", "original", "", "", usable(true)));
    }
    output.answer(&coverage, lines)
}

fn line(name: &str, tag: &str, status: &str, translated: &str, reviewed: &str, usable: &str) -> String {
    format!("{name:<34}  {tag:<8}  {status:<10}  {translated:<12}  {reviewed:<12}  {usable}")
}

fn usable(ready: bool) -> &'static str {
    if ready { "alone" } else { "beside the original" }
}

fn review_words(review: Review) -> &'static str {
    match review {
        Review::Original => "original",
        Review::Reviewed => "reviewed",
        Review::Unreviewed => "unreviewed",
    }
}

/// Who answers for an instrument, in words.
pub(super) fn origin(loaded: &Loaded) -> String {
    match loaded.instrument.signed_by() {
        Some(publisher) => format!("signed by {} with the key {}", plain(&publisher.name), publisher.key),
        None if loaded.is_shipped => "comes with Vigil".to_owned(),
        None => "not signed: nobody answers for this file".to_owned(),
    }
}
