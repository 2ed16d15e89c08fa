//! Why an instrument file was refused: few kinds, each with a stable code and the place in the file.

use serde_json::error::Category;

use crate::limits;

/// Why an instrument file was refused. Nothing of a refused file is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstrumentError {
    /// The file is longer than any instrument may be.
    #[error("the file has {bytes} bytes, more than the {max} allowed")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Brackets are nested deeper than any instrument needs.
    #[error("byte {byte}: nested more than {max} deep")]
    TooDeep {
        /// Where the limit was passed.
        byte: usize,
        /// The limit.
        max: usize,
    },
    /// Not JSON.
    #[error("line {line}, column {column}: not JSON: {why}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column.
        column: usize,
        /// The parser's message.
        why: String,
    },
    /// JSON, but not in the shape of an instrument: a field is missing, unknown or of another kind.
    #[error("line {line}, column {column}: not an instrument: {why}")]
    WrongShape {
        /// Line, from 1; 0 where the parser does not say.
        line: usize,
        /// Column.
        column: usize,
        /// The parser's message.
        why: String,
    },
    /// Written in a file format that this version does not read.
    #[error("format: the file is in format {format}, this version reads format {reads}")]
    OtherFormat {
        /// The file's format.
        format: u64,
        /// What is read here.
        reads: u32,
    },
    /// Too many or too long.
    #[error("{place}: more than {max} {what}")]
    OverLimit {
        /// Where.
        place: String,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// The same id twice.
    #[error("{place}: \"{id}\" is used twice")]
    Duplicate {
        /// Where the second one stands.
        place: String,
        /// The id.
        id: String,
    },
    /// A reference to something that the file does not contain.
    #[error("{place}: there is no \"{id}\"")]
    Missing {
        /// Where the reference stands.
        place: String,
        /// What it names.
        id: String,
    },
    /// A condition or a derived value that depends on itself.
    #[error("{place}: \"{id}\" depends on itself")]
    Circular {
        /// Where.
        place: String,
        /// What leads back to itself.
        id: String,
    },
    /// The signature does not fit what the file says.
    #[error("signature: the file was changed after its publisher signed it, or the signature is another's")]
    BadSignature,
    /// Well formed, but against a rule of instruments.
    #[error("{place}: {why}")]
    NotAllowed {
        /// Where.
        place: String,
        /// The rule.
        why: &'static str,
    },
}

impl InstrumentError {
    /// The parser's own error, with its place and no more of the file than a person would read.
    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let why: String = error.to_string().chars().filter(|c| !c.is_control()).take(limits::ERROR_CHARS).collect();
        match error.classify() {
            Category::Data => Self::WrongShape { line, column, why },
            Category::Io | Category::Syntax | Category::Eof => Self::NotJson { line, column, why },
        }
    }

    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "instrument_too_large",
            Self::TooDeep { .. } => "instrument_too_deep",
            Self::NotJson { .. } => "instrument_not_json",
            Self::WrongShape { .. } => "instrument_wrong_shape",
            Self::OtherFormat { .. } => "instrument_other_format",
            Self::OverLimit { .. } => "instrument_over_limit",
            Self::Duplicate { .. } => "instrument_duplicate_id",
            Self::Missing { .. } => "instrument_missing_reference",
            Self::Circular { .. } => "instrument_circular",
            Self::BadSignature => "instrument_bad_signature",
            Self::NotAllowed { .. } => "instrument_not_allowed",
        }
    }

    /// The place in the file: a line and column, a byte, or a path such as `sections[1].items[3].points`.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::TooLarge { .. } => "file".to_owned(),
            Self::TooDeep { byte, .. } => format!("byte {byte}"),
            Self::NotJson { line, column, .. } | Self::WrongShape { line, column, .. } => {
                format!("line {line}, column {column}")
            }
            Self::OtherFormat { .. } => "format".to_owned(),
            Self::BadSignature => "signature".to_owned(),
            Self::OverLimit { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Missing { place, .. }
            | Self::Circular { place, .. }
            | Self::NotAllowed { place, .. } => place.clone(),
        }
    }
}
