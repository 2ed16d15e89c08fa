//! Between XPath, where what is missing is an empty text, and the engine's expressions, where it stays missing.
//!
//! What is translated means the same in both; everything else is refused with a reason, and stays as it is written.

mod compare;
mod convert;
mod functions;
mod inward;
mod outward;
mod scope;

pub(crate) use inward::{Place, Reading};
pub(crate) use outward::{Outward, Wanted, option_name};
pub(crate) use scope::{Known, Repeats, Scope};

/// Why an expression is not translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Untranslated(pub(crate) String);

pub(crate) type Out<T> = Result<T, Untranslated>;

pub(crate) fn refuse<T>(why: impl Into<String>) -> Out<T> {
    Err(Untranslated(why.into()))
}
