//! Reads an expression from its source, by descent through the levels of its grammar.
//!
//! Every limit is checked on the way down, so that no source makes the reader go deeper or build more than is allowed.

use super::budget;
use super::error::{ExpressionError, ExpressionProblem};
use super::function::{Function, REGEX};
use super::lexer::{Placed, Token, refused, reserved, tokens};
use super::limits::{DEPTH, PARTS, PATTERN_WEIGHT, SOURCE_BYTES};
use super::node::{Node, Plus, Times};
use super::number::Number;
use super::pattern::Pattern;
use crate::date::Date;
use crate::id::Id;

type Parsed<T> = Result<T, ExpressionError>;

/// A node as far as it is read: where it starts and how deep it goes.
struct Part {
    at: usize,
    depth: usize,
    node: Node,
}

pub(super) fn parse(source: &str) -> Parsed<Node> {
    if source.len() > SOURCE_BYTES {
        return Err(refused(SOURCE_BYTES, ExpressionProblem::TooLong));
    }
    let mut parser = Parser { tokens: tokens(source)?, next: 0, end: source.len(), open: 0, parts: 0, patterns: 0 };
    let part = parser.any()?;
    if parser.peek().is_some() {
        return Err(parser.expected("an operator or the end"));
    }
    Ok(part.node)
}

struct Parser<'a> {
    tokens: Vec<Placed<'a>>,
    next: usize,
    end: usize,
    /// Parentheses that are open: each is one descent through all levels.
    open: usize,
    parts: usize,
    /// Weight of the patterns so far.
    patterns: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.next).map(|placed| &placed.token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |placed| placed.at)
    }

    fn expected(&self, what: &'static str) -> ExpressionError {
        refused(self.at(), ExpressionProblem::Expected(what))
    }

    fn eat(&mut self, token: &Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.eat(&Token::Word(word))
    }

    /// A part whose deepest child goes so deep.
    fn part(&mut self, at: usize, inside: usize, node: Node) -> Parsed<Part> {
        self.parts += 1;
        let depth = inside + 1;
        if self.parts > PARTS {
            return Err(refused(at, ExpressionProblem::TooManyParts));
        }
        if depth > DEPTH {
            return Err(refused(at, ExpressionProblem::TooDeep));
        }
        budget::part().map_err(|why| refused(at, why))?;
        Ok(Part { at, depth, node })
    }

    fn any(&mut self) -> Parsed<Part> {
        let first = self.all()?;
        self.chain(first, "or", Self::all, |node| match node {
            Node::Any(nodes) => Ok(nodes),
            other => Err(other),
        })
    }

    fn all(&mut self) -> Parsed<Part> {
        let first = self.not()?;
        self.chain(first, "and", Self::not, |node| match node {
            Node::All(nodes) => Ok(nodes),
            other => Err(other),
        })
    }

    /// A chain of `and` or `or`; a chain of the same kind in parentheses is part of it.
    fn chain(
        &mut self,
        first: Part,
        word: &'static str,
        operand: fn(&mut Self) -> Parsed<Part>,
        same: fn(Node) -> Result<Vec<Node>, Node>,
    ) -> Parsed<Part> {
        if self.peek() != Some(&Token::Word(word)) {
            return Ok(first);
        }
        let (at, mut inside, mut nodes) = (first.at, 0, Vec::new());
        let mut operand_part = first;
        loop {
            match same(operand_part.node) {
                Ok(flat) => {
                    inside = inside.max(operand_part.depth - 1);
                    nodes.extend(flat);
                }
                Err(node) => {
                    inside = inside.max(operand_part.depth);
                    nodes.push(node);
                }
            }
            if !self.eat_word(word) {
                break;
            }
            operand_part = operand(self)?;
        }
        let node = if word == "or" { Node::Any(nodes) } else { Node::All(nodes) };
        self.part(at, inside, node)
    }

    fn not(&mut self) -> Parsed<Part> {
        let mut places = Vec::new();
        while self.peek() == Some(&Token::Word("not")) {
            places.push(self.at());
            self.next += 1;
        }
        let mut part = self.compare()?;
        for at in places.into_iter().rev() {
            part = self.part(at, part.depth, Node::Not(Box::new(part.node)))?;
        }
        Ok(part)
    }

    fn compare(&mut self) -> Parsed<Part> {
        let left = self.sum()?;
        let Some(Token::Compare(comparison)) = self.peek() else { return Ok(left) };
        let comparison = *comparison;
        self.next += 1;
        let right = self.sum()?;
        if let Some(Token::Compare(_)) = self.peek() {
            return Err(refused(self.at(), ExpressionProblem::ChainedComparison));
        }
        self.part(left.at, left.depth.max(right.depth), Node::compare(left.node, comparison, right.node))
    }

    fn sum(&mut self) -> Parsed<Part> {
        let first = self.product()?;
        let Some(Token::Plus(_)) = self.peek() else { return Ok(first) };
        // A sum in parentheses at the start changes nothing: sums go from left to right.
        let (at, mut inside, start, mut rest) = match first.node {
            Node::Sum(start, rest) => (first.at, first.depth - 1, start, rest),
            node => (first.at, first.depth, Box::new(node), Vec::new()),
        };
        while let Some(Token::Plus(step)) = self.peek() {
            let step: Plus = *step;
            self.next += 1;
            let operand = self.product()?;
            inside = inside.max(operand.depth);
            rest.push((step, operand.node));
        }
        self.part(at, inside, Node::Sum(start, rest))
    }

    fn product(&mut self) -> Parsed<Part> {
        let first = self.minus()?;
        let Some(mut step) = self.times() else { return Ok(first) };
        let (at, mut inside, start, mut rest) = match first.node {
            Node::Product(start, rest) => (first.at, first.depth - 1, start, rest),
            node => (first.at, first.depth, Box::new(node), Vec::new()),
        };
        loop {
            self.next += 1;
            let operand = self.minus()?;
            inside = inside.max(operand.depth);
            rest.push((step, operand.node));
            match self.times() {
                Some(another) => step = another,
                None => return self.part(at, inside, Node::Product(start, rest)),
            }
        }
    }

    fn times(&self) -> Option<Times> {
        match self.peek()? {
            Token::Times => Some(Times::Times),
            Token::Word("div") => Some(Times::Div),
            Token::Word("mod") => Some(Times::Mod),
            _ => None,
        }
    }

    fn minus(&mut self) -> Parsed<Part> {
        let mut places = Vec::new();
        while let Some(Token::Plus(Plus::Minus)) = self.peek() {
            places.push(self.at());
            self.next += 1;
        }
        let mut part = self.value()?;
        for at in places.into_iter().rev() {
            part = match part.node {
                // The minus of a number belongs to the number.
                Node::Number(number) => Part { at, node: Node::Number(negative(number)), ..part },
                node => self.part(at, part.depth, Node::Negate(Box::new(node)))?,
            };
        }
        Ok(part)
    }

    fn value(&mut self) -> Parsed<Part> {
        let at = self.at();
        let Some(Placed { token, .. }) = self.tokens.get(self.next) else { return Err(self.expected("a value")) };
        let token = token.clone();
        match token {
            Token::Number(number) => self.leaf(at, Node::Number(number)),
            Token::Text(text) => self.leaf(at, Node::Text(text)),
            Token::Word("yes") => self.leaf(at, Node::Truth(true)),
            Token::Word("no") => self.leaf(at, Node::Truth(false)),
            Token::Word(word) => self.name_or_call(at, word),
            Token::Open => {
                self.descend(at)?;
                let part = self.any()?;
                self.close("an operator or a closing parenthesis")?;
                // Where it starts is where its parenthesis does.
                Ok(Part { at, ..part })
            }
            _ => Err(self.expected("a value")),
        }
    }

    fn leaf(&mut self, at: usize, node: Node) -> Parsed<Part> {
        self.next += 1;
        self.part(at, 0, node)
    }

    fn descend(&mut self, at: usize) -> Parsed<()> {
        self.next += 1;
        self.open += 1;
        if self.open > DEPTH { Err(refused(at, ExpressionProblem::TooDeep)) } else { Ok(()) }
    }

    fn close(&mut self, what: &'static str) -> Parsed<()> {
        self.open -= 1;
        if self.eat(&Token::Close) { Ok(()) } else { Err(self.expected(what)) }
    }

    fn name_or_call(&mut self, at: usize, word: &str) -> Parsed<Part> {
        if let Some(word) = reserved(word) {
            return Err(match word {
                // Operators: what is missing here is a value, not another name.
                "and" | "or" | "div" | "mod" => self.expected("a value"),
                "not" => self.expected("a value; \"not\" inside a comparison or a calculation stands in parentheses"),
                word => refused(at, ExpressionProblem::ReservedWord(word)),
            });
        }
        let name = Id::new(word).map_err(|_| refused(at, ExpressionProblem::BadName))?;
        self.next += 1;
        if self.peek() != Some(&Token::Open) {
            return self.part(at, 0, Node::Name(name));
        }
        let function = Function::named(word);
        if function.is_none() && word != REGEX {
            return Err(refused(at, ExpressionProblem::UnknownFunction(word.to_owned())));
        }
        let arguments = self.arguments()?;
        let inside = arguments.iter().map(|argument| argument.depth).max().unwrap_or(0);
        let node = match function {
            Some(function) => call(at, function, arguments)?,
            None => self.matches(at, arguments)?,
        };
        self.part(at, inside, node)
    }

    fn arguments(&mut self) -> Parsed<Vec<Part>> {
        self.descend(self.at())?;
        let mut arguments = Vec::new();
        if self.peek() != Some(&Token::Close) {
            arguments.push(self.any()?);
            while self.eat(&Token::Comma) {
                arguments.push(self.any()?);
            }
        }
        self.close("an operator, a comma or a closing parenthesis")?;
        Ok(arguments)
    }

    fn matches(&mut self, at: usize, arguments: Vec<Part>) -> Parsed<Node> {
        arity(at, REGEX, 2, Some(2), arguments.len())?;
        let mut arguments = arguments.into_iter();
        let (Some(text), Some(Part { at, node, .. })) = (arguments.next(), arguments.next()) else {
            return Err(refused(at, ExpressionProblem::PatternNotLiteral));
        };
        let Node::Text(pattern) = node else { return Err(refused(at, ExpressionProblem::PatternNotLiteral)) };
        let pattern = Pattern::new(&pattern).map_err(|why| refused(at, why))?;
        self.patterns += pattern.weight();
        if self.patterns > PATTERN_WEIGHT {
            return Err(refused(at, ExpressionProblem::PatternTooLarge));
        }
        budget::pattern(pattern.weight()).map_err(|why| refused(at, why))?;
        Ok(Node::Matches(Box::new(text.node), pattern))
    }
}

fn negative(number: Number) -> Number {
    Number::new(-number.get()).unwrap_or(number)
}

fn arity(at: usize, function: &'static str, least: usize, most: Option<usize>, found: usize) -> Parsed<()> {
    if found >= least && most.is_none_or(|most| found <= most) {
        Ok(())
    } else {
        Err(refused(at, ExpressionProblem::WrongArity { function, least, most, found }))
    }
}

fn call(at: usize, function: Function, arguments: Vec<Part>) -> Parsed<Node> {
    let (least, most) = function.arity();
    arity(at, function.name(), least, most, arguments.len())?;
    for argument in &arguments {
        match (function, &argument.node) {
            (Function::Sum | Function::Count, Node::Name(_)) => {}
            (Function::Sum | Function::Count, _) => {
                return Err(refused(argument.at, ExpressionProblem::NameWanted(function.name())));
            }
            (Function::Date, Node::Text(text)) if Date::parse(text).is_err() => {
                return Err(refused(argument.at, ExpressionProblem::BadDate));
            }
            _ => {}
        }
    }
    Ok(Node::Call(function, arguments.into_iter().map(|argument| argument.node).collect()))
}
