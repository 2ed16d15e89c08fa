//! XLSForm spreadsheets in and out.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod counts;
mod error;
mod export;
mod form;
mod heading;
mod htcds;
mod ids;
mod import;
mod kind;
mod language;
pub mod limits;
mod package;
mod report;
mod translate;
mod workbook;
mod xpath;

pub use error::XlsFormError;
pub use export::export;
pub use import::{Imported, Options, import};
pub use report::{Counts, NotUnderstood};
