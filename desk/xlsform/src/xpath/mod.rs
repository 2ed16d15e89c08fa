//! The XPath of real forms: read into a tree, with every construct that XLSForm's guides, Kobo's and ODK's builders
//! write.
//!
//! Any text gives a tree or an error with a position; depth and size are bounded.

mod lexer;
mod parser;
mod tree;

pub(crate) use parser::parse;
pub(crate) use tree::{Expr, Op, Path};
