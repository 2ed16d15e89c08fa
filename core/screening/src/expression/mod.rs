//! The expression language of instruments: branch conditions, constraints, derived values and case tables.
//!
//! Small enough to read at a glance, and safe to run whoever wrote it: reading and evaluating take bounded time, depth
//! and memory, never panic, and never take what is missing for "no".
//!
//! ```text
//! any      = all { "or" all }
//! all      = not { "and" not }
//! not      = { "not" } compare
//! compare  = sum [ ("=" | "!=" | "<" | "<=" | ">" | ">=") sum ]
//! sum      = product { ("+" | "-") product }
//! product  = minus { ("*" | "div" | "mod") minus }
//! minus    = { "-" } value
//! value    = number | text | "yes" | "no" | name | function "(" [ any { "," any } ] ")" | "(" any ")"
//! ```
//!
//! A text stands in single or double quotes; the quote inside it is written twice, and a backslash is a backslash.

mod budget;
mod call;
mod compute;
mod error;
mod evaluate;
mod function;
mod lexer;
pub mod limits;
mod node;
mod number;
mod parse;
mod pattern;
mod print;
#[cfg(test)]
mod tests;
mod texts;
mod value;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use self::budget::{Budget, Overdrawn};
pub use self::error::{ExpressionError, ExpressionProblem};
pub use self::function::Function;
pub use self::node::{Comparison, Node, Plus, Times};
pub use self::number::Number;
pub use self::pattern::Pattern;
pub use self::value::{Missing, Names, Value};

use crate::id::Id;

/// An expression within all limits. In a file it is a string, such as `"travels_alone and age < 16"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    root: Node,
    names: Vec<Id>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ExpressionError`] with the place and a stable code.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let root = parse::parse(source)?;
        let mut seen = BTreeSet::new();
        let mut names = Vec::new();
        root.walk(&mut |node| {
            if let Node::Name(name) = node
                && seen.insert(name)
            {
                names.push(name.clone());
            }
        });
        let expression = Self { root, names };
        // Spaces and parentheses may make the canonical form longer, and that is what gets stored.
        if expression.to_string().len() > limits::SOURCE_BYTES {
            return Err(ExpressionError { at: source.len(), why: ExpressionProblem::TooLong });
        }
        Ok(expression)
    }

    /// Takes a tree that other code built, under the same limits; chains inside chains of the same kind become one.
    ///
    /// # Errors
    /// [`ExpressionError`]; its place is one in the canonical form, or 0 where the tree is too large to be written.
    pub fn from_node(node: &Node) -> Result<Self, ExpressionError> {
        node.check(1, &mut 0)?;
        Self::parse(&node.to_string())
    }

    /// Whether a word belongs to the language, so that nothing can be named by it.
    #[must_use]
    pub fn is_reserved(word: &str) -> bool {
        lexer::reserved(word).is_some()
    }

    /// The outermost part.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.root
    }

    /// The names that it refers to, each once, in the order in which they first appear.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &Id> {
        self.names.iter()
    }

    /// Bytes that its compiled patterns take, at most: a file with many expressions can be bounded by their sum.
    #[must_use]
    pub fn pattern_weight(&self) -> usize {
        let mut weight = 0;
        self.root.walk(&mut |node| {
            if let Node::Matches(_, pattern) = node {
                weight += pattern.weight();
            }
        });
        weight
    }

    /// What it comes to, given what its names stand for.
    #[must_use]
    pub fn evaluate(&self, names: &dyn Names) -> Value {
        evaluate::evaluate(&self.root, names)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)
    }
}

impl TryFrom<String> for Expression {
    type Error = ExpressionError;
    fn try_from(source: String) -> Result<Self, ExpressionError> {
        Self::parse(&source)
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.to_string()
    }
}
