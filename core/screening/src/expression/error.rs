//! Why an expression was refused, and where.
//!
//! The message names the place and what would be right there; it never repeats more of the source than a word.

use super::limits;

/// An expression that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub struct ExpressionError {
    /// Where, in bytes from the start; in the canonical form for an expression that was built and not read.
    pub at: usize,
    /// Why.
    pub why: ExpressionProblem,
}

impl ExpressionError {
    /// Stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.why.code()
    }
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionProblem {
    /// Longer than any expression may be.
    #[error("longer than {} bytes", limits::SOURCE_BYTES)]
    TooLong,
    /// More parts than any expression may have.
    #[error("more than {} parts", limits::PARTS)]
    TooManyParts,
    /// Nested too deep.
    #[error("nested more than {} deep", limits::DEPTH)]
    TooDeep,
    /// A character that has no place outside a text.
    #[error("{0:?} has no meaning here")]
    UnexpectedCharacter(char),
    /// A character that shows as nothing or turns the reading direction.
    #[error("{0:?} cannot be seen, and would make the expression read as another")]
    HiddenCharacter(char),
    /// A text without its closing quote.
    #[error("the text that starts here is not closed")]
    UnclosedText,
    /// Neither whole nor decimal, or beyond all bounds.
    #[error("a number is written in digits, with at most one point between them")]
    BadNumber,
    /// A word that cannot be a name.
    #[error("a name is lower-case letters, digits and underscores, 64 at most, and starts with a letter")]
    BadName,
    /// A word of the language where a name should be.
    #[error("\"{0}\" is a word of the language and cannot be a name")]
    ReservedWord(&'static str),
    /// Something else should stand here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// `a < b < c`.
    #[error("comparisons do not chain: join two of them with \"and\"")]
    ChainedComparison,
    /// No function of this name.
    #[error("there is no function \"{0}\"")]
    UnknownFunction(String),
    /// A function with too few or too many arguments.
    #[error("{function} takes {takes}, not {found}", takes = takes(*least, *most))]
    WrongArity {
        /// The function.
        function: &'static str,
        /// The fewest arguments that it takes.
        least: usize,
        /// The most; none where there is no end.
        most: Option<usize>,
        /// How many there are.
        found: usize,
    },
    /// A function of rounds, applied to something else than a name.
    #[error("{0} goes over the rounds of an item, so its argument is a name")]
    NameWanted(&'static str),
    /// A pattern that is computed.
    #[error("a pattern is a text in quotes")]
    PatternNotLiteral,
    /// Not a pattern.
    #[error("not a pattern that is understood here")]
    BadPattern,
    /// A pattern, or all patterns of the expression together, would take too much.
    #[error(
        "a pattern has {} bytes and {} groups at most, and all of an expression together take no more than {} bytes",
        limits::PATTERN_BYTES,
        limits::PATTERN_GROUPS,
        limits::PATTERN_WEIGHT
    )]
    PatternTooLarge,
    /// Together with the expressions before it in the same file, more than a file may have.
    #[error("all expressions of a file together have too many parts, or patterns that take too much")]
    FileTooHeavy,
    /// A literal that is no day.
    #[error("a date is a day of the calendar, written YYYY-MM-DD")]
    BadDate,
}

fn takes(least: usize, most: Option<usize>) -> String {
    match most {
        Some(1) if least == 1 => "1 argument".to_owned(),
        Some(most) if most == least => format!("{least} arguments"),
        Some(most) => format!("{least} to {most} arguments"),
        None => format!("{least} arguments or more"),
    }
}

impl ExpressionProblem {
    /// Stable code of this problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "expression_too_long",
            Self::TooManyParts => "expression_too_many_parts",
            Self::TooDeep => "expression_too_deep",
            Self::UnexpectedCharacter(_) => "expression_unexpected_character",
            Self::HiddenCharacter(_) => "expression_hidden_character",
            Self::UnclosedText => "expression_unclosed_text",
            Self::BadNumber => "expression_bad_number",
            Self::BadName => "expression_bad_name",
            Self::ReservedWord(_) => "expression_reserved_word",
            Self::Expected(_) => "expression_unexpected",
            Self::ChainedComparison => "expression_chained_comparison",
            Self::UnknownFunction(_) => "expression_unknown_function",
            Self::WrongArity { .. } => "expression_wrong_arity",
            Self::NameWanted(_) => "expression_name_wanted",
            Self::PatternNotLiteral => "expression_pattern_not_literal",
            Self::BadPattern => "expression_bad_pattern",
            Self::PatternTooLarge => "expression_pattern_too_large",
            Self::FileTooHeavy => "expression_file_too_heavy",
            Self::BadDate => "expression_bad_date",
        }
    }
}
