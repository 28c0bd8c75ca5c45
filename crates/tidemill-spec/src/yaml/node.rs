//! A node of a YAML document with the place where it stands.

use super::source::Span;

/// A key of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key's text.
    pub text: String,
    /// Where the key stands.
    pub span: Span,
}

/// A scalar as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text, without quotes.
    pub text: String,
    /// True where it was quoted, a block scalar, or tagged `!!str`: then it is a string whatever it looks like.
    pub quoted: bool,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of writing; keys are unique.
    Map(Vec<(Key, Node)>),
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it holds.
    pub kind: NodeKind,
    /// Where it starts.
    pub span: Span,
}

impl Node {
    /// A plain scalar, as if it had been written without quotes.
    pub fn plain(text: impl Into<String>, span: Span) -> Self {
        Self {
            kind: NodeKind::Scalar(Scalar {
                text: text.into(),
                quoted: false,
            }),
            span,
        }
    }

    /// A string scalar.
    pub fn string(text: impl Into<String>, span: Span) -> Self {
        Self {
            kind: NodeKind::Scalar(Scalar {
                text: text.into(),
                quoted: true,
            }),
            span,
        }
    }

    /// An empty map.
    pub fn empty_map(span: Span) -> Self {
        Self {
            kind: NodeKind::Map(Vec::new()),
            span,
        }
    }

    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value under `key`.
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.as_map()?
            .iter()
            .find(|(k, _)| k.text == key)
            .map(|(k, v)| (k, v))
    }

    /// The value under `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.kind {
            NodeKind::Map(entries) => entries.iter_mut().find(|(k, _)| k.text == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Sets `key`, replacing what was there. Does nothing on a node that is no map.
    pub fn insert(&mut self, key: &str, value: Node) {
        let span = value.span;
        if let Some(slot) = self.get_mut(key) {
            *slot = value;
        } else if let NodeKind::Map(entries) = &mut self.kind {
            entries.push((
                Key {
                    text: key.to_owned(),
                    span,
                },
                value,
            ));
        }
    }

    /// The entries, when this is a map.
    pub fn as_map(&self) -> Option<&[(Key, Node)]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, when this is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that is not null.
    pub fn as_text(&self) -> Option<&str> {
        self.as_scalar().filter(|s| !s.is_null()).map(|s| s.text.as_str())
    }

    /// True for a null, written or left out.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// What this is, for an error: `a list`, `the text "x"`, `the number 3`.
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Scalar(scalar) => scalar.describe(),
            NodeKind::List(_) => "a list".to_owned(),
            NodeKind::Map(_) => "a map".to_owned(),
        }
    }
}
