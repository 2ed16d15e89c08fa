//! What the expression language promises, as tests.

mod arbitrary;
mod functions;
mod grammar;
mod hostile;
mod kleene;
mod limits;
mod printing;

use std::collections::BTreeMap;

use super::limits as limits_of;
use super::*;
use crate::date::Date;

/// Values by name; what is not there was not asked.
#[derive(Debug, Clone, Default)]
struct Given(BTreeMap<String, Vec<Value>>);

impl Names for Given {
    fn value(&self, name: &Id) -> Value {
        let rounds = self.0.get(name.as_str());
        rounds.and_then(|rounds| rounds.first()).cloned().unwrap_or(Value::Missing(Missing::NotAsked))
    }

    fn rounds(&self, name: &Id) -> Vec<Value> {
        self.0.get(name.as_str()).cloned().unwrap_or_else(|| vec![self.value(name)])
    }

    fn today(&self) -> Option<Date> {
        Date::new(2026, 3, 1).ok()
    }
}

const NOT_ASKED: Value = Value::Missing(Missing::NotAsked);
const UNKNOWN: Value = Value::Missing(Missing::Unknown);
const NOT_COMPUTABLE: Value = Value::NOT_COMPUTABLE;
const YES: Value = Value::Truth(true);
const NO: Value = Value::Truth(false);

fn number(number: f64) -> Value {
    Value::Number(Number::new(number).unwrap())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn date(date: &str) -> Value {
    Value::Date(Date::parse(date).unwrap())
}

fn choices(choices: &[&str]) -> Value {
    Value::Choices(choices.iter().map(|choice| (*choice).to_owned()).collect())
}

/// One value of each kind, by a name that says which.
fn given() -> Given {
    let one = [
        ("t", YES),
        ("f", NO),
        ("not_asked", NOT_ASKED),
        ("not_known", UNKNOWN),
        ("broken", NOT_COMPUTABLE),
        ("three", number(3.0)),
        ("word", text("naïve")),
        ("digits", text(" 12.5 ")),
        ("long", text(&"x".repeat(limits_of::TEXT_BYTES))),
        ("born", date("2010-02-28")),
        ("some", choices(&["bus", "train"])),
        ("only", choices(&["bus"])),
        ("none", choices(&[])),
    ];
    let mut given: BTreeMap<String, Vec<Value>> =
        one.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect();
    given.insert("wages".into(), vec![number(10.0), number(2.5), number(-1.0)]);
    given.insert("gaps".into(), vec![number(10.0), UNKNOWN, NOT_ASKED]);
    given.insert("empty".into(), vec![]);
    Given(given)
}

fn parse(source: &str) -> Expression {
    Expression::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn value(source: &str) -> Value {
    parse(source).evaluate(&given())
}

/// Code and place of the refusal.
fn refused(source: &str) -> (&'static str, usize) {
    let error = Expression::parse(source).expect_err(source);
    (error.code(), error.at)
}
