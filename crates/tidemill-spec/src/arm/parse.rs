//! Expressions of templates, from text to a tree. The grammar is the one that Microsoft documents under “Template syntax and
//! expressions”: function calls, texts in single quotes, numbers, and `.name`, `.?name` and `[index]` behind a value.

use super::error::{ArmError, Result};

/// The longest expression, in characters, as Azure has it.
pub const MAX_EXPRESSION: usize = 24_576;
/// How deep calls may nest.
pub const MAX_DEPTH: usize = 64;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// A call, with the namespace of a function of the template's own.
    Call {
        /// The namespace.
        namespace: Option<String>,
        /// The function.
        name: String,
        /// What it is called with.
        args: Vec<Expr>,
    },
    /// A property of a value.
    Property {
        /// The value.
        of: Box<Expr>,
        /// The property.
        name: String,
        /// Whether a value without it gives null.
        optional: bool,
    },
    /// An element of a list, or a property whose name is computed.
    Index {
        /// The value.
        of: Box<Expr>,
        /// Which one.
        index: Box<Expr>,
    },
}

/// What a text of a template is.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// A text that says itself.
    Plain(String),
    /// An expression.
    Expr(Expr),
}

/// Reads a text of a template: `[…]` is an expression, and `[[…` a text that begins with a bracket.
///
/// # Errors
/// An expression that can't be read, or is too long or too deep.
pub fn parse(text: &str) -> Result<Text> {
    if let Some(rest) = text.strip_prefix("[[") {
        return Ok(Text::Plain(format!("[{rest}")));
    }
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some(inner) = inner else {
        return Ok(Text::Plain(text.to_owned()));
    };
    if text.chars().count() > MAX_EXPRESSION {
        return Err(ArmError::new(format!(
            "an expression has more than {MAX_EXPRESSION} characters"
        )));
    }
    let mut parser = Parser { text: inner, at: 0 };
    let expr = parser.expr(0)?;
    parser.space();
    match parser.rest() {
        "" => Ok(Text::Expr(expr)),
        rest => Err(parser.wrong(&format!("`{}` follows the expression", short(rest)))),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, sign: char) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len_utf8();
        }
        found
    }

    fn wrong(&self, what: &str) -> ArmError {
        ArmError::new(format!(
            "failed to read the expression `[{}]`: {what}",
            short(self.text)
        ))
    }

    fn expr(&mut self, depth: usize) -> Result<Expr> {
        if depth > MAX_DEPTH {
            return Err(self.wrong(&format!("it nests deeper than {MAX_DEPTH} calls")));
        }
        self.space();
        let mut expr = match self.rest().chars().next() {
            Some('\'') => self.quoted()?,
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => self.number()?,
            Some(c) if c.is_alphabetic() || c == '_' => self.call(depth)?,
            Some(_) => return Err(self.wrong(&format!("`{}` begins no value", short(self.rest())))),
            None => return Err(self.wrong("a value is missing")),
        };
        // Each step behind a value nests the tree once more.
        for _ in 0..=MAX_DEPTH {
            if self.eat('.') {
                let optional = self.eat('?');
                let name = self
                    .word()
                    .ok_or_else(|| self.wrong("a name is missing after `.`"))?;
                expr = Expr::Property {
                    of: Box::new(expr),
                    name,
                    optional,
                };
            } else if self.eat('[') {
                let index = self.expr(depth + 1)?;
                if !self.eat(']') {
                    return Err(self.wrong("`]` is missing"));
                }
                expr = Expr::Index {
                    of: Box::new(expr),
                    index: Box::new(index),
                };
            } else {
                return Ok(expr);
            }
        }
        Err(self.wrong(&format!("it takes more than {MAX_DEPTH} steps into a value")))
    }

    fn quoted(&mut self) -> Result<Expr> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('\'') else {
                return Err(self.wrong("a text is not closed with `'`"));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('\'') {
                return Ok(Expr::Text(text));
            }
            text.push('\'');
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Expr> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with(['-', '+']));
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        let text = rest[..sign + digits].trim_start_matches('+');
        self.at += sign + digits;
        text.parse()
            .map(Expr::Int)
            .map_err(|_| self.wrong(&format!("`{}` is no whole number of 64 bits", short(rest))))
    }

    fn word(&mut self) -> Option<String> {
        self.space();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| rest[..end].to_owned())
    }

    fn call(&mut self, depth: usize) -> Result<Expr> {
        let mut name = self.word().unwrap_or_default();
        let mut namespace = None;
        if self.eat('.') {
            namespace = Some(name);
            name = self
                .word()
                .ok_or_else(|| self.wrong("a function is missing after `.`"))?;
        }
        if !self.eat('(') {
            return Err(self.wrong(&format!("`{name}` is called without `(`")));
        }
        let mut args = Vec::new();
        if self.eat(')') {
            return Ok(Expr::Call {
                namespace,
                name,
                args,
            });
        }
        loop {
            args.push(self.expr(depth + 1)?);
            if self.eat(')') {
                return Ok(Expr::Call {
                    namespace,
                    name,
                    args,
                });
            }
            if !self.eat(',') {
                return Err(self.wrong(&format!("`,` or `)` is missing in the call of `{name}`")));
            }
        }
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_and_expressions_are_told_apart() {
        assert_eq!(parse("plain"), Ok(Text::Plain("plain".into())));
        assert_eq!(parse("[[x]"), Ok(Text::Plain("[x]".into())));
        assert_eq!(parse("[x"), Ok(Text::Plain("[x".into())));
        assert_eq!(parse("[ 'it''s' ]"), Ok(Text::Expr(Expr::Text("it's".into()))));
        let Ok(Text::Expr(Expr::Property { of, name, .. })) = parse("[resourceGroup().location]") else {
            panic!("a property")
        };
        assert!(matches!(*of, Expr::Call { .. }) && name == "location");
        assert!(matches!(
            parse("[a.b(parameters('x')[0], -3)]"),
            Ok(Text::Expr(Expr::Call {
                namespace: Some(_),
                ..
            }))
        ));
    }

    #[test]
    fn what_is_no_expression_is_said() {
        for (text, said) in [
            ("[concat('a']", "`,` or `)`"),
            ("[concat 'a']", "without `(`"),
            ("['a]", "not closed"),
            ("[]", "missing"),
            ("[a() b]", "follows"),
            ("[99999999999999999999]", "64 bits"),
        ] {
            assert!(parse(text).expect_err(text).message.contains(said), "{text}");
        }
        let deep = format!("[{}{}]", "a(".repeat(200), ")".repeat(200));
        assert!(parse(&deep).expect_err("too deep").message.contains("deeper"));
        let long = format!("[a(){}]", ".b".repeat(2000));
        assert!(
            parse(&long)
                .expect_err("too long a way")
                .message
                .contains("steps")
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\[?(a\\(|\\)|'|''|,|\\.|\\[|\\]|0|-| |é|\\?|b){0,40}\\]?") {
            let _ = parse(&text);
        }
    }
}
