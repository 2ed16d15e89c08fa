//! The XPath functions that the engine has too, under its names and with its kinds.
//!
//! A function that it does not have, or that would mean something else, is refused by name.

use vigil_screening::Date;
use vigil_screening::expression::{Comparison, Function, Node, Pattern};

use super::compare::compare;
use super::convert::{Typed, call, number_node};
use super::inward::Place;
use super::scope::{Known, Options, Type};
use super::{Out, Untranslated, refuse};
use crate::xpath::Expr;

impl Place<'_> {
    pub(super) fn function(&self, name: &str, arguments: &[Expr]) -> Out<Typed> {
        let text = |expr: &Expr| self.expr(expr)?.into_text();
        let number = |expr: &Expr| self.expr(expr)?.into_number();
        let numeric = |function, values: Vec<Typed>| {
            let nodes = values.into_iter().map(|value| value.node).collect();
            Ok(Typed::new(call(function, nodes), Type::Number))
        };
        match (name, arguments) {
            ("true", []) => Ok(Typed::sure(Node::Truth(true), Type::Truth)),
            ("false", []) => Ok(Typed::sure(Node::Truth(false), Type::Truth)),
            ("not", [x]) => Ok(self.expr(x)?.into_truth()?.negated()),
            ("boolean", [x]) => self.expr(x)?.into_truth(),
            ("if", [condition, then, otherwise]) => self.choice_of_two(condition, then, otherwise),
            ("coalesce", [first, second]) => self.coalesce(first, second),
            ("selected", [x, option]) => self.selected(x, option),
            ("count-selected", [x]) => match self.expr(x)? {
                value @ Typed { of: Type::One(_) | Type::Several(_), .. } => {
                    Ok(or_zero(call(Function::CountSelected, vec![value.node])))
                }
                _ => refuse("count-selected is used on what is no choice"),
            },

            ("string-length", [x]) => Ok(or_zero(call(Function::StringLength, vec![text(x)?.node]))),
            ("contains", [x, part]) => condition(Function::Contains, text(x)?, text(part)?),
            ("starts-with", [x, part]) => condition(Function::StartsWith, text(x)?, text(part)?),
            ("ends-with", [x, part]) => condition(Function::EndsWith, text(x)?, text(part)?),
            ("regex", [x, Expr::Text(pattern)]) => {
                let pattern = Pattern::new(pattern).map_err(|why| Untranslated(format!("the pattern is {why}")))?;
                Ok(Typed::new(Node::Matches(Box::new(text(x)?.node), pattern), Type::Truth))
            }
            ("regex", _) => refuse("a pattern that is not written out"),
            ("concat", values) => self.concat(values),
            ("substr", [x, start]) => {
                Ok(Typed::new(call(Function::Substr, vec![text(x)?.node, number(start)?.node]), Type::Text))
            }
            ("substr", [x, start, end]) => {
                let nodes = vec![text(x)?.node, number(start)?.node, number(end)?.node];
                Ok(Typed::new(call(Function::Substr, nodes), Type::Text))
            }
            ("string", [x]) => text(x),

            ("number", [x]) => number(x),
            ("int", [x]) => numeric(Function::Int, vec![number(x)?]),
            ("abs", [x]) => numeric(Function::Abs, vec![number(x)?]),
            ("sqrt", [x]) => numeric(Function::Sqrt, vec![number(x)?]),
            ("pow", [x, exponent]) => numeric(Function::Pow, vec![number(x)?, number(exponent)?]),
            ("round", [x]) => numeric(Function::Round, vec![number(x)?]),
            ("round", [x, places]) => numeric(Function::Round, vec![number(x)?, number(places)?]),
            ("sum", [Expr::Question(x)]) => self.over_rounds(Function::Sum, x),
            ("count", [Expr::Question(x)]) => self.over_rounds(Function::Count, x),
            ("min", [Expr::Question(x)]) => self.over_rounds(Function::Min, x),
            ("max", [Expr::Question(x)]) => self.over_rounds(Function::Max, x),
            ("min" | "max", values) if values.len() > 1 => {
                let values = values.iter().map(number).collect::<Out<Vec<_>>>()?;
                numeric(if name == "min" { Function::Min } else { Function::Max }, values)
            }

            ("today", []) => Ok(today()),
            ("date", [x]) if is_now(x) => Ok(today()),
            ("date", [x]) => self.date(x),
            ("decimal-date-time", [x]) if is_now(x) => Ok(today().into_number()?),
            ("decimal-date-time", [x]) => match self.expr(x)? {
                value @ Typed { of: Type::Date, .. } => value.into_number(),
                _ => refuse("decimal-date-time is used on what is no date"),
            },
            ("format-date", [x, Expr::Text(format)]) => {
                let date = if is_now(x) { today() } else { self.date(x)? };
                let part = match format.as_str() {
                    "%Y" => Function::Year,
                    "%n" => Function::Month,
                    "%e" => Function::Day,
                    _ => return refuse("dates are not put into words here"),
                };
                Ok(Typed::new(call(Function::String, vec![call(part, vec![date.node])]), Type::Text))
            }
            (name, _) => {
                let name: String = name.chars().take(60).collect();
                refuse(format!("{name}() with {} arguments is not known here", arguments.len()))
            }
        }
    }

    /// A condition that is not known takes the second way, as in XPath.
    fn choice_of_two(&self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Out<Typed> {
        let condition = self.expr(condition)?.into_truth()?.two_valued();
        let (then, otherwise) = alike(self.expr(then)?, self.expr(otherwise)?)?;
        let (of, sure) = (then.of.clone(), then.sure && otherwise.sure);
        let node = call(Function::If, vec![condition, then.node, otherwise.node]);
        Ok(Typed { sure, ..Typed::new(node, of) })
    }

    fn coalesce(&self, first: &Expr, second: &Expr) -> Out<Typed> {
        let (first, second) = alike(self.expr(first)?, self.expr(second)?)?;
        let (of, sure) = (second.of.clone(), second.sure);
        if matches!(of, Type::Text) && !first.plain && !first.sure {
            return refuse("coalesce() is used on a computed text, which may be empty without being missing");
        }
        Ok(Typed { sure, ..Typed::new(call(Function::Coalesce, vec![first.node, second.node]), of) })
    }

    fn selected(&self, x: &Expr, option: &Expr) -> Out<Typed> {
        let (value, option) = (self.expr(x)?, self.expr(option)?);
        let several = matches!(value.of, Type::Several(_));
        let (Type::One(options) | Type::Several(options)) = &value.of else {
            return refuse("selected() is used on what is no choice");
        };
        if option.is_empty_text() {
            // An empty text is selected where nothing is.
            return compare(Comparison::Equal, value, option);
        }
        let option = match (option.as_literal(), &option.of) {
            (Some(name), _) => match options.id(&name) {
                Some(id) => Node::Text(id.to_string()),
                None => {
                    return refuse(format!("the list has no option '{}'", name.chars().take(60).collect::<String>()));
                }
            },
            (None, Type::One(other)) if same_names(options, other) => option.node,
            _ => return refuse("selected() asks for an option that is not written out"),
        };
        let node = if several {
            call(Function::Selected, vec![value.node, option])
        } else {
            Node::compare(value.node, Comparison::Equal, option)
        };
        Ok(Typed::new(node, Type::Truth))
    }

    /// What is missing adds nothing.
    fn concat(&self, values: &[Expr]) -> Out<Typed> {
        let mut nodes = Vec::new();
        for value in values {
            let value = self.expr(value)?.into_text()?;
            let empty = Node::Text(String::new());
            nodes.push(if value.sure { value.node } else { call(Function::Coalesce, vec![value.node, empty]) });
        }
        if nodes.is_empty() {
            return refuse("concat() puts nothing together");
        }
        Ok(Typed::sure(call(Function::Concat, nodes), Type::Text))
    }

    fn date(&self, x: &Expr) -> Out<Typed> {
        let value = self.expr(x)?;
        match (&value.of, value.as_literal()) {
            (Type::Date, _) => Ok(value),
            (Type::Text, Some(text)) if Date::parse(text.trim()).is_err() => refuse("date() of a text that is no date"),
            (Type::Text | Type::Number, literal) => {
                let sure = literal.is_some();
                Ok(Typed { sure, ..Typed::new(call(Function::Date, vec![value.node]), Type::Date) })
            }
            _ => refuse("date() is used on what is no date"),
        }
    }

    fn over_rounds(&self, function: Function, name: &str) -> Out<Typed> {
        let counts = function == Function::Count;
        let id = match self.scope.get(name)? {
            Known::Repeat(first) if counts => first,
            Known::Value { id, repeats, of, .. } => {
                if repeats.is_empty() || repeats.iter().all(|repeat| self.repeats.contains(repeat)) {
                    return refuse(format!("${{{name}}} is not in a repeat that is looked at from outside"));
                }
                if !counts && !matches!(of, Type::Number) {
                    return refuse(format!("${{{name}}} is no number"));
                }
                id
            }
            _ => return refuse(format!("${{{name}}} cannot be added up")),
        };
        Ok(Typed { sure: counts, ..Typed::new(call(function, vec![Node::Name(id.clone())]), Type::Number) })
    }
}

fn condition(function: Function, x: Typed, part: Typed) -> Out<Typed> {
    Ok(Typed::new(call(function, vec![x.node, part.node]), Type::Truth))
}

fn or_zero(node: Node) -> Typed {
    Typed::sure(call(Function::Coalesce, vec![node, number_node(0.0)]), Type::Number)
}

fn today() -> Typed {
    Typed::new(call(Function::Today, Vec::new()), Type::Date)
}

fn is_now(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(name, arguments) if arguments.is_empty() && name == "now")
}

fn same_names(one: &Options, other: &Options) -> bool {
    one.list == other.list || (one.keep_their_names() && other.keep_their_names())
}

/// Two values as one kind. An empty text beside anything but a text is nothing.
fn alike(one: Typed, other: Typed) -> Out<(Typed, Typed)> {
    let (one, other) = match (one.is_empty_text(), other.is_empty_text()) {
        (false, true) if !matches!(one.of, Type::Text) => {
            let nothing = Typed::nothing(one.of.clone());
            (one, nothing)
        }
        (true, false) if !matches!(other.of, Type::Text) => (Typed::nothing(other.of.clone()), other),
        _ => (one, other),
    };
    let number = |value: &Typed| matches!(value.of, Type::Number);
    Ok(match (&one.of, &other.of) {
        (Type::Truth, Type::Truth)
        | (Type::Number, Type::Number)
        | (Type::Text, Type::Text)
        | (Type::Date, Type::Date) => (one, other),
        (Type::One(a), Type::One(b)) if a.list == b.list => (one, other),
        _ if number(&one) && other.as_literal().is_some() && other.clone().into_number().is_ok() => {
            (one, other.into_number()?)
        }
        _ if number(&other) && one.as_literal().is_some() && one.clone().into_number().is_ok() => {
            (one.into_number()?, other)
        }
        _ => (one.into_text()?, other.into_text()?),
    })
}
