//! Comparisons, with XPath's conversions between the two sides.
//!
//! A side that is missing makes a comparison missing here and false in XPath; `!=` is what makes the difference.

use vigil_screening::Date;
use vigil_screening::expression::{Comparison, Function, Node};

use super::convert::{Typed, call};
use super::scope::{Options, Type};
use super::{Out, refuse};

/// `left comparison right`.
pub(crate) fn compare(comparison: Comparison, left: Typed, right: Typed) -> Out<Typed> {
    match comparison {
        Comparison::Equal => equal(left, right),
        Comparison::NotEqual => Ok(match equal(left, right)? {
            // Both sides always have a value: the plain operator says it.
            Typed { node: Node::Compare(Comparison::Equal, left, right), sure: true, .. } => {
                Typed::sure(Node::Compare(Comparison::NotEqual, left, right), Type::Truth)
            }
            Typed { node: Node::Not(inner), sure: true, .. } => Typed::sure(*inner, Type::Truth),
            other => other.negated(),
        }),
        ordered => {
            let (left, right) = match (&left.of, &right.of) {
                (Type::Date, Type::Date) => (left, right),
                (Type::Date, Type::Text) => (left, as_date(right)?),
                (Type::Text, Type::Date) => (as_date(left)?, right),
                _ => (left.into_number()?, right.into_number()?),
            };
            let sure = left.sure && right.sure;
            Ok(Typed { sure, ..Typed::new(Node::compare(left.node, ordered, right.node), Type::Truth) })
        }
    }
}

fn equal(left: Typed, right: Typed) -> Out<Typed> {
    if right.is_empty_text() {
        return Ok(is_empty(left));
    }
    if left.is_empty_text() {
        return Ok(is_empty(right));
    }
    let (left, right) = match (&left.of, &right.of) {
        (Type::Truth, _) | (_, Type::Truth) => return same_truth(left, right),
        (Type::One(options) | Type::Several(options), Type::Text | Type::Number) => {
            let options = options.clone();
            (left, option(&options, right)?)
        }
        (Type::Text | Type::Number, Type::One(options) | Type::Several(options)) => {
            let options = options.clone();
            (option(&options, left)?, right)
        }
        (Type::One(one), Type::One(other)) if one.list == other.list => (left, right),
        (Type::One(_), Type::One(_)) => (left.into_text()?, right.into_text()?),
        (Type::Text, Type::Text) | (Type::Number, Type::Number) | (Type::Date, Type::Date) => (left, right),
        (Type::Date, Type::Text) => (left, as_date(right)?),
        (Type::Text, Type::Date) => (as_date(left)?, right),
        (Type::Number | Type::Date, Type::Number | Type::Date | Type::Text) | (Type::Text, Type::Number) => {
            (left.into_number()?, right.into_number()?)
        }
        _ => return refuse("it compares values that do not go together"),
    };
    let sure = left.sure && right.sure;
    Ok(Typed { sure, ..Typed::new(Node::compare(left.node, Comparison::Equal, right.node), Type::Truth) })
}

/// Whether there is no value: `x = ''`.
fn is_empty(value: Typed) -> Typed {
    let node = match value.of {
        // A computed text may be an empty one.
        Type::Text if !value.plain => {
            let empty = Node::Text(String::new());
            let text = if value.sure { value.node } else { call(Function::Coalesce, vec![value.node, empty.clone()]) };
            Node::compare(text, Comparison::Equal, empty)
        }
        _ if value.sure => Node::Truth(false),
        _ => Node::negated(call(Function::Answered, vec![value.node])),
    };
    Typed::sure(node, Type::Truth)
}

/// A literal as an option of a list, or a text that may name one.
fn option(options: &Options, literal: Typed) -> Out<Typed> {
    match literal.as_literal() {
        Some(name) => match options.id(&name) {
            Some(id) => Ok(Typed::sure(Node::Text(id.to_string()), Type::Text)),
            None => refuse(format!("the list has no option '{}'", name.chars().take(60).collect::<String>())),
        },
        None if options.keep_their_names() => literal.into_text(),
        None => refuse("a choice is compared with a text, and its options have other names here"),
    }
}

fn same_truth(left: Typed, right: Typed) -> Out<Typed> {
    // A computed condition is stored as the text `true` or `false`.
    let stored = |value: &Typed| matches!(value.node, Node::Name(_));
    let literal = |value: &Typed, other: &Typed| match &value.node {
        Node::Truth(truth) => Some(*truth),
        Node::Number(number) => Some(number.get() != 0.0),
        Node::Text(text) if stored(other) && text == "true" => Some(true),
        Node::Text(text) if stored(other) && text == "false" => Some(false),
        _ => None,
    };
    match (literal(&left, &right), literal(&right, &left)) {
        (_, Some(true)) => left.into_truth(),
        (Some(true), _) => right.into_truth(),
        (_, Some(false)) => Ok(left.into_truth()?.negated()),
        (Some(false), _) => Ok(right.into_truth()?.negated()),
        (None, None) => {
            let (left, right) = (left.into_truth()?.two_valued(), right.into_truth()?.two_valued());
            Ok(Typed::sure(Node::compare(left, Comparison::Equal, right), Type::Truth))
        }
    }
}

fn as_date(text: Typed) -> Out<Typed> {
    match text.as_literal() {
        Some(literal) if Date::parse(literal.trim()).is_err() => refuse("a date is compared with a text that is none"),
        literal => {
            let sure = literal.is_some();
            Ok(Typed { sure, ..Typed::new(call(Function::Date, vec![text.node]), Type::Date) })
        }
    }
}
