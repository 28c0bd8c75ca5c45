//! Parser events to a tree: anchors, merge keys, one document, and limits against documents that would eat the machine.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as EventSpan, Tag};

use super::node::{Key, Node, NodeKind, Scalar};
use super::source::Span;
use crate::error::Problem;

/// The longest document that is read, in bytes (4 MiB).
pub const MAX_DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// How deep lists and maps may nest.
pub const MAX_DEPTH: usize = 64;
/// How many nodes a document may have once its aliases are written out.
pub const MAX_NODES: usize = 200_000;

/// A problem and where it stands.
pub(crate) type Found = (Problem, Span);

/// Reads one document. `file` is the number that its spans carry.
///
/// # Errors
/// Text that is no YAML, is empty, holds several documents, repeats a key, or passes a limit.
pub fn parse_document(text: &str, file: u32) -> Result<Node, Box<(Problem, Span)>> {
    Builder {
        file,
        count: 0,
        anchors: HashMap::new(),
        stack: Vec::new(),
        root: None,
    }
    .run(text)
    .map_err(Box::new)
}

/// A list or map that is still open.
struct Open {
    span: Span,
    anchor: usize,
    body: Body,
}

enum Body {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        seen: HashMap<String, u32>,
        key: Option<Key>,
        merges: Vec<Node>,
    },
}

struct Builder {
    file: u32,
    count: usize,
    anchors: HashMap<usize, (Node, usize)>,
    stack: Vec<Open>,
    root: Option<Node>,
}

impl Builder {
    fn run(mut self, text: &str) -> Result<Node, Found> {
        let start = Span {
            file: self.file,
            line: 1,
            column: 1,
            length: 1,
        };
        if text.len() > MAX_DOCUMENT_BYTES {
            return Err((
                Problem::new(format!(
                    "the document has {} bytes, more than {MAX_DOCUMENT_BYTES}",
                    text.len()
                ))
                .hint("keep data in data files and name them here"),
                start,
            ));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, at) = event.map_err(|error| {
                let span = self.mark(*error.marker(), 1);
                (
                    Problem::new(format!("not valid YAML: {}", error.info())).hint(scan_hint(error.info())),
                    span,
                )
            })?;
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err((
                            Problem::new("the file holds several YAML documents; one was expected")
                                .hint("put what follows `---` into a file of its own"),
                            self.span(at),
                        ));
                    }
                }
                other => self.event(other, at)?,
            }
        }
        match self.root {
            Some(node) if !node.is_null() => Ok(node),
            _ => Err((
                Problem::new("the document is empty")
                    .hint("write at least one field, such as `type: command`"),
                start,
            )),
        }
    }

    fn event(&mut self, event: Event<'_>, at: EventSpan) -> Result<(), Found> {
        let span = self.span(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain || tag.as_deref().is_some_and(is_string_tag);
                let node = Node {
                    kind: NodeKind::Scalar(Scalar {
                        text: text.into_owned(),
                        quoted,
                    }),
                    span,
                };
                self.count_nodes(1, span)?;
                self.finish(node, anchor, 1)
            }
            Event::SequenceStart(anchor, _) => self.open(span, anchor, Body::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.open(
                span,
                anchor,
                Body::Map {
                    entries: Vec::new(),
                    seen: HashMap::new(),
                    key: None,
                    merges: Vec::new(),
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err((
                        Problem::new("the alias stands inside the anchor that it names"),
                        span,
                    ));
                };
                self.count_nodes(size, span)?;
                if self.stack.len() + depth(&node) > MAX_DEPTH {
                    return Err(too_deep(span));
                }
                self.place(node, span)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, span: Span, anchor: usize, body: Body) -> Result<(), Found> {
        self.count_nodes(1, span)?;
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.stack.push(Open { span, anchor, body });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Found> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let kind = match open.body {
            Body::List(items) => NodeKind::List(items),
            Body::Map {
                mut entries, merges, ..
            } => {
                merge(&mut entries, merges)?;
                NodeKind::Map(entries)
            }
        };
        let node = Node {
            kind,
            span: open.span,
        };
        let size = if open.anchor > 0 { size(&node) } else { 0 };
        self.finish(node, open.anchor, size)
    }

    /// Remembers an anchored node, then puts it where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), Found> {
        if anchor > 0 {
            // What is kept for aliases counts too: nested anchors would otherwise square the memory.
            self.count_nodes(size, node.span)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let span = node.span;
        self.place(node, span)
    }

    fn place(&mut self, node: Node, span: Span) -> Result<(), Found> {
        match self.stack.last_mut().map(|open| &mut open.body) {
            None => self.root = Some(node),
            Some(Body::List(items)) => items.push(node),
            Some(Body::Map {
                entries,
                seen,
                key,
                merges,
            }) => match key.take() {
                None => {
                    let NodeKind::Scalar(scalar) = node.kind else {
                        return Err((Problem::new("a key of a map must be a single value"), span));
                    };
                    let merge_key = scalar.text == "<<" && !scalar.quoted;
                    if let Some(first) = seen.insert(scalar.text.clone(), span.line)
                        && !merge_key
                    {
                        return Err((
                            Problem::new(format!("the key `{}` appears twice", scalar.text)).hint(format!(
                                "it is already given on line {first}; keep one of the two"
                            )),
                            span,
                        ));
                    }
                    *key = Some(Key {
                        text: scalar.text,
                        span,
                    });
                }
                Some(key) if key.text == "<<" => merges.push(node),
                Some(key) => entries.push((key, node)),
            },
        }
        Ok(())
    }

    fn count_nodes(&mut self, more: usize, span: Span) -> Result<(), Found> {
        self.count += more;
        if self.count > MAX_NODES {
            return Err((
                Problem::new(format!(
                    "the document has more than {MAX_NODES} values once its aliases are written out"
                ))
                .hint("aliases that name each other multiply; write the values out where they are needed"),
                span,
            ));
        }
        Ok(())
    }

    fn span(&self, at: EventSpan) -> Span {
        let length = if at.start.line() == at.end.line() {
            at.end.col().saturating_sub(at.start.col())
        } else {
            1
        };
        self.mark(at.start, length.max(1))
    }

    fn mark(&self, marker: Marker, length: usize) -> Span {
        let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Span {
            file: self.file,
            line: small(marker.line().max(1)),
            column: small(marker.col() + 1),
            length: small(length),
        }
    }
}

/// Adds the entries of `<<` maps that are not given themselves.
fn merge(entries: &mut Vec<(Key, Node)>, merges: Vec<Node>) -> Result<(), Found> {
    let mut given: HashSet<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
    for node in merges {
        let span = node.span;
        let sources = match node.kind {
            NodeKind::List(items) => items,
            kind => vec![Node { kind, span }],
        };
        for source in sources {
            let NodeKind::Map(more) = source.kind else {
                return Err((
                    Problem::new("`<<` must name a map or a list of maps"),
                    source.span,
                ));
            };
            for (key, value) in more {
                if given.insert(key.text.clone()) {
                    entries.push((key, value));
                }
            }
        }
    }
    Ok(())
}

fn size(node: &Node) -> usize {
    1 + match &node.kind {
        NodeKind::Scalar(_) => 0,
        NodeKind::List(items) => items.iter().map(size).sum(),
        NodeKind::Map(entries) => entries.iter().map(|(_, value)| size(value) + 1).sum(),
    }
}

fn depth(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar(_) => 0,
        NodeKind::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        NodeKind::Map(entries) => 1 + entries.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
    }
}

fn too_deep(span: Span) -> Found {
    (
        Problem::new(format!("lists and maps nest deeper than {MAX_DEPTH} levels")),
        span,
    )
}

fn is_string_tag(tag: &Tag) -> bool {
    tag.suffix == "str"
}

fn scan_hint(info: &str) -> &'static str {
    if info.contains("tab") {
        "indent with spaces, never with tabs"
    } else if info.contains("mapping values are not allowed") {
        "quote a text that holds `: `, or check the indentation of this line"
    } else {
        "check the indentation, and quote texts that hold `:`, `{`, `[`, `#`, `&`, `*`, `%` or `@`"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (String, u32, u32) {
        let found = parse_document(text, 0).expect_err("an error");
        (found.0.message, found.1.line, found.1.column)
    }

    #[test]
    fn keeps_the_place_of_keys_and_values() {
        let node = parse_document("a: 1\nb:\n  - x\n  - y: z\n", 0).expect("parses");
        let (key, value) = node.entry("b").expect("b");
        assert_eq!((key.span.line, key.span.column), (2, 1));
        assert_eq!(
            (value.as_list().expect("list")[1].get("y").expect("y").span.line),
            4
        );
    }

    #[test]
    fn refuses_what_is_no_single_document() {
        assert_eq!(error("").0, "the document is empty");
        assert_eq!(error("# only a comment\n").0, "the document is empty");
        assert!(error("a: 1\n---\nb: 2\n").0.contains("several YAML documents"));
        assert_eq!(
            error("a: 1\nb: 2\na: 3\n"),
            ("the key `a` appears twice".into(), 3, 1)
        );
        assert!(error("a: [1, 2").0.starts_with("not valid YAML"));
        assert!(error("? [a]\n: 1\n").0.contains("single value"));
    }

    #[test]
    fn merges_keys_without_overwriting() {
        let node = parse_document("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n", 0).expect("parses");
        let used = node.get("use").expect("use");
        assert_eq!(used.get("x").and_then(Node::as_text), Some("1"));
        assert_eq!(used.get("y").and_then(Node::as_text), Some("3"));
    }

    #[test]
    fn stops_alias_bombs_and_deep_nests() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..10 {
            let below = format!("*a{}", level - 1);
            bomb.push_str(&format!(
                "a{level}: &a{level} [{}]\n",
                [below.as_str(); 10].join(",")
            ));
        }
        assert!(error(&bomb).0.contains("once its aliases"));
        assert!(error(&"[".repeat(500)).0.contains("deeper") || error(&"[".repeat(500)).0.contains("YAML"));
        assert!(error(&" ".repeat(MAX_DOCUMENT_BYTES + 1)).0.contains("bytes"));
    }
}
