//! What an expression comes to, given what its names stand for.
//!
//! Every part is visited once at most; what is missing is never taken for "no".

use super::call::call;
use super::compute::{add, compare, divide, multiply, negate, remainder, subtract};
use super::node::{Node, Plus, Times};
use super::value::{Names, Value, stronger};

pub(super) fn evaluate(node: &Node, names: &dyn Names) -> Value {
    match node {
        Node::Truth(truth) => Value::Truth(*truth),
        Node::Number(number) => Value::Number(*number),
        Node::Text(text) => Value::Text(text.clone()),
        Node::Name(name) => names.value(name),
        Node::Not(inner) => match evaluate(inner, names).truth() {
            Ok(truth) => Value::Truth(!truth),
            Err(why) => Value::Missing(why),
        },
        Node::Negate(inner) => negate(&evaluate(inner, names)),
        Node::All(nodes) => until(nodes, false, names),
        Node::Any(nodes) => until(nodes, true, names),
        Node::Compare(comparison, left, right) => compare(*comparison, &evaluate(left, names), &evaluate(right, names)),
        Node::Sum(first, rest) => rest.iter().fold(evaluate(first, names), |sum, (step, node)| {
            let value = evaluate(node, names);
            match step {
                Plus::Plus => add(&sum, &value),
                Plus::Minus => subtract(&sum, &value),
            }
        }),
        Node::Product(first, rest) => rest.iter().fold(evaluate(first, names), |product, (step, node)| {
            let value = evaluate(node, names);
            match step {
                Times::Times => multiply(&product, &value),
                Times::Div => divide(&product, &value),
                Times::Mod => remainder(&product, &value),
            }
        }),
        Node::Matches(inner, pattern) => {
            let value = evaluate(inner, names);
            match (&value, value.as_text()) {
                (Value::Missing(why), _) => Value::Missing(*why),
                (_, Some(text)) => pattern.matches(text).map_or(Value::NOT_COMPUTABLE, Value::Truth),
                (_, None) => Value::NOT_COMPUTABLE,
            }
        }
        Node::Call(function, arguments) => call(*function, arguments, names),
    }
}

/// Kleene's `and` and `or`: one value that decides is enough, whatever is missing beside it.
fn until(nodes: &[Node], decides: bool, names: &dyn Names) -> Value {
    let mut missing = None;
    for node in nodes {
        match evaluate(node, names).truth() {
            Ok(truth) if truth == decides => return Value::Truth(decides),
            Ok(_) => {}
            Err(why) => missing = Some(stronger(missing, why)),
        }
    }
    missing.map_or(Value::Truth(!decides), Value::Missing)
}
