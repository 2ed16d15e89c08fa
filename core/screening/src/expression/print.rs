//! The one canonical form of an expression.
//!
//! Reading what is printed gives the same expression again: parentheses stand where they are needed and nowhere else.

use std::fmt;

use super::function::REGEX;
use super::node::Node;

/// How tightly a part holds together; a part inside a tighter one stands in parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Any,
    All,
    Not,
    Compare,
    Sum,
    Product,
    Minus,
    Value,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, Binding::Any, f)
    }
}

/// A chain of one is that one.
fn peel(mut node: &Node) -> &Node {
    loop {
        node = match node {
            Node::All(nodes) | Node::Any(nodes) if nodes.len() == 1 => nodes.first().unwrap_or(node),
            Node::Sum(first, rest) if rest.is_empty() => first,
            Node::Product(first, rest) if rest.is_empty() => first,
            other => return other,
        };
    }
}

fn binding(node: &Node) -> Binding {
    match node {
        Node::Any(nodes) if !nodes.is_empty() => Binding::Any,
        Node::All(nodes) if !nodes.is_empty() => Binding::All,
        Node::Not(_) => Binding::Not,
        Node::Compare(..) => Binding::Compare,
        Node::Sum(..) => Binding::Sum,
        Node::Product(..) => Binding::Product,
        Node::Negate(_) => Binding::Minus,
        Node::Number(number) if number.get() < 0.0 => Binding::Minus,
        _ => Binding::Value,
    }
}

fn print(node: &Node, least: Binding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let node = peel(node);
    if binding(node) >= least {
        return bare(node, f);
    }
    f.write_str("(")?;
    bare(node, f)?;
    f.write_str(")")
}

fn bare(node: &Node, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match node {
        Node::Truth(truth) => f.write_str(if *truth { "yes" } else { "no" }),
        Node::Number(number) => write!(f, "{number}"),
        Node::Text(text) => quoted(text, f),
        Node::Name(name) => write!(f, "{name}"),
        Node::Not(inner) => {
            f.write_str("not ")?;
            print(inner, Binding::Not, f)
        }
        Node::Negate(inner) => {
            f.write_str("-")?;
            print(inner, Binding::Minus, f)
        }
        Node::All(nodes) if nodes.is_empty() => f.write_str("yes"),
        Node::Any(nodes) if nodes.is_empty() => f.write_str("no"),
        Node::All(nodes) => list(nodes, " and ", Binding::All, f),
        Node::Any(nodes) => list(nodes, " or ", Binding::Any, f),
        Node::Compare(comparison, left, right) => {
            print(left, Binding::Sum, f)?;
            write!(f, " {} ", comparison.symbol())?;
            print(right, Binding::Sum, f)
        }
        Node::Sum(first, rest) => {
            print(first, Binding::Sum, f)?;
            rest.iter().try_for_each(|(step, node)| {
                write!(f, " {} ", step.symbol())?;
                print(node, Binding::Product, f)
            })
        }
        Node::Product(first, rest) => {
            print(first, Binding::Product, f)?;
            rest.iter().try_for_each(|(step, node)| {
                write!(f, " {} ", step.symbol())?;
                print(node, Binding::Minus, f)
            })
        }
        Node::Matches(text, pattern) => {
            write!(f, "{REGEX}(")?;
            print(text, Binding::Any, f)?;
            f.write_str(", ")?;
            quoted(pattern.as_str(), f)?;
            f.write_str(")")
        }
        Node::Call(function, arguments) => {
            write!(f, "{}(", function.name())?;
            list(arguments, ", ", Binding::Any, f)?;
            f.write_str(")")
        }
    }
}

fn list(nodes: &[Node], between: &str, least: Binding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    nodes.iter().enumerate().try_for_each(|(i, node)| {
        if i > 0 {
            f.write_str(between)?;
        }
        print(node, least, f)
    })
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}
