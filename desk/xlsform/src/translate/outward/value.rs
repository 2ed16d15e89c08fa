//! Values in XPath: numbers, texts and dates.
//!
//! Where an answer is missing, XPath computes with an empty text or with what is no number, and comes to nothing as
//! well.

use vigil_screening::expression::{Function as F, Node, Plus, Times};

use super::{MINUS, Out, PRODUCT, Piece, SUM, VALUE, Writer, quoted, refuse};

impl Writer<'_> {
    pub(super) fn list(&self, nodes: &[Node]) -> Out<String> {
        Ok(nodes.iter().map(|node| Ok(self.value(node)?.0)).collect::<Out<Vec<_>>>()?.join(", "))
    }

    pub(super) fn value(&self, node: &Node) -> Out<Piece> {
        match node {
            Node::Number(number) => Ok(Piece(number.to_string(), if number.get() < 0.0 { MINUS } else { VALUE })),
            Node::Text(text) => Ok(Piece::value(quoted(text))),
            Node::Name(id) => Ok(Piece::value(self.name(id.as_str())?.0)),
            Node::Negate(inner) => Ok(Piece(format!("-{}", self.value(inner)?.within(MINUS)), MINUS)),
            Node::Sum(first, rest) => {
                let mut text = self.value(first)?.within(SUM);
                for (step, node) in rest {
                    let symbol = if *step == Plus::Plus { "+" } else { "-" };
                    text.push_str(&format!(" {symbol} {}", self.value(node)?.within(PRODUCT)));
                }
                Ok(Piece(text, SUM))
            }
            Node::Product(first, rest) => {
                let mut text = self.value(first)?.within(PRODUCT);
                for (step, node) in rest {
                    let symbol = match step {
                        Times::Times => "*",
                        Times::Div => "div",
                        Times::Mod => "mod",
                    };
                    text.push_str(&format!(" {symbol} {}", self.value(node)?.within(MINUS)));
                }
                Ok(Piece(text, PRODUCT))
            }
            Node::Call(function, arguments) => self.value_of_call(*function, arguments),
            Node::Truth(_) | Node::Not(_) | Node::All(_) | Node::Any(_) | Node::Compare(..) | Node::Matches(..) => {
                refuse("a condition is used as a value")
            }
        }
    }

    fn value_of_call(&self, function: F, arguments: &[Node]) -> Out<Piece> {
        let plain = |name: &str| -> Out<Piece> { Ok(Piece::value(format!("{name}({})", self.list(arguments)?))) };
        match (function, arguments) {
            (F::If, [condition, then, otherwise]) => Ok(Piece::value(format!(
                "if({}, {}, {})",
                self.truth(condition, true)?.0,
                self.value(then)?.0,
                self.value(otherwise)?.0
            ))),
            // XPath's takes two.
            (F::Coalesce, [first, rest @ ..]) => {
                let mut text = self.value(first)?.0;
                for node in rest {
                    text = format!("coalesce({text}, {})", self.value(node)?.0);
                }
                Ok(Piece::value(text))
            }
            (F::CountYes, nodes) => {
                let one = |node: &Node| Ok(format!("if({}, 1, 0)", self.truth(node, true)?.0));
                let ones = nodes.iter().map(one).collect::<Out<Vec<_>>>()?;
                let binding = if ones.len() == 1 { VALUE } else { SUM };
                Ok(Piece(ones.join(" + "), binding))
            }
            (F::Year, [date]) => Ok(Piece::value(format!("number(format-date({}, '%Y'))", self.value(date)?.0))),
            (F::Month, [date]) => Ok(Piece::value(format!("number(format-date({}, '%n'))", self.value(date)?.0))),
            (F::Day, [date]) => Ok(Piece::value(format!("number(format-date({}, '%e'))", self.value(date)?.0))),
            (F::CountSelected, _) => plain("count-selected"),
            (F::StringLength, _) => plain("string-length"),
            (
                F::Min
                | F::Max
                | F::Sum
                | F::Count
                | F::Round
                | F::Int
                | F::Abs
                | F::Sqrt
                | F::Pow
                | F::Number
                | F::String
                | F::Concat
                | F::Substr
                | F::Today
                | F::Date,
                _,
            ) => plain(function.name()),
            _ => refuse(format!("{} has no value in XPath", function.name())),
        }
    }
}
