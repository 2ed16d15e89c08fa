//! Conditions in XPath: yes is written for yes, and no for no, because `not()` would take what is not known for no.
//!
//! Every condition written here is false where an answer that it needs is missing.

use std::collections::BTreeSet;

use vigil_screening::AgeBand;
use vigil_screening::expression::{Comparison, Function as F, Node};

use super::{AND, COMPARE, OR, Out, Piece, SUM, What, Writer, quoted, refuse};

impl Writer<'_> {
    /// A condition that holds where the expression is known and is `wanted`.
    pub(super) fn truth(&self, node: &Node, wanted: bool) -> Out<Piece> {
        match node {
            Node::Truth(truth) => Ok(Piece::value(if *truth == wanted { "true()" } else { "false()" })),
            Node::Name(id) if id.as_str() == "under_18" => {
                let (age, _) = self.name("age_band")?;
                let (operator, adult) = (if wanted { "!=" } else { "=" }, AgeBand::Adult.code());
                Ok(Piece(format!("{age} {operator} '{adult}'"), COMPARE))
            }
            Node::Name(id) => match self.name(id.as_str())? {
                (xpath, What::YesNo) => {
                    Ok(Piece(format!("{xpath} = '{}'", if wanted { "yes" } else { "no" }), COMPARE))
                }
                (xpath, What::Truth) => Ok(Piece(format!("{xpath} = '{wanted}'"), COMPARE)),
                _ => refuse(format!("{id} is no condition")),
            },
            Node::Not(inner) => self.truth(inner, !wanted),
            Node::All(nodes) => self.junction(nodes, wanted, wanted),
            Node::Any(nodes) => self.junction(nodes, wanted, !wanted),
            Node::Compare(comparison, left, right) => self.compare(*comparison, left, right, wanted),
            Node::Matches(text, pattern) => {
                let call = format!("regex({}, {})", self.value(text)?.0, quoted(pattern.as_str()));
                self.told_apart(node, Piece::value(call), wanted)
            }
            Node::Call(function, arguments) => self.truth_of_call(node, *function, arguments, wanted),
            Node::Number(_) | Node::Text(_) | Node::Negate(_) | Node::Sum(..) | Node::Product(..) => {
                refuse("a value is used as a condition")
            }
        }
    }

    fn truth_of_call(&self, node: &Node, function: F, arguments: &[Node], wanted: bool) -> Out<Piece> {
        let call = |name: &str| -> Out<String> { Ok(format!("{name}({})", self.list(arguments)?)) };
        match (function, arguments) {
            (F::Met, [x]) => {
                let holds = self.truth(x, true)?;
                Ok(if wanted { holds } else { Piece::value(format!("not({})", holds.0)) })
            }
            (F::Answered, [Node::Name(id)]) => {
                let (xpath, what) = self.name(id.as_str())?;
                Ok(match (what, wanted) {
                    (What::YesNo, true) => Piece(format!("{xpath} = 'yes' or {xpath} = 'no'"), OR),
                    (What::YesNo, false) => Piece::value(format!("not({xpath} = 'yes' or {xpath} = 'no')")),
                    (_, true) => Piece(format!("{xpath} != ''"), COMPARE),
                    (_, false) => Piece(format!("{xpath} = ''"), COMPARE),
                })
            }
            (F::Asked, [Node::Name(id)]) => {
                Ok(Piece(format!("{} {} ''", self.name(id.as_str())?.0, if wanted { "!=" } else { "=" }), COMPARE))
            }
            (F::Unknown, [Node::Name(id)]) => match self.name(id.as_str())? {
                (xpath, What::YesNo) => {
                    Ok(Piece(format!("{xpath} {} 'unknown'", if wanted { "=" } else { "!=" }), COMPARE))
                }
                _ => refuse("a spreadsheet keeps unknown and not asked apart for yes and no only"),
            },
            (F::Selected, [of, Node::Text(option)]) => {
                let option = quoted(&self.option(of, option));
                let call = format!("selected({}, {option})", self.value(of)?.0);
                self.told_apart(node, Piece::value(call), wanted)
            }
            (F::Contains, _) => self.told_apart(node, Piece::value(call("contains")?), wanted),
            (F::StartsWith, _) => self.told_apart(node, Piece::value(call("starts-with")?), wanted),
            (F::EndsWith, _) => self.told_apart(node, Piece::value(call("ends-with")?), wanted),
            (F::AtLeast, [enough, nodes @ ..]) => {
                let enough = self.value(enough)?.within(SUM);
                let one = |node: &Node| {
                    Ok(if wanted {
                        format!("if({}, 1, 0)", self.truth(node, true)?.0)
                    } else {
                        format!("if({}, 0, 1)", self.truth(node, false)?.0)
                    })
                };
                let sum = nodes.iter().map(one).collect::<Out<Vec<_>>>()?.join(" + ");
                Ok(Piece(format!("{sum} {} {enough}", if wanted { ">=" } else { "<" }), COMPARE))
            }
            (F::If, [condition, then, otherwise]) => {
                let part = |holds, node| -> Out<String> {
                    Ok(format!(
                        "{} and {}",
                        self.truth(condition, holds)?.within(AND),
                        self.truth(node, wanted)?.within(AND)
                    ))
                };
                Ok(Piece(format!("{} or {}", part(true, then)?, part(false, otherwise)?), OR))
            }
            _ => refuse(format!("{} has no condition in XPath", function.name())),
        }
    }

    fn junction(&self, nodes: &[Node], wanted: bool, all: bool) -> Out<Piece> {
        let (word, binding) = if all { (" and ", AND) } else { (" or ", OR) };
        let pieces =
            nodes.iter().map(|node| Ok(self.truth(node, wanted)?.within(binding + 1))).collect::<Out<Vec<_>>>()?;
        match pieces.len() {
            0 => Ok(Piece::value(if all { "true()" } else { "false()" })),
            _ => Ok(Piece(pieces.join(word), binding)),
        }
    }

    /// What is false both where it is not so and where it is not known: the negation asks for an answer too.
    fn told_apart(&self, node: &Node, holds: Piece, wanted: bool) -> Out<Piece> {
        if wanted {
            return Ok(holds);
        }
        let mut parts = self.answered(node)?;
        parts.push(format!("not({})", holds.0));
        Ok(Piece(parts.join(" and "), AND))
    }

    fn answered(&self, node: &Node) -> Out<Vec<String>> {
        let mut names = BTreeSet::new();
        collect_names(node, &mut names);
        names.into_iter().map(|name| Ok(format!("{} != ''", self.name(name)?.0))).collect()
    }

    fn compare(&self, comparison: Comparison, left: &Node, right: &Node, wanted: bool) -> Out<Piece> {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let comparison = match (comparison, wanted) {
            (comparison, true) => comparison,
            (Equal, false) => NotEqual,
            (NotEqual, false) => Equal,
            (Less, false) => GreaterOrEqual,
            (LessOrEqual, false) => Greater,
            (Greater, false) => LessOrEqual,
            (GreaterOrEqual, false) => Less,
        };
        match (left, right) {
            (Node::Truth(truth), other) | (other, Node::Truth(truth)) => {
                return self.truth(other, *truth == (comparison == Equal));
            }
            _ => {}
        }
        let side = |node: &Node, other: &Node| match node {
            Node::Text(id) => Ok(Piece::value(quoted(&self.option(other, id)))),
            node => self.value(node),
        };
        let compared =
            format!("{} {} {}", side(left, right)?.within(SUM), comparison.symbol(), side(right, left)?.within(SUM));
        if comparison != NotEqual {
            return Ok(Piece(compared, COMPARE));
        }
        let mut parts = self.answered(left)?;
        parts.extend(self.answered(right)?);
        parts.push(compared);
        Ok(Piece(parts.join(" and "), AND))
    }
}

fn collect_names<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>) {
    match node {
        Node::Name(id) => {
            names.insert(id.as_str());
        }
        // It has a value even where what is in it has none.
        Node::Call(F::Coalesce | F::CountYes | F::Count, _) => {}
        node => node.children().into_iter().for_each(|child| collect_names(child, names)),
    }
}
