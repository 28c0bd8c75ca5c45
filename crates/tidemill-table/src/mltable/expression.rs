//! The expressions of `filter`: `col("temperature") > 32 and col("location") == "UK"`. Text to a tree.

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Column(String),
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Null,
    /// `datetime(year, month, day, …)`.
    Time(Vec<i64>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Two(Operator, Box<Node>, Box<Node>),
}

/// What stands between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divided,
}

impl Operator {
    /// How tightly it binds.
    fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Plus | Self::Minus => 5,
            Self::Times | Self::Divided => 6,
            _ => 4,
        }
    }

    pub(super) fn shown(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::Differs => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Divided => "/",
        }
    }
}

/// `not` binds less than comparisons, more than `and`.
const NOT: u8 = 3;
/// How deep an expression may nest.
const DEEPEST: usize = 64;
/// The most words and signs of an expression.
const MOST_TOKENS: usize = 2_000;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(String),
    Sign(&'static str),
}

/// Longer signs stand before their beginnings.
const SIGNS: [&str; 18] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "(", ")", ",", "+", "-", "*", "/", "&", "|", "!",
];

/// Reads an expression.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let tokens = tokens(text)?;
    // A long chain of operators is a deep tree.
    if tokens.len() > MOST_TOKENS {
        return Err(format!("it has more than {MOST_TOKENS} words and signs"));
    }
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    let node = parser.expression(0)?;
    match parser.next() {
        None => Ok(node),
        Some(token) => Err(format!("{} is not expected there", shown(&token))),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Word(text) | Token::Number(text) => format!("`{text}`"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(letter) = rest.chars().next() {
        let taken = match letter {
            '"' | '\'' => {
                let (token, length) = quoted(rest, letter)?;
                found.push(token);
                length
            }
            _ if letter.is_ascii_digit()
                || (letter == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) =>
            {
                let length = number(rest);
                found.push(Token::Number(rest[..length].to_owned()));
                length
            }
            _ if letter.is_alphabetic() || letter == '_' => {
                let length = rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                    .unwrap_or(rest.len());
                found.push(Token::Word(rest[..length].to_owned()));
                length
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    found.push(Token::Sign(sign));
                    sign.len()
                }
                None if letter == '=' => return Err("`=` compares nothing; write `==`".into()),
                None => return Err(format!("`{letter}` has no meaning in a filter")),
            },
        };
        rest = rest[taken..].trim_start();
    }
    Ok(found)
}

fn quoted(text: &str, quote: char) -> Result<(Token, usize), String> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            _ if letter == quote => return Ok((Token::Text(value), at + 1)),
            _ => value.push(letter),
        }
    }
    Err(format!("the quote before `{value}` is not closed"))
}

/// The length of a number at the start.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let exponent = matches!(byte, b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
        if byte.is_ascii_alphanumeric() || *byte == b'.' || *byte == b'_' || exponent {
            end += 1;
        } else {
            break;
        }
    }
    end
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn operator(&self) -> Option<Operator> {
        Some(match self.tokens.get(self.at)? {
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "or" => Operator::Or,
                "and" => Operator::And,
                _ => return None,
            },
            Token::Sign(sign) => match *sign {
                "||" | "|" => Operator::Or,
                "&&" | "&" => Operator::And,
                "==" => Operator::Equal,
                "!=" => Operator::Differs,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterOrEqual,
                "+" => Operator::Plus,
                "-" => Operator::Minus,
                "*" => Operator::Times,
                "/" => Operator::Divided,
                _ => return None,
            },
            Token::Text(_) | Token::Number(_) => return None,
        })
    }

    /// An expression of operators that bind more than `least`.
    fn expression(&mut self, least: u8) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it nests too deeply".into());
        }
        let mut left = self.first()?;
        while let Some(operator) = self.operator().filter(|operator| operator.strength() > least) {
            self.at += 1;
            let right = self.expression(operator.strength())?;
            left = Node::Two(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn first(&mut self) -> Result<Node, String> {
        let token = self.next().ok_or("something is missing at its end")?;
        Ok(match &token {
            Token::Text(text) => Node::Text(text.clone()),
            Token::Number(text) => {
                let plain = text.replace('_', "");
                match (plain.parse(), plain.parse()) {
                    (Ok(whole), _) => Node::Whole(whole),
                    (_, Ok(number)) => Node::Number(number),
                    _ => return Err(format!("`{text}` is no number")),
                }
            }
            Token::Sign("!") => Node::Not(Box::new(self.expression(NOT)?)),
            Token::Sign("-") => Node::Negative(Box::new(self.expression(Operator::Times.strength())?)),
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                self.sign(")")?;
                inner
            }
            Token::Sign(_) => return Err(format!("{} is not expected there", shown(&token))),
            Token::Word(word) => self.word(word)?,
        })
    }

    fn word(&mut self, word: &str) -> Result<Node, String> {
        let called = self.tokens.get(self.at) == Some(&Token::Sign("("));
        Ok(match (word, called) {
            ("not" | "NOT", _) => Node::Not(Box::new(self.expression(NOT)?)),
            ("col", true) => {
                self.at += 1;
                let Some(Token::Text(name)) = self.next() else {
                    return Err("`col` takes the name of a column in quotes".into());
                };
                self.sign(")")?;
                Node::Column(name)
            }
            ("datetime", true) => {
                self.at += 1;
                Node::Time(self.numbers()?)
            }
            (name, true) => {
                return Err(format!(
                    "there is no function `{name}`; a filter knows col(\"column\") and datetime(year, month, day)"
                ));
            }
            ("true" | "True", _) => Node::Flag(true),
            ("false" | "False", _) => Node::Flag(false),
            ("null" | "None", _) => Node::Null,
            (name, false) => Node::Column(name.to_owned()),
        })
    }

    /// Whole numbers up to a closing parenthesis.
    fn numbers(&mut self) -> Result<Vec<i64>, String> {
        let mut found = Vec::new();
        loop {
            let number = match self.next() {
                Some(Token::Number(text)) => text.parse().ok(),
                _ => None,
            };
            found.push(
                number.ok_or("`datetime` takes whole numbers: year, month, day, hour, minute, second")?,
            );
            match self.next() {
                Some(Token::Sign(",")) => {}
                Some(Token::Sign(")")) => return Ok(found),
                _ => return Err("`)` is missing".into()),
            }
        }
    }

    fn sign(&mut self, wanted: &str) -> Result<(), String> {
        match self.next() {
            Some(Token::Sign(sign)) if sign == wanted => Ok(()),
            _ => Err(format!("`{wanted}` is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree with all of its parentheses.
    fn tree(node: &Node) -> String {
        match node {
            Node::Column(name) => name.clone(),
            Node::Text(text) => format!("{text:?}"),
            Node::Whole(value) => value.to_string(),
            Node::Number(value) => value.to_string(),
            Node::Flag(value) => value.to_string(),
            Node::Null => "null".into(),
            Node::Time(parts) => format!("time{parts:?}"),
            Node::Not(inner) => format!("(not {})", tree(inner)),
            Node::Negative(inner) => format!("(- {})", tree(inner)),
            Node::Two(operator, left, right) => {
                format!("({} {} {})", tree(left), operator.shown(), tree(right))
            }
        }
    }

    fn read(text: &str) -> String {
        tree(&parse(text).expect(text))
    }

    #[test]
    fn a_long_chain_is_refused_before_it_is_a_deep_tree() {
        let error = parse(&format!("{}a > 1", "a+".repeat(200_000))).expect_err("too long");
        assert!(error.contains("2000 words"), "{error}");
        parse(&format!("{}a > 1", "a+".repeat(900))).expect("long enough for anybody");
    }

    #[test]
    fn operators_bind_as_in_python() {
        assert_eq!(
            read("col(\"t\") > 32 and col('a \\'b') == \"UK\" or not c != -2.5e1"),
            "(((t > 32) and (a 'b == \"UK\")) or (not (c != (- 25))))"
        );
        assert_eq!(
            read("a + b * 2 >= (a + b) * 2"),
            "((a + (b * 2)) >= ((a + b) * 2))"
        );
        assert_eq!(read("a - b - 1 < 0"), "(((a - b) - 1) < 0)");
        assert_eq!(
            read("(a == 1) & (b == None) | !c"),
            "(((a == 1) and (b == null)) or (not c))"
        );
        assert_eq!(read("d >= datetime(2020, 1, 2)"), "(d >= time[2020, 1, 2])");
        assert_eq!(
            read("feature_1 == \"5\" and target > 0.5"),
            "((feature_1 == \"5\") and (target > 0.5))"
        );
    }

    #[test]
    fn what_is_no_expression_is_told() {
        let why = |text: &str| parse(text).expect_err(text);
        assert!(why("col(\"a\") = 1").contains("`==`"));
        assert!(why("col(\"a) > 1").contains("not closed"));
        assert!(why("col(a) > 1").contains("in quotes"));
        assert!(why("a >").contains("missing at its end"));
        assert!(why("a > 1 b").contains("`b`"));
        assert!(why("(a > 1").contains("`)`"));
        assert!(why("len(a) > 1").contains("`len`"));
        assert!(why("a > 1;").contains("`;`"));
        assert!(why(&"(".repeat(500)).contains("deeply"));
        assert!(why("a > 12x").contains("12x"));
    }
}
