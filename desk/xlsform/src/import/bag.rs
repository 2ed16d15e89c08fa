//! The bag of a row: cells that the engine does not use, under the headers that pyxform documents.
//!
//! What is in a bag can be written out again as it was; what does not fit is named as lost.

use vigil_screening::expression::limits::SOURCE_BYTES;
use vigil_screening::limits;
use vigil_screening::sheet::Kept;

use crate::heading::Column;

/// Put there by the import and not by the form: never written out. The value says why it was added.
pub(crate) const ADDED: &str = "_added";
/// Which labels the form does not have: `all`, or the tag of the form's own language.
pub(crate) const UNLABELLED: &str = "_unlabelled";
/// The section stands for rows outside of every group.
pub(crate) const OUTSIDE: &str = "_outside";
/// The row after which a computed value stood.
pub(crate) const AFTER: &str = "_after";
/// In the first option of a list: what the list is called, and on which sheet it stands.
pub(crate) const LIST: &str = "_list";
pub(crate) const SHEET: &str = "_sheet";
/// Before the header of a cell that stands beside the end of a group.
pub(crate) const END: &str = "_end ";
/// Before the tag of a language: what headers call it.
pub(crate) const LANGUAGE: &str = "_language ";

/// Puts a cell into a bag; whether it fits.
pub(crate) fn keep(bag: &mut Kept, header: &str, cell: &str) -> bool {
    let header: String = header.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fits = bag.len() < limits::LIST && cell.len() <= SOURCE_BYTES && !cell.chars().any(is_refused);
    if fits {
        bag.insert(header, cell.to_owned());
    }
    fits
}

/// The header under which a cell is kept.
pub(crate) fn header_of(column: &Column) -> String {
    let with = |base: &str, language: &Option<String>| match language {
        Some(language) => format!("{base}::{language}"),
        None => base.to_owned(),
    };
    match column {
        Column::Field(field) => field.header().to_owned(),
        Column::Text(wording, language) => with(wording.header(), language),
        Column::Media(medium, language) => with(medium.header(), language),
        Column::Other(header) => header.clone(),
    }
}

/// What an instrument does not allow in a text: letters that show as nothing or turn the reading direction.
pub(crate) fn is_hidden(c: char) -> bool {
    vigil_screening::limits::is_hidden(c)
}

fn is_refused(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\r' | '\t')
}
