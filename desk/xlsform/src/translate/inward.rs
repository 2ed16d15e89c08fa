//! An XPath tree as an expression of the engine's.
//!
//! Operators are here, functions in [`super::functions`]; both keep track of kinds, because the engine converts
//! nothing.

use vigil_screening::Expression;
use vigil_screening::expression::{Comparison, Function, Node, Number, Plus, Times};

use super::compare::compare;
use super::convert::{Typed, call};
use super::scope::{Known, Scope, Type};
use super::{Out, Untranslated, refuse};
use crate::counts::yes_or_no;
use crate::xpath::{self, Expr, Op, Path};

/// Where an expression stands.
pub(crate) struct Place<'a> {
    pub(crate) scope: &'a Scope,
    /// The repeats around it.
    pub(crate) repeats: &'a [usize],
    /// What `.` is: the answer, in a constraint.
    pub(crate) here: Option<Type>,
}

/// What an expression is read as.
pub(crate) struct Reading {
    pub(crate) expression: Expression,
    pub(crate) of: Type,
}

impl Place<'_> {
    /// A condition.
    pub(crate) fn condition(&self, text: &str) -> Out<Expression> {
        // Words that pyxform reads as true() and false(), which XPath would take for names.
        if let Some(truth) = yes_or_no(text).filter(|_| !text.contains(['0', '1'])) {
            return finish(&Node::Truth(truth));
        }
        let node = self.read(text)?.into_truth()?.node;
        finish(&node)
    }

    /// A number: how often a repeat is asked.
    pub(crate) fn number(&self, text: &str) -> Out<Expression> {
        let node = self.read(text)?.into_number()?.node;
        finish(&node)
    }

    /// A value of any kind.
    pub(crate) fn value(&self, text: &str) -> Out<Reading> {
        let value = self.read(text)?;
        Ok(Reading { expression: finish(&value.node)?, of: value.of })
    }

    fn read(&self, text: &str) -> Out<Typed> {
        let tree = xpath::parse(text).map_err(|why| Untranslated(why.to_string()))?;
        self.expr(&tree)
    }

    pub(super) fn expr(&self, expr: &Expr) -> Out<Typed> {
        match expr {
            Expr::Number(digits) => match Number::parse(digits.trim_end_matches('.')).or_else(|| decimal(digits)) {
                Some(number) => Ok(Typed::sure(Node::Number(number), Type::Number)),
                None => refuse("a number that is too long"),
            },
            Expr::Text(text) => Ok(Typed::sure(Node::Text(text.clone()), Type::Text)),
            Expr::Question(name) => self.question(name),
            Expr::Here => self.here(),
            Expr::Path(path) => match simple_step(path) {
                Some(name) => self.question(name),
                None => refuse(format!("the path {} is not followed", shown(path))),
            },
            Expr::Call(name, arguments) => self.function(name, arguments),
            Expr::Minus(inner) => {
                let inner = self.expr(inner)?.into_number()?;
                let node = match inner.node {
                    Node::Number(number) => super::convert::number_node(-number.get()),
                    node => Node::Negate(Box::new(node)),
                };
                Ok(Typed { sure: inner.sure, ..Typed::new(node, Type::Number) })
            }
            Expr::Chain(first, rest) => self.chain(first, rest),
            Expr::LastSaved(_) => refuse("the answers of an earlier form are not known here"),
            Expr::From(..) => refuse("a path is not followed"),
        }
    }

    fn here(&self) -> Out<Typed> {
        match (&self.here, vigil_screening::Id::new("value")) {
            (Some(of), Ok(value)) => Ok(Typed { plain: true, ..Typed::new(Node::Name(value), of.clone()) }),
            _ => refuse("`.` stands for an answer in constraints only"),
        }
    }

    fn question(&self, name: &str) -> Out<Typed> {
        match self.scope.get(name)? {
            Known::Value { id, of, repeats, computed } => {
                if repeats.iter().any(|repeat| !self.repeats.contains(repeat)) {
                    return refuse(format!(
                        "${{{name}}} is asked several times, and which answer is meant is not said"
                    ));
                }
                Ok(Typed { plain: !computed, ..Typed::new(Node::Name(id.clone()), of.clone()) })
            }
            Known::Repeat(_) => refuse(format!("${{{name}}} is a repeat")),
            Known::Without(why) => refuse(format!("${{{name}}} {why}")),
        }
    }

    fn chain(&self, first: &Expr, rest: &[(Op, Expr)]) -> Out<Typed> {
        let Some((op, _)) = rest.first() else { return self.expr(first) };
        match op {
            Op::Or | Op::And => {
                let all = std::iter::once(first).chain(rest.iter().map(|(_, expr)| expr));
                let all = all.map(|expr| self.expr(expr)?.into_truth()).collect::<Out<Vec<_>>>()?;
                let sure = all.iter().all(|value| value.sure);
                let nodes = all.into_iter().map(|value| value.node).collect();
                let node = if *op == Op::Or { Node::Any(nodes) } else { Node::All(nodes) };
                Ok(Typed { sure, ..Typed::new(node, Type::Truth) })
            }
            Op::Equal | Op::NotEqual | Op::Less | Op::AtMost | Op::More | Op::AtLeast => {
                let mut left = self.expr(first)?;
                for (op, right) in rest {
                    left = compare(comparison(*op), left, self.expr(right)?)?;
                }
                Ok(left)
            }
            Op::Plus | Op::Minus => self.sum(first, rest),
            Op::Times | Op::Div | Op::Mod => {
                let first = self.expr(first)?.into_number()?;
                let mut sure = first.sure;
                let mut steps = Vec::new();
                for (op, right) in rest {
                    let right = self.expr(right)?.into_number()?;
                    // A division by zero has no value here.
                    sure &= right.sure && *op == Op::Times;
                    steps.push((times(*op), right.node));
                }
                Ok(Typed { sure, ..Typed::new(Node::Product(Box::new(first.node), steps), Type::Number) })
            }
            Op::Union => refuse("a union of paths is not followed"),
        }
    }

    /// Dates and days: a date and a number are a date, the difference of two dates is a number.
    fn sum(&self, first: &Expr, rest: &[(Op, Expr)]) -> Out<Typed> {
        let first = self.expr(first)?;
        let first = if matches!(first.of, Type::Date) { first } else { first.into_number()? };
        let (mut of, mut sure) = (first.of.clone(), first.sure);
        let (mut start, mut steps) = (first.node, Vec::new());
        for (op, right) in rest {
            let right = self.expr(right)?;
            let step = if *op == Op::Plus { Plus::Plus } else { Plus::Minus };
            let right = match (&of, &right.of, step) {
                (Type::Date, Type::Date, Plus::Minus) => {
                    of = Type::Number;
                    right
                }
                (Type::Date, Type::Date, Plus::Plus) => {
                    start = call(Function::Number, vec![Node::Sum(Box::new(start), std::mem::take(&mut steps))]);
                    of = Type::Number;
                    right.into_number()?
                }
                (Type::Number, Type::Date, Plus::Plus) => {
                    of = Type::Date;
                    right
                }
                _ => right.into_number()?,
            };
            sure &= right.sure && matches!(of, Type::Number);
            steps.push((step, right.node));
        }
        Ok(Typed { sure, ..Typed::new(Node::Sum(Box::new(start), steps), of) })
    }
}

fn finish(node: &Node) -> Out<Expression> {
    Expression::from_node(node).map_err(|why| Untranslated(why.to_string()))
}

/// `.5`, which is read as `0.5`.
fn decimal(digits: &str) -> Option<Number> {
    digits.parse().ok().and_then(Number::new)
}

/// `../name` and `/data/group/name` name a question like `${name}`.
fn simple_step(path: &Path) -> Option<&str> {
    let (before, name) = path.text.rsplit_once('/')?;
    let plain = path.predicates.is_empty() && !path.text.contains("//") && !path.text.contains(['*', '@', ':', '$']);
    let named = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let rooted = before.starts_with("..") || before.starts_with('/');
    (plain && named && rooted).then_some(name)
}

fn shown(path: &Path) -> String {
    path.text.chars().take(60).collect()
}

fn comparison(op: Op) -> Comparison {
    match op {
        Op::NotEqual => Comparison::NotEqual,
        Op::Less => Comparison::Less,
        Op::AtMost => Comparison::LessOrEqual,
        Op::More => Comparison::Greater,
        Op::AtLeast => Comparison::GreaterOrEqual,
        _ => Comparison::Equal,
    }
}

fn times(op: Op) -> Times {
    match op {
        Op::Div => Times::Div,
        Op::Mod => Times::Mod,
        _ => Times::Times,
    }
}
