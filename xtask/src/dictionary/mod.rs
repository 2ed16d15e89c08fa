//! `cargo xtask dictionary`: trains the compression dictionary.

use crate::Outcome;
use crate::arguments::Arguments;

/// Trains the dictionary.
pub(crate) fn run(arguments: Arguments) -> Outcome {
    arguments.finish()?;
    Err("there is nothing to train on yet".to_owned())
}
