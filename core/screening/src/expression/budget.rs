//! What all expressions of one file may take together, drawn while they are read.
//!
//! A file is checked only after it was parsed, and parsing compiles patterns: without this a small file could fill the
//! memory first. Reading an expression outside a file draws on nothing; its own limits hold.

use std::cell::Cell;

use super::error::ExpressionProblem;

/// What one file may still take.
#[derive(Clone, Copy)]
struct Left {
    parts: usize,
    weight: usize,
    overdrawn: Option<Overdrawn>,
}

/// What a file has too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdrawn {
    /// Parts of expressions.
    Parts,
    /// Bytes of compiled patterns.
    Patterns,
}

thread_local! {
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

/// A budget for the expressions that this thread reads, until it is dropped.
pub(crate) struct Budget {
    outer: Option<Left>,
}

impl Budget {
    /// Opens a budget.
    pub(crate) fn of(parts: usize, weight: usize) -> Self {
        Self { outer: LEFT.replace(Some(Left { parts, weight, overdrawn: None })) }
    }

    /// What there was too much of, if anything.
    pub(crate) fn overdrawn(&self) -> Option<Overdrawn> {
        LEFT.get().and_then(|left| left.overdrawn)
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        LEFT.set(self.outer);
    }
}

/// Draws one part.
pub(super) fn part() -> Result<(), ExpressionProblem> {
    draw(1, 0, Overdrawn::Parts)
}

/// Draws the weight of a pattern.
pub(super) fn pattern(weight: usize) -> Result<(), ExpressionProblem> {
    draw(0, weight, Overdrawn::Patterns)
}

fn draw(parts: usize, weight: usize, what: Overdrawn) -> Result<(), ExpressionProblem> {
    let Some(left) = LEFT.get() else { return Ok(()) };
    let rest = left.parts.checked_sub(parts).zip(left.weight.checked_sub(weight));
    let (parts, weight, overdrawn) = rest.map_or((0, 0, Some(what)), |(parts, weight)| (parts, weight, left.overdrawn));
    LEFT.set(Some(Left { parts, weight, overdrawn }));
    if overdrawn.is_some() { Err(ExpressionProblem::FileTooHeavy) } else { Ok(()) }
}
