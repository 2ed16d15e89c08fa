//! From an XLSForm spreadsheet to an instrument, and back.
//! It promises that whatever is not understood is named with its sheet, row and column.

use std::path::Path;

use serde_json::Value;
use vigil_screening::{Id, Lang};
use vigil_xlsform::{Imported, Options, export as to_form, import as from_form};

use super::source;
use crate::cli::output::Output;
use crate::error::DeskError;
use crate::text::{count, plain};

pub(super) fn import(
    output: &Output,
    file: &Path,
    id: Option<&str>,
    language: Option<&Lang>,
    out: Option<&Path>,
) -> Result<(), DeskError> {
    let id = id.map(Id::new).transpose().map_err(|error| DeskError::Usage(format!("--id: {error}")))?;
    let bytes = source::bytes(&file.display().to_string(), MOST_BYTES)?;
    let options = Options { id, language: language.cloned(), ..Options::default() };
    let imported = from_form(&bytes, &options)?;
    let instrument = imported.instrument()?;
    if let Some(out) = out {
        let mut text = serde_json::to_string_pretty(&imported.sheet)
            .map_err(|error| DeskError::DoesNotHold(format!("the instrument cannot be written: {error}")))?;
        text.push('\n');
        source::write(out, text.as_bytes())?;
    }
    let mut value = serde_json::to_value(&imported)
        .map_err(|error| DeskError::DoesNotHold(format!("the report cannot be written: {error}")))?;
    if let Value::Object(fields) = &mut value {
        fields.insert("instrument".to_owned(), instrument.id().as_str().into());
        fields.insert("version".to_owned(), instrument.version().into());
        fields.insert("file".to_owned(), out.map(|out| out.display().to_string()).into());
    }
    output.answer(&value, lines(&imported, out))
}

/// Larger than any workbook that the reader takes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

fn lines(imported: &Imported, out: Option<&Path>) -> Vec<String> {
    let counts = &imported.counts;
    let many = |number: usize, thing: &str| count(number as u64, thing);
    let mut lines = vec![format!(
        "{}, {}, {}, {}, {}, {}",
        many(counts.questions, "question"),
        many(counts.choices, "choice"),
        many(counts.languages, "language"),
        many(counts.expressions, "expression"),
        many(counts.groups, "group"),
        many(counts.repeats, "repeat"),
    )];
    lines.extend(imported.notes.iter().map(|note| format!("- {}", plain(note))));
    if !imported.not_understood.is_empty() {
        lines.push(format!("Not understood, or not fully ({}):", many(imported.not_understood.len(), "place")));
    }
    for place in &imported.not_understood {
        let column = if place.column.is_empty() { String::new() } else { format!(", {}", plain(&place.column)) };
        lines.push(format!("  {}, row {}{column}: {}", plain(&place.sheet), place.row, plain(&place.why)));
    }
    lines.push(match out {
        Some(out) => {
            format!("Written to {}; `vigil instrument lint` says what is missing.", plain(&out.display().to_string()))
        }
        None => "Nothing was written; name a file with --out.".to_owned(),
    });
    lines
}

pub(super) fn export(output: &Output, given: &str, file: &Path) -> Result<(), DeskError> {
    let loaded = source::load(given)?;
    let bytes = to_form(&loaded.instrument)?;
    source::write(file, &bytes)?;
    let shown = file.display().to_string();
    output.answer(
        &serde_json::json!({
            "instrument": loaded.instrument.id(), "version": loaded.instrument.version(),
            "file": shown, "bytes": bytes.len(),
        }),
        [format!("{}: {} bytes", plain(&shown), bytes.len())],
    )
}
