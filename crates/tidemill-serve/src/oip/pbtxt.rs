//! Triton's `config.pbtxt`: protobuf's text format, as far as it says something about serving ONNX.

use std::iter::Peekable;
use std::str::Chars;

/// How deep messages may lie in each other.
const DEEPEST: usize = 32;

/// A message: fields in their order, those of one name several times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Message {
    fields: Vec<(String, Value)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Scalar(String),
    Message(Message),
}

impl Message {
    /// Reads a text.
    ///
    /// # Errors
    /// What cannot be read, and in which line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            rest: text.chars().peekable(),
            line: 1,
        };
        let message = reader.message(None, 0);
        message.map_err(|problem| format!("line {}: {problem}", reader.line))
    }

    /// The last scalar of a name.
    pub(super) fn scalar(&self, name: &str) -> Option<&str> {
        self.scalars(name).last().copied()
    }

    /// All scalars of a name.
    pub(super) fn scalars<'a>(&'a self, name: &str) -> Vec<&'a str> {
        let mut found = Vec::new();
        for (known, value) in &self.fields {
            if let Value::Scalar(text) = value
                && known == name
            {
                found.push(text.as_str());
            }
        }
        found
    }

    /// All messages of a name.
    pub(super) fn messages<'a>(&'a self, name: &str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        for (known, value) in &self.fields {
            if let Value::Message(message) = value
                && known == name
            {
                found.push(message);
            }
        }
        found
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.next();
        if next == Some('\n') {
            self.line += 1;
        }
        next
    }

    /// Space, comments, and the separators that may stand between fields.
    fn skip(&mut self) {
        while let Some(next) = self.rest.peek().copied() {
            if next == '#' {
                while self.rest.peek().is_some_and(|next| *next != '\n') {
                    self.next();
                }
            } else if next.is_whitespace() || next == ',' || next == ';' {
                self.next();
            } else {
                return;
            }
        }
    }

    fn message(&mut self, end: Option<char>, depth: usize) -> Result<Message, String> {
        if depth > DEEPEST {
            return Err(format!("messages lie more than {DEEPEST} deep"));
        }
        let mut message = Message::default();
        loop {
            self.skip();
            match self.rest.peek().copied() {
                None if end.is_none() => return Ok(message),
                None => return Err(String::from("a message is not closed")),
                Some(next) if Some(next) == end => {
                    self.next();
                    return Ok(message);
                }
                Some(next) if next.is_alphanumeric() || next == '_' => {}
                Some(next) => return Err(format!("expected the name of a field, found `{next}`")),
            }
            let name = self.word();
            self.skip();
            if self.rest.peek() == Some(&':') {
                self.next();
                self.skip();
            }
            self.value(&name, &mut message, depth)?;
        }
    }

    fn value(&mut self, name: &str, message: &mut Message, depth: usize) -> Result<(), String> {
        if self.rest.peek() != Some(&'[') {
            let value = self.single(name, depth)?;
            message.fields.push((name.to_owned(), value));
            return Ok(());
        }
        self.next();
        loop {
            self.skip();
            match self.rest.peek() {
                None => return Err(format!("the list of `{name}` is not closed")),
                Some(']') => {
                    self.next();
                    return Ok(());
                }
                Some(_) => {
                    let value = self.single(name, depth)?;
                    message.fields.push((name.to_owned(), value));
                }
            }
        }
    }

    fn single(&mut self, name: &str, depth: usize) -> Result<Value, String> {
        match self.rest.peek().copied() {
            Some('{') => {
                self.next();
                self.message(Some('}'), depth + 1).map(Value::Message)
            }
            Some('<') => {
                self.next();
                self.message(Some('>'), depth + 1).map(Value::Message)
            }
            Some(quote @ ('"' | '\'')) => {
                self.next();
                self.quoted(quote).map(Value::Scalar)
            }
            Some(next) if next.is_alphanumeric() || matches!(next, '-' | '+' | '.' | '_') => {
                Ok(Value::Scalar(self.word()))
            }
            Some(next) => Err(format!("expected a value of `{name}`, found `{next}`")),
            None => Err(format!("`{name}` has no value")),
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(next) = self.rest.peek().copied() {
            if !(next.is_alphanumeric() || matches!(next, '-' | '+' | '.' | '_')) {
                break;
            }
            word.push(next);
            self.next();
        }
        word
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                None | Some('\n') => return Err(String::from("a text is not closed")),
                Some(next) if next == quote => return Ok(text),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => return Err(String::from("a text is not closed")),
                },
                Some(next) => text.push(next),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_config_of_triton_is_read() {
        let text = "name: \"iris\" # what it is\nplatform: 'onnxruntime_onnx'\nmax_batch_size: 8\n\
                    input [ { name: \"x\", data_type: TYPE_FP32 dims: [ -1, 4 ] }, { name: \"y\" } ]\n\
                    output { name: \"label\" dims: 1 }\nversion_policy: { specific { versions: [1, 3] } }";
        let config = Message::parse(text).expect("reads");
        assert_eq!(config.scalar("name"), Some("iris"));
        assert_eq!(config.scalar("max_batch_size"), Some("8"));
        let inputs = config.messages("input");
        assert_eq!((inputs.len(), inputs[0].scalars("dims")), (2, vec!["-1", "4"]));
        let policy = config.messages("version_policy")[0].messages("specific")[0];
        assert_eq!(policy.scalars("versions"), ["1", "3"]);
        assert_eq!(Message::parse("").expect("reads"), Message::default());
    }

    #[test]
    fn what_is_broken_is_named_by_its_line() {
        assert_eq!(
            Message::parse("name: \"a\"\ninput [ {").expect_err("broken"),
            "line 2: a message is not closed"
        );
        assert_eq!(
            Message::parse("name: \"a").expect_err("broken"),
            "line 1: a text is not closed"
        );
        assert!(Message::parse("name:").is_err() && Message::parse("}").is_err());
        assert!(Message::parse(&"a {".repeat(100)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z:{}\\[\\]<>\"'#\\n ,0-9\\\\]{0,60}") {
            let _ = Message::parse(&text);
        }
    }
}
