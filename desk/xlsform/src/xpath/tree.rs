//! The tree of an XPath expression.
//!
//! Chains of one precedence are lists, so a tree is never deeper than its parentheses.

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    /// A number, as written.
    Number(String),
    /// Text in quotes.
    Text(String),
    /// `${name}`.
    Question(String),
    /// `${last-saved#name}`.
    LastSaved(String),
    /// `.`
    Here,
    /// Any other location path.
    Path(Path),
    /// `name(arguments)`.
    Call(String, Vec<Expr>),
    /// `-x`.
    Minus(Box<Expr>),
    /// `first op next op next`, all of one precedence, grouped from the left.
    Chain(Box<Expr>, Vec<(Op, Expr)>),
    /// `(x)[..]/step`: a path that starts from an expression.
    From(Box<Expr>, Path),
}

/// A location path: steps and the expressions in their predicates.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Path {
    /// The names of its steps, joined by `/`; predicates left out.
    pub(crate) text: String,
    /// The predicates, in order.
    pub(crate) predicates: Vec<Expr>,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    AtMost,
    More,
    AtLeast,
    Plus,
    Minus,
    Times,
    Div,
    Mod,
    Union,
}

impl Op {
    /// Binds tighter the higher it is.
    pub(crate) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::AtMost | Self::More | Self::AtLeast => 4,
            Self::Plus | Self::Minus => 5,
            Self::Times | Self::Div | Self::Mod => 6,
            Self::Union => 7,
        }
    }
}

/// Why a text is not an expression that is read here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("character {at}: {why}")]
pub(crate) struct XPathError {
    /// Which character, from 1.
    pub(crate) at: usize,
    /// What is wrong.
    pub(crate) why: &'static str,
}

impl Expr {
    /// Every question that is named by `${..}`, wherever it stands.
    pub(crate) fn questions(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.visit(&mut |expr| {
            if let Self::Question(name) = expr {
                names.push(name.as_str());
            }
        });
        names
    }

    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Number(_) | Self::Text(_) | Self::Question(_) | Self::LastSaved(_) | Self::Here => {}
            Self::Path(path) => path.predicates.iter().for_each(|expr| expr.visit(see)),
            Self::Call(_, arguments) => arguments.iter().for_each(|expr| expr.visit(see)),
            Self::Minus(expr) => expr.visit(see),
            Self::Chain(first, rest) => {
                first.visit(see);
                rest.iter().for_each(|(_, expr)| expr.visit(see));
            }
            Self::From(expr, path) => {
                expr.visit(see);
                path.predicates.iter().for_each(|expr| expr.visit(see));
            }
        }
    }
}
