//! Why a spreadsheet was refused as a whole: few kinds, each with a stable code and a place.
//!
//! What is wrong with a single row is no error: it is named in [`crate::NotUnderstood`], and the import goes on.

/// Why a spreadsheet was refused, or could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XlsFormError {
    /// Larger than any form is; guards memory.
    #[error("{place}: more than {max} {what}")]
    OverLimit {
        /// Where.
        place: String,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: u64,
    },
    /// Not an `.xlsx` workbook, or a damaged one.
    #[error("{place}: not a readable .xlsx workbook: {why}")]
    NotAWorkbook {
        /// Where.
        place: String,
        /// What the reader says.
        why: String,
    },
    /// A workbook without what makes it a form.
    #[error("{place}: {why}")]
    NotAForm {
        /// Where.
        place: String,
        /// What is missing.
        why: &'static str,
    },
    /// The instrument made of the form does not pass the engine's own check.
    #[error("the form cannot be an instrument: {why}")]
    Refused {
        /// The check's place, within the instrument.
        place: String,
        /// The check's message.
        why: String,
    },
    /// The workbook could not be written.
    #[error("{place}: cannot be written as .xlsx: {why}")]
    NotWritten {
        /// Sheet.
        place: String,
        /// What the writer says.
        why: String,
    },
}

impl XlsFormError {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OverLimit { .. } => "xlsform_over_limit",
            Self::NotAWorkbook { .. } => "xlsform_not_a_workbook",
            Self::NotAForm { .. } => "xlsform_not_a_form",
            Self::Refused { .. } => "xlsform_refused",
            Self::NotWritten { .. } => "xlsform_not_written",
        }
    }

    /// The place: the file, a part of it, a sheet, or a path within the instrument.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            Self::OverLimit { place, .. }
            | Self::NotAWorkbook { place, .. }
            | Self::NotAForm { place, .. }
            | Self::Refused { place, .. }
            | Self::NotWritten { place, .. } => place,
        }
    }
}
