//! Reads GraphQL, as its specification of October 2021 writes it: operations, fragments, arguments, values, directives.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// How deep selections and values may lie in each other.
const DEEPEST: usize = 64;

/// What a request holds.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: HashMap<String, Vec<Selection>>,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// `query`, `mutation` or `subscription`.
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) variables: Vec<Variable>,
    pub(super) directives: Vec<String>,
    pub(super) selections: Vec<Selection>,
}

/// A variable that an operation declares.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    /// As it was written, such as `String!`.
    pub(super) kind: String,
    pub(super) default: Option<Argument>,
}

/// What is asked of an object.
#[derive(Debug)]
pub(super) enum Selection {
    Field(Field),
    /// The name of a fragment.
    Spread(String),
    Inline(Vec<Selection>),
}

/// A field that is asked for.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Argument)>,
    pub(super) directives: Vec<String>,
    pub(super) selections: Vec<Selection>,
}

/// A value that may hold variables.
#[derive(Debug)]
pub(super) enum Argument {
    Value(Value),
    Variable(String),
    List(Vec<Argument>),
    Object(Vec<(String, Argument)>),
}

impl Argument {
    /// The value, with variables put in; one that is not given is left out.
    pub(super) fn value(&self, variables: &Map<String, Value>) -> Option<Value> {
        Some(match self {
            Self::Value(value) => value.clone(),
            Self::Variable(name) => variables.get(name)?.clone(),
            Self::List(items) => items.iter().filter_map(|item| item.value(variables)).collect(),
            Self::Object(fields) => fields
                .iter()
                .filter_map(|(name, field)| Some((name.clone(), field.value(variables)?)))
                .collect(),
        })
    }
}

/// Reads a document.
///
/// # Errors
/// What was found where something else belongs.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        at: 0,
    };
    let mut document = Document::default();
    while reader.peek().is_some() {
        if reader.takes_word("fragment") {
            let name = reader.name()?;
            reader.word("on")?;
            reader.name()?;
            reader.directives()?;
            document.fragments.insert(name, reader.selections(0)?);
        } else {
            document.operations.push(reader.operation()?);
        }
    }
    if document.operations.is_empty() {
        return Err("Syntax Error: Unexpected <EOF>.".to_owned());
    }
    Ok(document)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// One of `! $ & ( ) : = @ [ ] { | }`, and `.` for `...`.
    Mark(char),
    Name(String),
    Number(Value),
    Text(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\n' | '\r' | ',' | '\u{feff}' => first.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                found.push(Token::Mark(first));
                1
            }
            '.' if rest.starts_with("...") => {
                found.push(Token::Mark('.'));
                3
            }
            '_' | 'a'..='z' | 'A'..='Z' => {
                let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                let end = end.unwrap_or(rest.len());
                found.push(Token::Name(rest[..end].to_owned()));
                end
            }
            '-' | '0'..='9' => {
                let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)));
                let end = end.unwrap_or(rest.len());
                let number = serde_json::from_str(&rest[..end])
                    .map_err(|_| format!("Syntax Error: Invalid number, '{}'.", &rest[..end]))?;
                found.push(Token::Number(number));
                end
            }
            '"' if rest.starts_with("\"\"\"") => {
                let (inner, length) = block(rest)?;
                found.push(Token::Text(inner));
                length
            }
            '"' => {
                let (inner, length) = string(rest)?;
                found.push(Token::Text(inner));
                length
            }
            other => return Err(format!("Syntax Error: Unexpected character: '{other}'.")),
        };
        rest = &rest[length..];
    }
    Ok(found)
}

/// A text in quotes at the beginning, and how long it is written. Its escapes are those of JSON.
fn string(rest: &str) -> Result<(String, usize), String> {
    let unterminated = || "Syntax Error: Unterminated string.".to_owned();
    let mut escaped = false;
    let end = rest
        .char_indices()
        .skip(1)
        .take_while(|(_, c)| *c != '\n')
        .find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        })
        .ok_or_else(unterminated)?
        .0;
    let inner = serde_json::from_str(&rest[..=end]).map_err(|error| format!("Syntax Error: {error}."))?;
    Ok((inner, end + 1))
}

/// A block of text at the beginning, and how long it is written.
fn block(rest: &str) -> Result<(String, usize), String> {
    let mut from = 3;
    loop {
        let end = rest[from..].find("\"\"\"").map(|at| from + at);
        let end = end.ok_or_else(|| "Syntax Error: Unterminated string.".to_owned())?;
        if rest[..end].ends_with('\\') {
            from = end + 3;
            continue;
        }
        let inner = rest[3..end].replace("\\\"\"\"", "\"\"\"");
        return Ok((inner.trim_matches('\n').to_owned(), end + 3));
    }
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn unexpected(&self, expected: &str) -> String {
        let found = match self.peek() {
            None => "<EOF>".to_owned(),
            Some(Token::Mark('.')) => "'...'".to_owned(),
            Some(Token::Mark(mark)) => format!("'{mark}'"),
            Some(Token::Name(name)) => format!("Name '{name}'"),
            Some(Token::Number(number)) => format!("number {number}"),
            Some(Token::Text(text)) => format!("String '{text}'"),
        };
        format!("Syntax Error: Expected {expected}, found {found}.")
    }

    fn takes(&mut self, mark: char) -> bool {
        let is = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(is);
        is
    }

    fn mark(&mut self, mark: char) -> Result<(), String> {
        match self.takes(mark) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("'{mark}'"))),
        }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Name(name)) if name == word);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        match self.takes_word(word) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("'{word}'"))),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected("Name")),
        }
    }

    fn operation(&mut self) -> Result<Operation, String> {
        if self.peek() == Some(&Token::Mark('{')) {
            return Ok(Operation {
                kind: "query".to_owned(),
                name: None,
                variables: Vec::new(),
                directives: Vec::new(),
                selections: self.selections(0)?,
            });
        }
        let kind = ["query", "mutation", "subscription"]
            .into_iter()
            .find(|kind| self.takes_word(kind))
            .ok_or_else(|| self.unexpected("an operation"))?;
        let name = match self.peek() {
            Some(Token::Name(_)) => Some(self.name()?),
            _ => None,
        };
        let mut variables = Vec::new();
        if self.takes('(') {
            while !self.takes(')') {
                self.mark('$')?;
                let name = self.name()?;
                self.mark(':')?;
                let kind = self.kind(0)?;
                let default = match self.takes('=') {
                    true => Some(self.argument(0)?),
                    false => None,
                };
                self.directives()?;
                variables.push(Variable { name, kind, default });
            }
        }
        Ok(Operation {
            kind: kind.to_owned(),
            name,
            variables,
            directives: self.directives()?,
            selections: self.selections(0)?,
        })
    }

    /// A type, as it was written.
    fn kind(&mut self, depth: usize) -> Result<String, String> {
        not_too_deep(depth)?;
        let mut kind = match self.takes('[') {
            true => {
                let inner = self.kind(depth + 1)?;
                self.mark(']')?;
                format!("[{inner}]")
            }
            false => self.name()?,
        };
        if self.takes('!') {
            kind.push('!');
        }
        Ok(kind)
    }

    /// The names of directives; what they are told is read and left alone.
    fn directives(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        while self.takes('@') {
            names.push(self.name()?);
            self.arguments(0)?;
        }
        Ok(names)
    }

    fn arguments(&mut self, depth: usize) -> Result<Vec<(String, Argument)>, String> {
        let mut arguments = Vec::new();
        if self.takes('(') {
            while !self.takes(')') {
                let name = self.name()?;
                self.mark(':')?;
                arguments.push((name, self.argument(depth)?));
            }
        }
        Ok(arguments)
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, String> {
        not_too_deep(depth)?;
        if self.takes('$') {
            return Ok(Argument::Variable(self.name()?));
        }
        if self.takes('[') {
            let mut items = Vec::new();
            while !self.takes(']') {
                items.push(self.argument(depth + 1)?);
            }
            return Ok(Argument::List(items));
        }
        if self.takes('{') {
            let mut fields = Vec::new();
            while !self.takes('}') {
                let name = self.name()?;
                self.mark(':')?;
                fields.push((name, self.argument(depth + 1)?));
            }
            return Ok(Argument::Object(fields));
        }
        let value = match self.peek() {
            Some(Token::Number(number)) => number.clone(),
            Some(Token::Text(text)) => Value::from(text.as_str()),
            Some(Token::Name(name)) => match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                word => Value::from(word),
            },
            _ => return Err(self.unexpected("a value")),
        };
        self.at += 1;
        Ok(Argument::Value(value))
    }

    fn selections(&mut self, depth: usize) -> Result<Vec<Selection>, String> {
        not_too_deep(depth)?;
        self.mark('{')?;
        let mut selections = Vec::new();
        while !self.takes('}') {
            if self.takes('.') {
                selections.push(self.fragment(depth)?);
                continue;
            }
            let first = self.name()?;
            let (alias, name) = match self.takes(':') {
                true => (Some(first), self.name()?),
                false => (None, first),
            };
            let arguments = self.arguments(depth)?;
            let directives = self.directives()?;
            let below = match self.peek() {
                Some(Token::Mark('{')) => self.selections(depth + 1)?,
                _ => Vec::new(),
            };
            selections.push(Selection::Field(Field {
                alias,
                name,
                arguments,
                directives,
                selections: below,
            }));
        }
        Ok(selections)
    }

    fn fragment(&mut self, depth: usize) -> Result<Selection, String> {
        let is_inline = self.takes_word("on");
        if is_inline {
            self.name()?;
        } else if matches!(self.peek(), Some(Token::Name(_))) {
            let name = self.name()?;
            self.directives()?;
            return Ok(Selection::Spread(name));
        }
        self.directives()?;
        Ok(Selection::Inline(self.selections(depth + 1)?))
    }
}

fn not_too_deep(depth: usize) -> Result<(), String> {
    match depth < DEEPEST {
        true => Ok(()),
        false => Err(format!("Syntax Error: it is nested more than {DEEPEST} deep.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_operations_fragments_and_values() {
        let text = r#"fragment F on X { a } # of X
            query Q($id: [String!]! = ["x"], $n: Int) @component(name: "c") {
                one: get(input: {id: $id, n: -1.5e3, e: ALL, t: "a\"\n", b: true, l: [1, $n]}) { ...F ... on X { b } }
            }"#;
        let document = parse(text).expect("it is GraphQL");
        let operation = &document.operations[0];
        assert_eq!(
            (operation.kind.as_str(), operation.name.as_deref()),
            ("query", Some("Q"))
        );
        assert_eq!(operation.variables[0].kind, "[String!]!");
        let Selection::Field(field) = &operation.selections[0] else {
            panic!("a field");
        };
        assert_eq!(
            (field.alias.as_deref(), field.name.as_str()),
            (Some("one"), "get")
        );
        let mut variables = Map::new();
        variables.insert("id".to_owned(), Value::from("7"));
        assert_eq!(
            field.arguments[0].1.value(&variables),
            Some(serde_json::json!({"id": "7", "n": -1500.0, "e": "ALL", "t": "a\"\n", "b": true, "l": [1]}))
        );
        assert!(matches!(
            &field.selections[..],
            [Selection::Spread(_), Selection::Inline(_)]
        ));
        assert!(document.fragments.contains_key("F"));
    }

    #[test]
    fn refuses_what_is_no_graphql() {
        let deep = "{a".repeat(100);
        for text in [
            "",
            "bad",
            "{",
            "{ a",
            "{ a( }",
            "query ($x) { a }",
            "{ a(x: \"y) }",
            "{ a(x: 1-2) }",
            "{ é }",
            &deep,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(input in ".{0,80}", parts in proptest::collection::vec("(query|fragment|on|\\{|\\}|\\(|\\)|\\$|a|:|\"|\\.\\.\\.|\\[|\\]|1|@| ){1,3}", 0..20)) {
            drop(parse(&input));
            drop(parse(&parts.concat()));
        }
    }
}
