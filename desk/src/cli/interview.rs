//! A screening question by question.
use crate::DeskError;
use super::arguments::Arguments;
use super::output::Output;
pub(super) fn run(_a: &Arguments, _o: &Output) -> Result<(), DeskError> { Ok(()) }
