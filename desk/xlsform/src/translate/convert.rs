//! Values of one kind read as another, as XPath does without being asked.
//!
//! A conversion that would change a value is refused.

use vigil_screening::expression::{Comparison, Function, Node, Number};

use super::scope::{Options, Type};
use super::{Out, refuse};

/// A translated part: what it is, of what kind, and whether it always has a value.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) node: Node,
    pub(crate) of: Type,
    /// It is never missing.
    pub(crate) sure: bool,
    /// It is a question's own answer, and missing exactly where XPath has an empty text.
    pub(crate) plain: bool,
}

impl Typed {
    pub(crate) fn new(node: Node, of: Type) -> Self {
        Self { node, of, sure: false, plain: false }
    }

    pub(crate) fn sure(node: Node, of: Type) -> Self {
        Self { node, of, sure: true, plain: false }
    }

    /// A value that is missing, where XPath has an empty text.
    pub(crate) fn nothing(of: Type) -> Self {
        Self::new(call(Function::Number, vec![Node::Text(String::new())]), of)
    }

    pub(crate) fn as_literal(&self) -> Option<String> {
        match &self.node {
            Node::Text(text) => Some(text.clone()),
            Node::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(crate) fn is_empty_text(&self) -> bool {
        matches!(&self.node, Node::Text(text) if text.is_empty())
    }

    /// As a condition.
    pub(crate) fn into_truth(self) -> Out<Self> {
        match self.of {
            Type::Truth => Ok(self),
            Type::Number => {
                let node = Node::compare(self.node, Comparison::NotEqual, number_node(0.0));
                Ok(Self { node, of: Type::Truth, sure: self.sure, plain: false })
            }
            _ => refuse("a text, a date or a choice is used as a condition"),
        }
    }

    /// A condition in XPath's sense: what is not known is no.
    pub(crate) fn two_valued(self) -> Node {
        if self.sure { self.node } else { call(Function::Met, vec![self.node]) }
    }

    pub(crate) fn negated(self) -> Self {
        Self::sure(Node::negated(self.two_valued()), Type::Truth)
    }

    pub(crate) fn into_number(self) -> Out<Self> {
        let converted = |node, sure| Ok(Self { node, of: Type::Number, sure, plain: false });
        match &self.of {
            Type::Number => Ok(self),
            Type::Truth => converted(call(Function::CountYes, vec![self.node]), true),
            Type::Date => converted(call(Function::Number, vec![self.node]), self.sure),
            Type::Text => match self.as_literal() {
                Some(text) => match Number::parse(text.trim()) {
                    Some(number) => converted(Node::Number(number), true),
                    None => refuse("a text is used as a number"),
                },
                None => converted(call(Function::Number, vec![self.node]), false),
            },
            Type::One(options) => converted(number_of_choice(&self.node, options)?, false),
            Type::Several(_) => refuse("several choices are used as a number"),
        }
    }

    pub(crate) fn into_text(self) -> Out<Self> {
        let converted = |node, sure, plain| Ok(Self { node, of: Type::Text, sure, plain });
        match &self.of {
            Type::Text => Ok(self),
            Type::Number | Type::Date => converted(call(Function::String, vec![self.node]), self.sure, false),
            Type::One(options) if options.keep_their_names() => converted(self.node, self.sure, self.plain),
            Type::One(_) => refuse("a choice is used as a text, and its options have other names here"),
            Type::Truth => refuse("a condition is used as a text"),
            Type::Several(_) => refuse("several choices are used as a text"),
        }
    }
}

/// The number that the chosen option's name is: `if(q = 'n1', 1, if(q = 'n2', 2, ..))`.
fn number_of_choice(choice: &Node, options: &Options) -> Out<Node> {
    // One `if` inside the other: within the depth that expressions may have.
    const MOST: usize = 12;
    if options.options.len() > MOST {
        return refuse("a choice of many options is used as a number");
    }
    let mut node = Typed::nothing(Type::Number).node;
    for (name, id) in options.options.iter().rev() {
        let Some(number) = Number::parse(name) else {
            // Words among numbers, such as `other`: XPath has no number for them either.
            continue;
        };
        let chosen = Node::compare(choice.clone(), Comparison::Equal, Node::Text(id.to_string()));
        node = call(Function::If, vec![chosen, Node::Number(number), node]);
    }
    match node {
        Node::Call(Function::If, _) => Ok(node),
        _ => refuse("a choice is used as a number, and no option's name is one"),
    }
}

pub(crate) fn call(function: Function, arguments: Vec<Node>) -> Node {
    Node::Call(function, arguments)
}

pub(crate) fn number_node(number: f64) -> Node {
    Number::new(number).map_or(Node::Truth(false), Node::Number)
}
