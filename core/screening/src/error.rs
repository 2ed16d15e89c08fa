//! Why an instrument file was refused: few kinds, each with a stable code and the place in the file.

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
            Self::OverLimit { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Missing { place, .. }
            | Self::NotAllowed { place, .. } => place.clone(),
        }
    }
}
