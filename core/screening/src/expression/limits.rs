//! What an expression may be at most, as it is written and as it runs.
//!
//! Expressions come from strangers: within these, reading and evaluating one is cheap; beyond them is a typed error.

/// Bytes in an expression, as it was written and in its canonical form.
pub const SOURCE_BYTES: usize = 8 * 1024;
/// Parts of an expression: operators, calls, names and literals.
pub const PARTS: usize = 1_000;
/// Parts inside parts. A chain of `and`, `or`, `+`, `-`, `*`, `div` or `mod` is one part, however long.
pub const DEPTH: usize = 32;
/// Bytes in a text that an expression puts together, and in one that a pattern is held against.
pub const TEXT_BYTES: usize = 4 * 1024;
/// Bytes in a pattern as it is written.
pub const PATTERN_BYTES: usize = 512;
/// Bytes that the compiled patterns of one expression may take together.
pub const PATTERN_WEIGHT: usize = 128 * 1024;
/// Groups in a pattern, each of which costs memory for every state of it.
pub const PATTERN_GROUPS: usize = 9;
/// Decimal places that `round` goes to, on either side of the point.
pub(crate) const ROUND_DIGITS: f64 = 15.0;
/// The highest exponent that `pow` takes.
pub(crate) const EXPONENT: f64 = 1_024.0;
