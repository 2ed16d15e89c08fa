//! Reads an XPath expression into its tree.
//!
//! Precedence climbing over a list of tokens; parentheses, predicates and signs count towards the allowed depth.

use super::lexer::{Token, tokens};
use super::tree::{Expr, Op, Path, XPathError};
use crate::limits;

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Result<Expr, XPathError> {
    if text.len() > limits::CELL_CHARS * 4 {
        return Err(XPathError { at: 1, why: "longer than a cell may be" });
    }
    let tokens = tokens(text)?;
    if tokens.len() > limits::XPATH_NODES {
        return Err(XPathError { at: 1, why: "more operators and operands than are read here" });
    }
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, end: text.chars().count() + 1 };
    let expr = parser.chain(1)?;
    if parser.peek().is_some() { parser.error("an operator was expected here") } else { Ok(expr) }
}

struct Parser<'a> {
    tokens: &'a [(usize, Token)],
    at: usize,
    depth: usize,
    end: usize,
}

type Parsed<T> = Result<T, XPathError>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn peek_second(&self) -> Option<&'a Token> {
        self.tokens.get(self.at + 1).map(|(_, token)| token)
    }

    fn error<T>(&self, why: &'static str) -> Parsed<T> {
        Err(XPathError { at: self.tokens.get(self.at).map_or(self.end, |(at, _)| *at), why })
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, why: &'static str) -> Parsed<()> {
        if self.take(token) { Ok(()) } else { self.error(why) }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= limits::XPATH_DEPTH {
            return self.error("nested deeper than is read here");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Operators of at least this precedence.
    fn chain(&mut self, lowest: u8) -> Parsed<Expr> {
        let mut left = self.signed()?;
        while let Some(Token::Operator(op)) = self.peek() {
            let level = op.precedence();
            if level < lowest {
                break;
            }
            let mut rest = Vec::new();
            while let Some(Token::Operator(op)) = self.peek() {
                if op.precedence() != level {
                    break;
                }
                self.at += 1;
                rest.push((*op, self.chain(level + 1)?));
            }
            left = Expr::Chain(Box::new(left), rest);
        }
        Ok(left)
    }

    fn signed(&mut self) -> Parsed<Expr> {
        if self.take(&Token::Operator(Op::Minus)) {
            return self.deeper(|parser| Ok(Expr::Minus(Box::new(parser.signed()?))));
        }
        let start = self.primary()?;
        self.path_from(start)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let Some(token) = self.peek() else { return self.error("it ends where a value was expected") };
        let expr = match token {
            Token::Number(number) => Expr::Number(number.clone()),
            Token::Text(text) => Expr::Text(text.clone()),
            Token::Question(name) => Expr::Question(name.clone()),
            Token::LastSaved(name) => Expr::LastSaved(name.clone()),
            Token::Open => {
                self.at += 1;
                let inner = self.deeper(|parser| parser.chain(1))?;
                self.expect(&Token::Close, "a parenthesis that is not closed")?;
                return Ok(inner);
            }
            Token::Name(name) if self.peek_second() == Some(&Token::Open) && !is_node_test(name) => {
                self.at += 2;
                let arguments = self.deeper(Self::arguments)?;
                return Ok(Expr::Call(name.clone(), arguments));
            }
            Token::Name(_) | Token::Slash | Token::DoubleSlash | Token::Dot | Token::DotDot => {
                return self.deeper(Self::location);
            }
            _ => return self.error("a value was expected here"),
        };
        self.at += 1;
        Ok(expr)
    }

    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut arguments = Vec::new();
        if self.take(&Token::Close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.chain(1)?);
            if self.take(&Token::Close) {
                return Ok(arguments);
            }
            self.expect(&Token::Comma, "a comma or a closing parenthesis was expected here")?;
        }
    }

    fn location(&mut self) -> Parsed<Expr> {
        let mut path = Path::default();
        if self.take(&Token::DoubleSlash) {
            path.text.push_str("//");
        } else if self.take(&Token::Slash) {
            path.text.push('/');
        }
        self.step(&mut path)?;
        self.more_steps(&mut path)?;
        Ok(if path.text == "." && path.predicates.is_empty() { Expr::Here } else { Expr::Path(path) })
    }

    fn more_steps(&mut self, path: &mut Path) -> Parsed<()> {
        loop {
            if self.take(&Token::Slash) {
                path.text.push('/');
            } else if self.take(&Token::DoubleSlash) {
                path.text.push_str("//");
            } else {
                return Ok(());
            }
            self.step(path)?;
        }
    }

    fn step(&mut self, path: &mut Path) -> Parsed<()> {
        match self.peek() {
            Some(Token::Name(name)) => {
                path.text.push_str(name);
                self.at += 1;
                if is_node_test(name) && self.take(&Token::Open) {
                    self.expect(&Token::Close, "a node test takes nothing")?;
                    path.text.push_str("()");
                }
            }
            // `current()/../${name}`: pyxform writes the path of the question here.
            Some(Token::Question(name)) => {
                path.text.push_str(&format!("${{{name}}}"));
                self.at += 1;
            }
            Some(Token::Dot) => {
                path.text.push('.');
                self.at += 1;
            }
            Some(Token::DotDot) => {
                path.text.push_str("..");
                self.at += 1;
            }
            _ => return self.error("a path goes on with a name"),
        }
        self.predicates(path)
    }

    fn predicates(&mut self, path: &mut Path) -> Parsed<()> {
        while self.take(&Token::OpenBracket) {
            path.predicates.push(self.deeper(|parser| parser.chain(1))?);
            self.expect(&Token::CloseBracket, "a bracket that is not closed")?;
        }
        Ok(())
    }

    /// `${repeat}[..]`, `instance('x')/root/item[..]/label`, `(..)[1]`.
    fn path_from(&mut self, start: Expr) -> Parsed<Expr> {
        let goes_on = matches!(self.peek(), Some(Token::Slash | Token::DoubleSlash | Token::OpenBracket));
        if !goes_on || matches!(start, Expr::Path(_) | Expr::Here) {
            return Ok(start);
        }
        let mut path = Path::default();
        self.predicates(&mut path)?;
        self.more_steps(&mut path)?;
        Ok(Expr::From(Box::new(start), path))
    }
}

fn is_node_test(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment") || name.ends_with("::node") || name.ends_with("::text")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(text: &str) -> String {
        fn show(expr: &Expr) -> String {
            let list = |all: &[Expr]| all.iter().map(show).collect::<Vec<_>>().join(" ");
            match expr {
                Expr::Number(n) => n.clone(),
                Expr::Text(t) => format!("'{t}'"),
                Expr::Question(q) => format!("${q}"),
                Expr::LastSaved(q) => format!("$last#{q}"),
                Expr::Here => ".".to_owned(),
                Expr::Path(path) => format!("{}[{}]", path.text, list(&path.predicates)),
                Expr::Call(name, arguments) => format!("({name} {})", list(arguments)).replace(" )", ")"),
                Expr::Minus(x) => format!("(- {})", show(x)),
                Expr::Chain(first, rest) => {
                    let rest: Vec<_> = rest.iter().map(|(op, x)| format!("{op:?} {}", show(x))).collect();
                    format!("({} {})", show(first), rest.join(" "))
                }
                Expr::From(x, path) => format!("{}>{}[{}]", show(x), path.text, list(&path.predicates)),
            }
        }
        parse(text).map_or_else(|error| format!("{error}"), |expr| show(&expr))
    }

    #[test]
    fn what_real_forms_write_is_read() {
        for (text, expected) in [
            (
                "${age} >= 18 and ${sex} = 'f' or ${a}!=${b}",
                "((($age AtLeast 18) And ($sex Equal 'f')) Or ($a NotEqual $b))",
            ),
            ("selected(${x}, \"a\")", "(selected $x 'a')"),
            (
                "not(selected(., 'none') and count-selected(.) > 1)",
                "(not ((selected . 'none') And ((count-selected .) More 1)))",
            ),
            (". > 0 and .<=120", "((. More 0) And (. AtMost 120))"),
            ("int((today() - ${dob}) div 365.25)", "(int (((today) Minus $dob) Div 365.25))"),
            ("${a} * 2 - -1", "(($a Times 2) Minus (- 1))"),
            ("../name = 'x'", "(../name[] Equal 'x')"),
            ("/data/group/q = 1", "(/data/group/q[] Equal 1)"),
            ("jr:choice-name(${x}, '${x}')", "(jr:choice-name $x '${x}')"),
            ("instance('p')/root/item[name = ${v}]/label", "(instance 'p')>/root/item/label[(name[] Equal $v)]"),
            ("${last-saved#name}", "$last#name"),
            ("count(${kids}[${age} < 5])", "(count $kids>[($age Less 5)])"),
            ("position(..)", "(position ..[])"),
            ("${a} div 2 mod 3", "($a Div 2 Mod 3)"),
            ("${a}*${b}", "($a Times $b)"),
            ("true()", "(true)"),
            ("div", "div[]"),
            ("regex(., '^[0-9]{10}$')", "(regex . '^[0-9]{10}$')"),
            ("current()/../${x}", "(current)>/../${x}[]"),
            ("1 < 2 = true()", "((1 Less 2) Equal (true))"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        for (text, expected) in [
            ("", "character 1: it ends where a value was expected"),
            ("${age", "character 1: ${ without }"),
            ("${a} == 1", "character 7: a value was expected here"),
            ("${a} = \u{2018}x\u{2019}", "character 8: a typographic quotation mark, where XPath has ' or \""),
            ("(1 + 2", "character 7: a parenthesis that is not closed"),
            ("selected(${a} 'x')", "character 15: a comma or a closing parenthesis was expected here"),
            ("${a} = 1 2", "character 10: an operator was expected here"),
            ("'open", "character 1: a quotation mark that is not closed"),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = format!("{}1{}", "(".repeat(1_000_000), ")".repeat(1_000_000));
        assert!(parse(&nested).is_err());
        let nested = format!("{}1{}", "(".repeat(60), ")".repeat(60));
        assert_eq!(parse(&nested).unwrap_err().why, "nested deeper than is read here");
        assert!(parse(&format!("1{}", " + 1".repeat(2_000))).is_ok());
        assert!(parse(&"- ".repeat(4_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}|[-${}a-z0-9'\"()\\[\\]/.,*<>=! +|@:]{0,60}") {
            let _ = parse(&text);
        }
    }
}
