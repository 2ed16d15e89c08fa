//! An expression of an instrument file: read, written in its canonical form, read again, evaluated.

use crate::Target;
use vigil_screening::expression::{Missing, Names, Number, Value};
use vigil_screening::{Date, Expression, Id};

pub(super) const TARGET: Target = Target { name: "expression", max_len: 2 * 1024, catches_panics: false, run, seeds };

/// A world in which names stand for values of every kind, by their first letter.
struct World;

impl Names for World {
    fn value(&self, name: &Id) -> Value {
        match name.as_str().bytes().next().unwrap_or(b'a') % 7 {
            0 => Value::Truth(true),
            1 => Value::Truth(false),
            2 => Value::Missing(Missing::NotAsked),
            3 => Value::Missing(Missing::Unknown),
            4 => Number::new(-2.5).map_or(Value::Missing(Missing::NotComputable), Value::Number),
            5 => Value::Text("work".to_owned()),
            _ => Value::Choices(["food".to_owned(), "shelter".to_owned()].into()),
        }
    }

    fn rounds(&self, name: &Id) -> Vec<Value> {
        vec![self.value(name); 3]
    }

    fn today(&self) -> Option<Date> {
        Date::new(2026, 11, 22).ok()
    }
}

fn run(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let Ok(expression) = Expression::parse(source) else { return };
    let written = expression.to_string();
    match Expression::parse(&written) {
        Ok(again) => assert_eq!(again, expression, "one expression, one canonical form"),
        Err(error) => panic!("cannot read what it wrote: {error}"),
    }
    std::hint::black_box(expression.evaluate(&World));
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "travels_alone and age < 16 or not (met(threat) = no)",
        "if(selected(needs, 'food'), count_selected(needs) * 2 div 3, coalesce(a, b, -1.5))",
        "int((today() - date('2009-06-01')) div 365.25) >= 18",
        "regex(phone, '[0-9]{7,10}') and string_length(concat(a, 'b')) > 3",
        "at_least(2, a, b, c) or count_yes(d, e) mod 2 = 1",
    ]
    .map(|source| source.as_bytes().to_vec())
    .to_vec()
}
