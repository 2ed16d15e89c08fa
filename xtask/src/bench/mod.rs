//! `cargo xtask bench`: the figures of docs/benchmarks.md.

use crate::Outcome;
use crate::arguments::Arguments;

/// Runs the bench.
pub(crate) fn run(arguments: Arguments) -> Outcome {
    arguments.finish()?;
    Err("there is nothing to measure yet".to_owned())
}
