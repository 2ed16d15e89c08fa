//! Comparisons and calculations on values.
//!
//! An operand that is missing makes the result missing, and kinds that do not go together make it not computable.

use super::node::Comparison;
use super::value::{Value, any_missing};
use crate::date::Date;

pub(super) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Value {
    if let Some(why) = any_missing([left, right]) {
        return Value::Missing(why);
    }
    let equal = match (left, right) {
        (Value::Number(left), Value::Number(right)) => return Value::Truth(comparison.holds(left.cmp(right))),
        (Value::Date(left), Value::Date(right)) => return Value::Truth(comparison.holds(left.cmp(right))),
        (Value::Truth(left), Value::Truth(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Choices(left), Value::Choices(right)) => left == right,
        (Value::Choices(set), Value::Text(choice)) | (Value::Text(choice), Value::Choices(set)) => {
            set.len() == 1 && set.contains(choice)
        }
        _ => return Value::NOT_COMPUTABLE,
    };
    match comparison {
        Comparison::Equal => Value::Truth(equal),
        Comparison::NotEqual => Value::Truth(!equal),
        // Neither texts nor truths have an order: "9" before "10" would be a trap.
        _ => Value::NOT_COMPUTABLE,
    }
}

pub(super) fn negate(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::number(-number.get()),
        Value::Missing(why) => Value::Missing(*why),
        _ => Value::NOT_COMPUTABLE,
    }
}

pub(super) fn add(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Date(date), Value::Number(days)) | (Value::Number(days), Value::Date(date)) => later(*date, days.get()),
        _ => on_numbers(left, right, |left, right| left + right),
    }
}

pub(super) fn subtract(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Date(date), Value::Number(days)) => later(*date, -days.get()),
        (Value::Date(left), Value::Date(right)) => Value::number((left.days() - right.days()) as f64),
        _ => on_numbers(left, right, |left, right| left - right),
    }
}

pub(super) fn multiply(left: &Value, right: &Value) -> Value {
    on_numbers(left, right, |left, right| left * right)
}

pub(super) fn divide(left: &Value, right: &Value) -> Value {
    on_numbers(left, right, |left, right| left / right)
}

pub(super) fn remainder(left: &Value, right: &Value) -> Value {
    on_numbers(left, right, |left, right| left % right)
}

fn on_numbers(left: &Value, right: &Value, operation: fn(f64, f64) -> f64) -> Value {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Value::number(operation(left.get(), right.get())),
        _ => any_missing([left, right]).map_or(Value::NOT_COMPUTABLE, Value::Missing),
    }
}

/// The day so many days later; a part of a day goes back to the day that it is part of.
pub(super) fn later(date: Date, days: f64) -> Value {
    Date::from_days((date.days() as f64 + days).floor() as i64).map_or(Value::NOT_COMPUTABLE, Value::Date)
}
