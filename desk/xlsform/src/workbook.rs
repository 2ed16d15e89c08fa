//! Reads the cells of an `.xlsx` workbook as text, the way pyxform sees them: the reading crate's types end here.
//!
//! No input makes it use more memory than the limits allow, and none makes it panic.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xlsx};

use crate::error::XlsFormError;
use crate::limits;
use crate::package::{unpack, unreadable};

/// A workbook: sheets of text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Workbook {
    /// In the workbook's order.
    pub(crate) sheets: Vec<Grid>,
}

/// One sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Grid {
    /// Name as written.
    pub(crate) name: String,
    /// Rows by number, from 1 as the spreadsheet shows them; cells by column, from 0. Blank cells are left out.
    pub(crate) rows: BTreeMap<u32, BTreeMap<u32, String>>,
}

/// Reads a workbook.
pub(crate) fn read(bytes: &[u8]) -> Result<Workbook, XlsFormError> {
    let unpacked = unpack(bytes)?;
    // No hostile file is known to make the reader panic; one that does is a damaged file and nothing more.
    catch_unwind(AssertUnwindSafe(|| read_unpacked(unpacked)))
        .unwrap_or_else(|_| Err(unreadable("file", &"the reader gave up")))
}

fn read_unpacked(unpacked: Vec<u8>) -> Result<Workbook, XlsFormError> {
    let mut xlsx: Xlsx<_> = Xlsx::new(Cursor::new(unpacked)).map_err(|why| unreadable("file", &why))?;
    let names = xlsx.sheet_names();
    if names.len() > limits::SHEETS {
        return Err(over("file", "sheets", limits::SHEETS));
    }
    let mut left = limits::TEXT_BYTES;
    let mut sheets = Vec::with_capacity(names.len());
    for name in names {
        let mut grid = Grid { name: name.clone(), rows: BTreeMap::new() };
        // A chart sheet has no cells; it is named like any other sheet that is not part of a form.
        if let Ok(mut cells) = xlsx.worksheet_cells_reader(&name) {
            while let Some(cell) = cells.next_cell().map_err(|why| unreadable(&name, &why))? {
                let (row, column) = cell.get_position();
                let text = text_of(cell.get_value());
                if text.is_empty() {
                    continue;
                }
                if row >= limits::ROWS {
                    return Err(over(&name, "rows", limits::ROWS as usize));
                }
                if column >= limits::COLUMNS {
                    return Err(over(&name, "columns", limits::COLUMNS as usize));
                }
                if text.len() > limits::CELL_CHARS && text.chars().count() > limits::CELL_CHARS {
                    return Err(over(&format!("{name}, row {}", row + 1), "characters in a cell", limits::CELL_CHARS));
                }
                left = left
                    .checked_sub(text.len())
                    .ok_or_else(|| over("file", "bytes of text in its cells", limits::TEXT_BYTES))?;
                grid.rows.entry(row + 1).or_default().insert(column, text);
            }
        }
        sheets.push(grid);
    }
    Ok(Workbook { sheets })
}

fn over(place: &str, what: &'static str, max: usize) -> XlsFormError {
    XlsFormError::OverLimit { place: place.chars().take(100).collect(), what, max: max as u64 }
}

/// A cell as pyxform sees it: trimmed, no-break spaces as spaces, whole numbers without a fraction.
fn text_of(value: &DataRef<'_>) -> String {
    let text = match value {
        DataRef::Empty => return String::new(),
        DataRef::String(text) => text.as_str(),
        DataRef::SharedString(text) => text,
        DataRef::Int(number) => return number.to_string(),
        DataRef::Float(number) => return float(*number),
        DataRef::Bool(true) => return "TRUE".to_owned(),
        DataRef::Bool(false) => return "FALSE".to_owned(),
        DataRef::DateTime(moment) => return moment_text(moment),
        // ISO texts, error names and kinds that a later version of the reader may add.
        other => return Data::from(other.clone()).to_string().trim().to_owned(),
    };
    text.replace('\u{a0}', " ").trim().to_owned()
}

fn float(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        // Adding zero takes the sign from a negative zero.
        return format!("{:.0}", number + 0.0);
    }
    if number.abs() < 1e-4 { format!("{number:e}") } else { format!("{number}") }
}

fn moment_text(moment: &ExcelDateTime) -> String {
    let value = moment.as_f64();
    // Beyond the year 9999 a date is a number that somebody formatted as a date.
    if !value.is_finite() || !(0.0..2_958_466.0).contains(&value) {
        return float(value);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if value < 1.0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_typed_them() {
        for (number, text) in
            [(1.0, "1"), (-3.0, "-3"), (-0.0, "0"), (0.5, "0.5"), (18.25, "18.25"), (-10.0, "-10"), (1e-5, "1e-5")]
        {
            assert_eq!(float(number), text);
        }
    }

    #[test]
    fn cells_are_trimmed_and_hold_plain_spaces() {
        assert_eq!(text_of(&DataRef::SharedString("\u{a0} a\u{a0}b \n")), "a b");
        assert_eq!(text_of(&DataRef::Bool(false)), "FALSE");
        assert_eq!(text_of(&DataRef::Empty), "");
    }
}
