//! Patterns of `regex`: compiled once, when the expression is read.
//!
//! A [`Pattern`] that exists is bounded in memory, and matching it takes time in proportion to the text.

use std::fmt;
use std::sync::Arc;

use regex_lite::{Regex, RegexBuilder};

use super::error::ExpressionProblem;
use super::limits::{PATTERN_BYTES, PATTERN_GROUPS, PATTERN_WEIGHT, TEXT_BYTES};

/// A pattern that a whole text matches or not, as in ODK. Equal where it is written the same.
#[derive(Clone)]
pub struct Pattern {
    source: Arc<str>,
    whole: Arc<Regex>,
    weight: usize,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`ExpressionProblem::PatternTooLarge`] beyond the limits, [`ExpressionProblem::BadPattern`] where it is not
    /// understood: `regex-lite` knows no look-around, no back-references and no Unicode classes.
    pub fn new(source: &str) -> Result<Self, ExpressionProblem> {
        if source.len() > PATTERN_BYTES {
            return Err(ExpressionProblem::PatternTooLarge);
        }
        // Alone first: only a pattern that holds by itself cannot break out of the group around it.
        let (alone, _) = compile(source)?;
        if alone.captures_len() > PATTERN_GROUPS + 1 {
            return Err(ExpressionProblem::PatternTooLarge);
        }
        let (whole, weight) = compile(&format!("^(?:{source})$"))?;
        Ok(Self { source: source.into(), whole: Arc::new(whole), weight })
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Bytes that it takes compiled, at most.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Whether the whole text matches; none for a text beyond the limit.
    #[must_use]
    pub fn matches(&self, text: &str) -> Option<bool> {
        (text.len() <= TEXT_BYTES).then(|| self.whole.is_match(text))
    }
}

/// The compiler does not tell what a pattern takes, only whether it is within a limit: so with one after the other.
fn compile(source: &str) -> Result<(Regex, usize), ExpressionProblem> {
    let mut limit = 1_024;
    loop {
        match RegexBuilder::new(source).size_limit(limit).build() {
            Ok(regex) => return Ok((regex, limit)),
            Err(error) if !error.to_string().contains("size limit") => return Err(ExpressionProblem::BadPattern),
            Err(_) if limit >= PATTERN_WEIGHT => return Err(ExpressionProblem::PatternTooLarge),
            Err(_) => limit *= 2,
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.source).finish()
    }
}
