//! XLSForm spreadsheets in and out: the forms that people write for ODK, Kobo and CommCare, as instruments and back.
//!
//! [`import`] reads an `.xlsx` file that anybody may have written: it uses what means the same here, keeps the rest for
//! export, and names every cell that is not used with its sheet, row and column. [`export()`] writes an instrument as a
//! form that pyxform accepts; one that came from a form comes out with the counts that it came in with. No input makes
//! either panic or use memory beyond [`limits`].
//!
//! ```
//! use vigil_xlsform::{Options, export, import};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let form = export(&vigil_screening::border_interception()?)?;
//! let imported = import(&form, &Options::default())?;
//! assert!(imported.counts.questions > 40);
//! for cell in &imported.not_understood {
//!     println!("{}, row {}, {}: {}", cell.sheet, cell.row, cell.column, cell.why);
//! }
//! # Ok(())
//! # }
//! ```

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
