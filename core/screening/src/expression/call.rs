//! The functions of expressions, applied.
//!
//! First those that look at why something is missing or need not look at all; then the others, for which an argument
//! that is missing makes the result missing.

use std::cmp::Ordering;

use super::evaluate::evaluate;
use super::function::Function as F;
use super::node::Node;
use super::number::Number;
use super::texts;
use super::value::{Missing, Names, Value, any_missing, stronger};
use crate::date::Date;

pub(super) fn call(function: F, arguments: &[Node], names: &dyn Names) -> Value {
    let value = |node: &Node| evaluate(node, names);
    match (function, arguments) {
        (F::Answered, [x]) => Value::Truth(value(x).missing().is_none()),
        (F::Asked, [x]) => Value::Truth(value(x).missing() != Some(Missing::NotAsked)),
        (F::Unknown, [x]) => Value::Truth(value(x).missing() == Some(Missing::Unknown)),
        (F::Met, [x]) => Value::Truth(value(x) == Value::Truth(true)),
        (F::If, [condition, then, otherwise]) => match value(condition).truth() {
            Ok(true) => value(then),
            Ok(false) => value(otherwise),
            Err(why) => Value::Missing(why),
        },
        (F::Coalesce, values) => coalesce(values, names),
        (F::CountYes, values) => Value::count(values.iter().filter(|node| value(node) == Value::Truth(true)).count()),
        (F::AtLeast, [enough, values @ ..]) => at_least(&value(enough), values, names),
        (F::Today, []) => names.today().map_or(Value::NOT_COMPUTABLE, Value::Date),
        (F::Sum, [Node::Name(name)]) => sum(&names.rounds(name)),
        (F::Count, [Node::Name(name)]) => Value::count(names.rounds(name).len()),
        (F::Min | F::Max, [Node::Name(name)]) => strict(function, &names.rounds(name)),
        (_, arguments) => strict(function, &arguments.iter().map(value).collect::<Vec<_>>()),
    }
}

fn coalesce(nodes: &[Node], names: &dyn Names) -> Value {
    let mut missing = None;
    for node in nodes {
        match evaluate(node, names) {
            Value::Missing(why) => missing = Some(stronger(missing, why)),
            value => return value,
        }
    }
    missing.map_or(Value::NOT_COMPUTABLE, Value::Missing)
}

/// Settled as soon as enough are yes, or too few could still be.
fn at_least(enough: &Value, nodes: &[Node], names: &dyn Names) -> Value {
    let enough = match enough {
        Value::Number(enough) => *enough,
        Value::Missing(why) => return Value::Missing(*why),
        _ => return Value::NOT_COMPUTABLE,
    };
    let (mut yes, mut open, mut missing) = (0, 0, None);
    for node in nodes {
        match evaluate(node, names).truth() {
            Ok(truth) => yes += usize::from(truth),
            Err(why) => {
                open += 1;
                missing = Some(stronger(missing, why));
            }
        }
    }
    match missing {
        Some(why) if Number::of(yes) < enough && Number::of(yes + open) >= enough => Value::Missing(why),
        _ => Value::Truth(Number::of(yes) >= enough),
    }
}

fn sum(rounds: &[Value]) -> Value {
    if let Some(why) = any_missing(rounds) {
        return Value::Missing(why);
    }
    let number = |round: &Value| if let Value::Number(number) = round { Some(number.get()) } else { None };
    rounds.iter().map(number).sum::<Option<f64>>().map_or(Value::NOT_COMPUTABLE, Value::number)
}

fn strict(function: F, values: &[Value]) -> Value {
    match any_missing(values) {
        Some(why) => Value::Missing(why),
        None => apply(function, values).unwrap_or(Value::NOT_COMPUTABLE),
    }
}

fn apply(function: F, values: &[Value]) -> Option<Value> {
    use Value::{Choices, Date as Day, Number as Num, Text};
    match (function, values) {
        (F::Selected, [Choices(set), choice]) => Some(Value::Truth(set.contains(choice.as_text()?))),
        (F::Selected, [Text(chosen), choice]) => Some(Value::Truth(chosen == choice.as_text()?)),
        (F::CountSelected, [Choices(set)]) => Some(Value::count(set.len())),
        (F::CountSelected, [Text(chosen)]) => Some(Value::count(usize::from(!chosen.is_empty()))),

        (F::Min, values) => extreme(values, Ordering::Less),
        (F::Max, values) => extreme(values, Ordering::Greater),
        (F::Round, [Num(x)]) => x.round(0.into()).map(Num),
        (F::Round, [Num(x), Num(places)]) => x.round(*places).map(Num),
        (F::Int, [Num(x)]) => Some(Value::number(x.get().trunc())),
        (F::Abs, [Num(x)]) => Some(Value::number(x.get().abs())),
        (F::Sqrt, [Num(x)]) => Some(Value::number(x.get().sqrt())),
        (F::Pow, [Num(x), Num(exponent)]) => x.power(*exponent).map(Num),
        (F::Number, [x]) => to_number(x),

        (F::String, [x]) => texts::bounded(x.to_text()),
        (F::Concat, values) => texts::concat(values),
        (F::Contains, [text, part]) => Some(Value::Truth(text.as_text()?.contains(part.as_text()?))),
        (F::StartsWith, [text, part]) => Some(Value::Truth(text.as_text()?.starts_with(part.as_text()?))),
        (F::EndsWith, [text, part]) => Some(Value::Truth(text.as_text()?.ends_with(part.as_text()?))),
        (F::StringLength, [text]) => Some(Value::count(text.as_text()?.chars().count())),
        (F::Substr, [text, Num(start)]) => texts::part(text.as_text()?, *start, None),
        (F::Substr, [text, Num(start), Num(end)]) => texts::part(text.as_text()?, *start, Some(*end)),

        (F::Date, [Day(date)]) => Some(Day(*date)),
        (F::Date, [Num(days)]) => Some(super::compute::later(Date::from_days(0).ok()?, days.get())),
        (F::Date, [text]) => Date::parse(text.as_text()?).ok().map(Day),
        (F::Year, [Day(date)]) => Some(Value::count(date.year().into())),
        (F::Month, [Day(date)]) => Some(Value::count(date.month().into())),
        (F::Day, [Day(date)]) => Some(Value::count(date.day().into())),
        _ => None,
    }
}

/// The least or the greatest of numbers, or of dates.
fn extreme(values: &[Value], wanted: Ordering) -> Option<Value> {
    let (first, rest) = values.split_first()?;
    let mut best = matches!(first, Value::Number(_) | Value::Date(_)).then_some(first)?;
    for value in rest {
        let order = match (value, best) {
            (Value::Number(value), Value::Number(best)) => value.cmp(best),
            (Value::Date(value), Value::Date(best)) => value.cmp(best),
            _ => return None,
        };
        if order == wanted {
            best = value;
        }
    }
    Some(best.clone())
}

fn to_number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(Value::Number(*number)),
        Value::Truth(truth) => Some(Value::count(usize::from(*truth))),
        Value::Date(date) => Some(Value::number(date.days() as f64)),
        text => Number::parse(text.as_text()?.trim()).map(Value::Number),
    }
}
