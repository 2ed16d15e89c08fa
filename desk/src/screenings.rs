//! Screenings as they stand in files, on standard input and in scenarios: what was asked, who was there, what was decided.
//! Reading promises to stop at the first value that is not one, and to say where, without repeating what stands in it.

use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use vigil_core::records::Outcome;
use vigil_core::{NewPerson, NewScreening};

use crate::error::DeskError;

/// One screening with the persons in it and, if one was taken, the decision.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreeningInput {
    /// The screening.
    pub screening: NewScreening,
    /// The persons in it.
    #[serde(default)]
    pub persons: Vec<NewPerson>,
    /// What was decided.
    #[serde(default)]
    pub decision: Option<Outcome>,
}

/// Reads one or several screenings that follow each other.
pub(crate) fn read(text: &str) -> impl Iterator<Item = Result<ScreeningInput, DeskError>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let value = values.next()?;
        failed = value.is_err();
        Some(value.map_err(|error| {
            let what = match error.classify() {
                Category::Data => "not a screening",
                _ => "not JSON",
            };
            DeskError::Usage(format!("line {}, column {}: {what}", error.line(), error.column()))
        }))
    })
}
