//! Cuts the source of an expression into words, numbers, texts and symbols.
//!
//! Every token knows where it starts; nothing that cannot be seen gets through.

use super::error::{ExpressionError, ExpressionProblem};
use super::node::{Comparison, Plus};
use super::number::Number;

/// The words that cannot be names. `true` and `false` mean nothing here: an author who writes them is told.
pub(crate) const RESERVED: [&str; 9] = ["and", "or", "not", "div", "mod", "yes", "no", "true", "false"];

/// The reserved word that this is.
pub(crate) fn reserved(word: &str) -> Option<&'static str> {
    RESERVED.into_iter().find(|reserved| *reserved == word)
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token<'a> {
    Word(&'a str),
    Number(Number),
    Text(String),
    Compare(Comparison),
    Plus(Plus),
    Times,
    Open,
    Close,
    Comma,
}

/// A token and where it starts.
#[derive(Debug, Clone)]
pub(crate) struct Placed<'a> {
    pub(crate) at: usize,
    pub(crate) token: Token<'a>,
}

pub(crate) fn tokens(source: &str) -> Result<Vec<Placed<'_>>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = rest(source, at).chars().next() {
        if matches!(first, ' ' | '\t' | '\n' | '\r') {
            at += 1;
            continue;
        }
        let (token, length) = token(rest(source, at), first).map_err(|(inner, why)| refused(at + inner, why))?;
        tokens.push(Placed { at, token });
        at += length;
    }
    Ok(tokens)
}

pub(crate) fn refused(at: usize, why: ExpressionProblem) -> ExpressionError {
    ExpressionError { at, why }
}

/// The token at the start, and how many bytes it takes; or how far into it the problem is.
fn token(source: &str, first: char) -> Result<(Token<'_>, usize), (usize, ExpressionProblem)> {
    let second = source.as_bytes().get(1) == Some(&b'=');
    let comparison = |comparison, length| Ok((Token::Compare(comparison), length));
    match first {
        '(' => Ok((Token::Open, 1)),
        ')' => Ok((Token::Close, 1)),
        ',' => Ok((Token::Comma, 1)),
        '+' => Ok((Token::Plus(Plus::Plus), 1)),
        '-' => Ok((Token::Plus(Plus::Minus), 1)),
        '*' => Ok((Token::Times, 1)),
        '=' => comparison(Comparison::Equal, 1),
        '!' if second => comparison(Comparison::NotEqual, 2),
        '<' if second => comparison(Comparison::LessOrEqual, 2),
        '<' => comparison(Comparison::Less, 1),
        '>' if second => comparison(Comparison::GreaterOrEqual, 2),
        '>' => comparison(Comparison::Greater, 1),
        '\'' | '"' => text(source, first),
        '0'..='9' => number(source),
        'a'..='z' | 'A'..='Z' | '_' => {
            let word = span(source, |c| c.is_ascii_alphanumeric() || c == '_');
            Ok((Token::Word(word), word.len()))
        }
        hidden if is_hidden(hidden) => Err((0, ExpressionProblem::HiddenCharacter(hidden))),
        other => Err((0, ExpressionProblem::UnexpectedCharacter(other))),
    }
}

fn number(source: &str) -> Result<(Token<'_>, usize), (usize, ExpressionProblem)> {
    // Everything that could be meant to belong to it, so that `12abc` and `1.2.3` are one bad number and not two parts.
    let digits = span(source, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    match Number::parse(digits) {
        Some(number) => Ok((Token::Number(number), digits.len())),
        None => Err((0, ExpressionProblem::BadNumber)),
    }
}

fn text(source: &str, quote: char) -> Result<(Token<'_>, usize), (usize, ExpressionProblem)> {
    let mut text = String::new();
    let mut chars = source.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            if is_hidden(c) {
                return Err((at, ExpressionProblem::HiddenCharacter(c)));
            }
            text.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Ok((Token::Text(text), at + 1));
        }
    }
    Err((0, ExpressionProblem::UnclosedText))
}

fn is_hidden(c: char) -> bool {
    c != '\t' && crate::limits::is_hidden(c)
}

fn rest(source: &str, at: usize) -> &str {
    source.get(at..).unwrap_or_default()
}

fn span(source: &str, belongs: impl Fn(char) -> bool) -> &str {
    source.split(|c| !belongs(c)).next().unwrap_or_default()
}
