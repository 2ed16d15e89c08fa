//! What an instrument makes of answers: from one file, or line by line from a stream.
//! It promises an answer for every line in its place, and that a broken line stops nothing but itself.

use std::io::{self, BufRead};

use serde::Serialize;
use serde_json::json;
use vigil_screening::{Assessment, Submitted};

use super::lines::{self, Line};
use super::problem::InstrumentProblem;
use super::source;
use crate::cli::arguments::Languages;
use crate::cli::output::Output;
use crate::cli::reader::Reader;
use crate::error::DeskError;
use crate::text::plain;

/// An assessment, and exactly which instrument it is of.
#[derive(Serialize)]
struct Scored<'a> {
    #[serde(flatten)]
    assessment: &'a Assessment,
    digest: &'a str,
}

pub(super) fn score(output: &Output, given: &str, answers: &str, languages: &Languages) -> Result<(), DeskError> {
    if given == "-" && answers == "-" {
        return Err(DeskError::Usage("only one of the two can come from standard input".to_owned()));
    }
    let loaded = source::load(given)?;
    let reader = Reader::new(&loaded.instrument, languages.tags());
    if answers == "-" {
        return stream(output, &reader, &mut io::stdin().lock());
    }
    let submitted = submitted(&reader, answers)?;
    one(output, &reader, &loaded.instrument.digest().to_string(), &submitted)
}

/// Answers from a file.
pub(super) fn submitted(reader: &Reader<'_>, file: &str) -> Result<Submitted, DeskError> {
    let bytes = source::bytes(file, lines::MOST_BYTES)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| InstrumentProblem::NotText { byte: error.utf8_error().valid_up_to() })?;
    Ok(Submitted::from_json(reader.instrument, &text).map_err(InstrumentProblem::from)?)
}

fn one(output: &Output, reader: &Reader<'_>, digest: &str, submitted: &Submitted) -> Result<(), DeskError> {
    let assessment = reader.score(&submitted.profile, &submitted.answers);
    let lines = if output.is_json() { Vec::new() } else { assessment.explain() };
    output.answer(&Scored { assessment: &assessment, digest }, lines.iter().map(|line| plain(line)))
}

fn stream(output: &Output, reader: &Reader<'_>, input: &mut impl BufRead) -> Result<(), DeskError> {
    let digest = reader.instrument.digest().to_string();
    let (mut read, mut failed) = (0u64, 0u64);
    while let Some(line) = lines::next(input).map_err(|error| DeskError::file("standard input", error))? {
        read += 1;
        let submitted = match line {
            Line::Words(words) => Submitted::from_json(reader.instrument, &words).map_err(|error| {
                // The parser sees one line only; whoever reads the error has the whole stream.
                let place = match error.place.strip_prefix("line 1, ") {
                    Some(column) => format!("line {read}, {column}"),
                    None => error.place.clone(),
                };
                let why = error.why.rsplit_once(" at line ").map_or(error.why.as_str(), |(why, _)| why);
                (error.code(), place, why.to_owned())
            }),
            Line::TooLong => {
                Err(("line_too_long", format!("line {read}"), format!("more than {} bytes", lines::MOST_BYTES)))
            }
            Line::NotText(byte) => {
                Err(("line_not_text", format!("line {read}, byte {byte}"), "not text in UTF-8".to_owned()))
            }
        };
        match submitted {
            Ok(submitted) => one(output, reader, &digest, &submitted)?,
            Err((code, place, why)) => {
                failed += 1;
                let (place, why) = (plain(&place), plain(&why));
                let value = json!({"error": {"code": code, "place": place, "message": why}});
                output.answer(&value, [format!("{place}: {why} [{code}]")])?;
            }
        }
        if !output.is_json() {
            output.say("")?;
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(InstrumentProblem::Lines { failed, lines: read }.into()),
    }
}
