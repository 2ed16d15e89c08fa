//! An expression of the engine's as XPath, where a missing answer is an empty text.
//!
//! A condition is written so that it holds in XPath exactly where it is yes here; what has no such form is refused.

mod condition;
mod value;

use std::collections::HashMap;

use vigil_screening::expression::Node;
use vigil_screening::{AnswerKind, Item, Rule, Sheet};

use super::scope::{Type, type_of};
use super::{Out, refuse};

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Condition,
    Value,
}

/// How names are written in XPath.
pub(crate) struct Outward<'a> {
    names: HashMap<String, Name<'a>>,
    sheet: &'a Sheet,
}

struct Name<'a> {
    xpath: String,
    what: What,
    item: Option<&'a Item>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// Answered `yes`, `no` or `unknown`.
    YesNo,
    /// Computed: `true`, `false`, or empty.
    Truth,
    Value,
    Number,
}

/// A piece of XPath and how tightly it holds together.
struct Piece(String, u8);

const OR: u8 = 1;
const AND: u8 = 2;
const COMPARE: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const MINUS: u8 = 7;
const VALUE: u8 = 8;

impl Piece {
    fn value(text: impl Into<String>) -> Self {
        Self(text.into(), VALUE)
    }

    fn within(self, least: u8) -> String {
        if self.1 >= least { self.0 } else { format!("({})", self.0) }
    }
}

impl<'a> Outward<'a> {
    /// The names of a sheet, each as its spreadsheet calls it.
    pub(crate) fn of(sheet: &'a Sheet) -> Self {
        let mut names = HashMap::new();
        let mut add = |id: &str, source: Option<&String>, what, item| {
            let xpath = format!("${{{}}}", source.map_or(id, String::as_str));
            names.insert(id.to_owned(), Name { xpath, what, item });
        };
        for item in sheet.items().filter(|item| item.is_asked()) {
            let what = match item.answer {
                AnswerKind::YesNo => What::YesNo,
                AnswerKind::Number { .. } | AnswerKind::Decimal => What::Number,
                _ => What::Value,
            };
            add(item.id.as_str(), item.source_name.as_ref(), what, Some(item));
        }
        for derived in &sheet.derived {
            let what = match type_of(derived.value.node(), sheet) {
                Some(Type::Truth) => What::Truth,
                Some(Type::Number) => What::Number,
                _ => What::Value,
            };
            add(derived.id.as_str(), derived.source_name.as_ref(), what, None);
        }
        for rule in &sheet.rules {
            if let Rule::WeightedSum(rule) = rule {
                add(rule.id.as_str(), None, What::Number, None);
            }
        }
        for fact in ["age_band", "exploitation"] {
            add(fact, None, What::Value, None);
        }
        Self { names, sheet }
    }

    /// The XPath of an expression; `here` is the item whose answer `value` stands for.
    pub(crate) fn xpath(&self, node: &Node, wanted: Wanted, here: Option<&Item>) -> Out<String> {
        let writer = Writer { names: self, here };
        Ok(match wanted {
            Wanted::Condition => writer.truth(node, true)?.0,
            Wanted::Value if matches!(type_of(node, self.sheet), Some(Type::Truth)) => {
                let (yes, no) = (writer.truth(node, true)?.0, writer.truth(node, false)?.0);
                format!("if({yes}, 'true', if({no}, 'false', ''))")
            }
            Wanted::Value => writer.value(node)?.0,
        })
    }
}

/// An option as the spreadsheet calls it.
pub(crate) fn option_name(option: &vigil_screening::Choice) -> String {
    option.source_name.clone().unwrap_or_else(|| option.id.to_string())
}

struct Writer<'a> {
    names: &'a Outward<'a>,
    here: Option<&'a Item>,
}

impl Writer<'_> {
    fn name(&self, id: &str) -> Out<(&str, What)> {
        match (id, self.here) {
            ("value", Some(item)) => {
                let what = self.names.names.get(item.id.as_str()).map_or(What::Value, |name| name.what);
                Ok((".", what))
            }
            _ => match self.names.names.get(id) {
                Some(name) => Ok((name.xpath.as_str(), name.what)),
                None => refuse(format!("{id} has no column in a spreadsheet")),
            },
        }
    }

    fn option(&self, of: &Node, id: &str) -> String {
        let item = match (of, self.here) {
            (Node::Name(name), Some(item)) if name.as_str() == "value" => Some(item),
            (Node::Name(name), _) => self.names.names.get(name.as_str()).and_then(|name| name.item),
            _ => None,
        };
        let mut options = item.into_iter().flat_map(|item| self.names.sheet.options(item));
        options.find(|option| option.id.as_str() == id).map_or_else(|| id.to_owned(), option_name)
    }
}

/// A literal; XPath has no way to write a quotation mark inside its own kind.
fn quoted(text: &str) -> String {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => {
            let parts: Vec<String> = text.split('\'').map(|part| format!("'{part}'")).collect();
            format!("concat({})", parts.join(", \"'\", "))
        }
    }
}
