//! Words and codes inside events.
//! They promise a length limit wherever they come from, and never to show themselves through `Debug`.

use super::limits::{MAX_CODE_BYTES, MAX_LONG_TEXT_BYTES, MAX_SHORT_TEXT_BYTES};
use super::names::plain_name;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Why words cannot stand in an event. It never repeats them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// Longer than the limit.
    #[error("a text here has at most {limit} bytes")]
    TooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Nothing but white space.
    #[error("a text here must not be empty")]
    Empty,
    /// Not 1 to 64 lower-case letters, digits, `_`, `.` or `-`.
    #[error("a code has 1 to {MAX_CODE_BYTES} lower-case letters, digits, '_', '.' or '-'")]
    NotACode,
}

impl TextError {
    /// A code that never changes, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "text.too_long",
            Self::Empty => "text.empty",
            Self::NotACode => "text.not_a_code",
        }
    }
}

/// Words of at most `LIMIT` bytes that are not all white space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const LIMIT: usize>(String);

/// A place, a person, a reason in a few words.
pub type ShortText = Text<MAX_SHORT_TEXT_BYTES>;
/// An opinion, an addendum.
pub type LongText = Text<MAX_LONG_TEXT_BYTES>;

impl<const LIMIT: usize> Text<LIMIT> {
    /// Takes words within the limit.
    ///
    /// # Errors
    /// [`TextError::TooLong`] or [`TextError::Empty`].
    pub fn new(words: impl Into<String>) -> Result<Self, TextError> {
        let words = words.into();
        if words.len() > LIMIT {
            return Err(TextError::TooLong { limit: LIMIT });
        }
        if words.trim().is_empty() {
            return Err(TextError::Empty);
        }
        Ok(Self(words))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const LIMIT: usize> TryFrom<String> for Text<LIMIT> {
    type Error = TextError;
    fn try_from(words: String) -> Result<Self, TextError> {
        Self::new(words)
    }
}

impl<const LIMIT: usize> From<Text<LIMIT>> for String {
    fn from(text: Text<LIMIT>) -> Self {
        text.0
    }
}

impl<const LIMIT: usize> fmt::Debug for Text<LIMIT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl<C, const LIMIT: usize> minicbor::Encode<C> for Text<LIMIT> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C, const LIMIT: usize> minicbor::Decode<'b, C> for Text<LIMIT> {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(d.str()?).map_err(|_| minicbor::decode::Error::message("not a text of this length"))
    }
}

plain_name!(
    /// A short code: a kind of record, a purpose of consent, a kind of recipient, a language.
    Code,
    MAX_CODE_BYTES,
    TextError,
    TextError::NotACode
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_neither_empty_nor_too_long() {
        assert!(ShortText::new("आश्रय").is_ok());
        assert_eq!(ShortText::new("  ").unwrap_err().code(), "text.empty");
        assert_eq!(ShortText::new("a".repeat(MAX_SHORT_TEXT_BYTES + 1)).unwrap_err().code(), "text.too_long");
        assert!(serde_json::from_str::<ShortText>("\"\"").is_err());
        assert_eq!(Code::new("Nepali").unwrap_err().code(), "text.not_a_code");
    }

    #[test]
    fn debug_shows_no_words() {
        assert!(!format!("{:?}", ShortText::new("Maya").unwrap()).contains("Maya"));
    }
}
