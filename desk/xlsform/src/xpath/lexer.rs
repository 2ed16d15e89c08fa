//! Cuts an XPath expression into tokens.
//!
//! `*`, `div`, `mod`, `and` and `or` are operators where an operand stands before them and names elsewhere, as XPath
//! says.

use super::tree::{Op, XPathError};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(String),
    Text(String),
    Question(String),
    LastSaved(String),
    /// A name, with prefix and axis: `selected`, `jr:choice-name`, `*`, `@id`.
    Name(String),
    Operator(Op),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Slash,
    DoubleSlash,
    Dot,
    DotDot,
}

/// The tokens, each with the place where it begins, from 1.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, XPathError> {
    let chars: Vec<char> = text.chars().collect();
    let mut lexer = Lexer { chars: &chars, at: 0, out: Vec::new() };
    while let Some(start) = lexer.skip_spaces() {
        let token = lexer.token()?;
        lexer.out.push((start + 1, token));
    }
    Ok(lexer.out)
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
    out: Vec<(usize, Token)>,
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}') || is_mark(c)
}

/// Vowel signs and other marks that names in South Asian scripts contain.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}' | '\u{200c}' | '\u{200d}')
}

impl Lexer<'_> {
    fn skip_spaces(&mut self) -> Option<usize> {
        while self.peek(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        (self.at < self.chars.len()).then_some(self.at)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn error<T>(&self, why: &'static str) -> Result<T, XPathError> {
        Err(XPathError { at: self.at + 1, why })
    }

    /// Whether the token before this one ends an operand, so that an operator has to follow.
    fn after_operand(&self) -> bool {
        self.out.last().is_some_and(|(_, token)| {
            matches!(
                token,
                Token::Number(_)
                    | Token::Text(_)
                    | Token::Question(_)
                    | Token::LastSaved(_)
                    | Token::Name(_)
                    | Token::Close
                    | Token::CloseBracket
                    | Token::Dot
                    | Token::DotDot
            )
        })
    }

    fn token(&mut self) -> Result<Token, XPathError> {
        let Some(first) = self.peek(0) else { return self.error("it ends too early") };
        let second = self.peek(1);
        let (token, length) = match (first, second) {
            ('$', Some('{')) => return self.question(),
            ('\'' | '"', _) => return self.quoted(first),
            ('0'..='9', _) => return Ok(self.number()),
            ('.', Some('0'..='9')) => return Ok(self.number()),
            ('.', Some('.')) => (Token::DotDot, 2),
            ('.', _) => (Token::Dot, 1),
            ('(', _) => (Token::Open, 1),
            (')', _) => (Token::Close, 1),
            ('[', _) => (Token::OpenBracket, 1),
            (']', _) => (Token::CloseBracket, 1),
            (',', _) => (Token::Comma, 1),
            ('/', Some('/')) => (Token::DoubleSlash, 2),
            ('/', _) => (Token::Slash, 1),
            ('!', Some('=')) => (Token::Operator(Op::NotEqual), 2),
            ('<', Some('=')) => (Token::Operator(Op::AtMost), 2),
            ('>', Some('=')) => (Token::Operator(Op::AtLeast), 2),
            ('<', _) => (Token::Operator(Op::Less), 1),
            ('>', _) => (Token::Operator(Op::More), 1),
            ('=', _) => (Token::Operator(Op::Equal), 1),
            ('+', _) => (Token::Operator(Op::Plus), 1),
            ('-', _) => (Token::Operator(Op::Minus), 1),
            ('|', _) => (Token::Operator(Op::Union), 1),
            ('*', _) if self.after_operand() => (Token::Operator(Op::Times), 1),
            ('*', _) => (Token::Name("*".to_owned()), 1),
            ('@', Some(next)) if starts_name(next) => {
                self.at += 1;
                return Ok(Token::Name(format!("@{}", self.name())));
            }
            (first, _) if starts_name(first) => return Ok(self.name_or_operator()),
            ('\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}', _) => {
                return self.error("a typographic quotation mark, where XPath has ' or \"");
            }
            ('$', _) => return self.error("a question is named as ${name}"),
            _ => return self.error("a character that has no meaning here"),
        };
        self.at += length;
        Ok(token)
    }

    fn question(&mut self) -> Result<Token, XPathError> {
        let start = self.at + 2;
        let Some(length) = self.chars.iter().skip(start).position(|c| *c == '}') else {
            return self.error("${ without }");
        };
        let name: String = self.chars.iter().skip(start).take(length).collect();
        let (name, last_saved) = match name.trim().strip_prefix("last-saved#") {
            Some(name) => (name, true),
            None => (name.trim(), false),
        };
        let well_formed = name.chars().next().is_some_and(starts_name) && name.chars().all(|c| goes_on(c) || c == ':');
        if !well_formed {
            return self.error("not the name of a question");
        }
        self.at = start + length + 1;
        Ok(if last_saved { Token::LastSaved(name.to_owned()) } else { Token::Question(name.to_owned()) })
    }

    fn quoted(&mut self, quote: char) -> Result<Token, XPathError> {
        let start = self.at + 1;
        let Some(length) = self.chars.iter().skip(start).position(|c| *c == quote) else {
            return self.error("a quotation mark that is not closed");
        };
        let text = self.chars.iter().skip(start).take(length).collect();
        self.at = start + length + 1;
        Ok(Token::Text(text))
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        let mut point = false;
        while self.peek(0).is_some_and(|c| c.is_ascii_digit() || (c == '.' && !point)) {
            point |= self.peek(0) == Some('.');
            self.at += 1;
        }
        Token::Number(self.chars.iter().skip(start).take(self.at - start).collect())
    }

    /// A name with its prefix or axis.
    fn name(&mut self) -> String {
        let start = self.at;
        loop {
            while self.peek(0).is_some_and(goes_on) {
                self.at += 1;
            }
            match (self.peek(0), self.peek(1), self.peek(2)) {
                (Some(':'), Some(':'), Some(next)) if starts_name(next) || next == '*' => self.at += 3,
                (Some(':'), Some(next), _) if starts_name(next) || next == '*' => self.at += 2,
                _ => break,
            }
        }
        self.chars.iter().skip(start).take(self.at - start).collect()
    }

    fn name_or_operator(&mut self) -> Token {
        let operand_before = self.after_operand();
        let start = self.at;
        let name = self.name();
        if operand_before {
            let operator = match name.as_str() {
                "or" => Some(Op::Or),
                "and" => Some(Op::And),
                "div" => Some(Op::Div),
                "mod" => Some(Op::Mod),
                _ => None,
            };
            if let Some(operator) = operator {
                return Token::Operator(operator);
            }
            // `div-1` and `and-x`: a name may contain a hyphen, an operator ends before it.
            for (word, operator) in [("div", Op::Div), ("mod", Op::Mod), ("and", Op::And), ("or", Op::Or)] {
                if name.strip_prefix(word).is_some_and(|rest| rest.starts_with(['-', '.'])) {
                    self.at = start + word.len();
                    return Token::Operator(operator);
                }
            }
        }
        Token::Name(name)
    }
}
