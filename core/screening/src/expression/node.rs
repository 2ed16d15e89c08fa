//! The parts of an expression, for code that walks one or builds one.
//!
//! A [`Node`] promises nothing by itself; [`Expression::from_node`](super::Expression::from_node) checks it.

use std::cmp::Ordering;

use super::error::{ExpressionError, ExpressionProblem};
use super::function::Function;
use super::lexer::reserved;
use super::limits::{DEPTH, PARTS};
use super::number::Number;
use super::pattern::Pattern;
use crate::id::Id;

/// A part of an expression, with the parts inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `yes` or `no`.
    Truth(bool),
    /// A number.
    Number(Number),
    /// A text in quotes.
    Text(String),
    /// A reference to an item, a derived value, a rule or a fact about the profile.
    Name(Id),
    /// `not a`.
    Not(Box<Node>),
    /// `-a`.
    Negate(Box<Node>),
    /// `a and b and c`.
    All(Vec<Node>),
    /// `a or b or c`.
    Any(Vec<Node>),
    /// `a < b`.
    Compare(Comparison, Box<Node>, Box<Node>),
    /// `a + b - c`, from left to right.
    Sum(Box<Node>, Vec<(Plus, Node)>),
    /// `a * b div c`, from left to right.
    Product(Box<Node>, Vec<(Times, Node)>),
    /// `regex(a, 'pattern')`.
    Matches(Box<Node>, Pattern),
    /// `function(a, b)`.
    Call(Function, Vec<Node>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A step of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plus {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// A step of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Times {
    /// `*`
    Times,
    /// `div`
    Div,
    /// `mod`, with the sign of what is divided.
    Mod,
}

impl Comparison {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether it holds for two values in this order.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Plus {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
        }
    }
}

impl Times {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Times => "*",
            Self::Div => "div",
            Self::Mod => "mod",
        }
    }
}

impl Node {
    /// A comparison.
    #[must_use]
    pub fn compare(left: Self, comparison: Comparison, right: Self) -> Self {
        Self::Compare(comparison, Box::new(left), Box::new(right))
    }

    /// `not a`.
    #[must_use]
    pub fn negated(node: Self) -> Self {
        Self::Not(Box::new(node))
    }

    /// The parts directly inside, from left to right.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match self {
            Self::Truth(_) | Self::Number(_) | Self::Text(_) | Self::Name(_) => Vec::new(),
            Self::Not(node) | Self::Negate(node) | Self::Matches(node, _) => vec![node.as_ref()],
            Self::All(nodes) | Self::Any(nodes) | Self::Call(_, nodes) => nodes.iter().collect(),
            Self::Compare(_, left, right) => vec![left.as_ref(), right.as_ref()],
            Self::Sum(first, rest) => {
                std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, node)| node)).collect()
            }
            Self::Product(first, rest) => {
                std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, node)| node)).collect()
            }
        }
    }

    /// Calls `visit` with this part and every part inside it, from left to right.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Checks what must hold before a tree that somebody built can be printed at all.
    pub(crate) fn check(&self, depth: usize, parts: &mut usize) -> Result<(), ExpressionError> {
        let refuse = |why| Err(ExpressionError { at: 0, why });
        *parts += 1;
        if depth > DEPTH {
            return refuse(ExpressionProblem::TooDeep);
        }
        if *parts > PARTS {
            return refuse(ExpressionProblem::TooManyParts);
        }
        if let Self::Name(name) = self
            && let Some(word) = reserved(name.as_str())
        {
            return refuse(ExpressionProblem::ReservedWord(word));
        }
        self.children().into_iter().try_for_each(|child| child.check(depth + 1, parts))
    }
}
