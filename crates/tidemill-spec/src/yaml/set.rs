//! `--set a.b.c=v`: changes to the raw tree before it is read as anything.

use super::node::{Node, NodeKind};
use super::parse::parse_document;
use super::source::Span;
use crate::error::{FieldPath, Problem, Segment};

/// One `--set path=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The dotted path, such as `jobs.train.inputs.epochs` or `jobs.a.args[0]`.
    pub path: String,
    /// The value, read as YAML.
    pub value: String,
}

impl Override {
    /// Splits `path=value` at the first `=`.
    ///
    /// # Errors
    /// A text without `=` or without a path.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text.split_once('=') {
            Some((path, value)) if !path.trim().is_empty() => Ok(Self {
                path: path.trim().to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(Problem::new(format!("`--set {text}` has no `path=value`"))
                .hint("write `--set inputs.epochs=10`")),
        }
    }
}

/// Applies the overrides in order. `file` is the number of the source that stands for the command line.
///
/// # Errors
/// A path that runs through a single value, or a list index that is out of range.
pub fn apply_overrides(root: &mut Node, overrides: &[Override], file: u32) -> Result<(), Problem> {
    for change in overrides {
        let span = Span {
            file,
            line: 0,
            column: 1,
            length: 1,
        };
        let value = value_node(&change.value, span);
        let path = segments(&change.path)?;
        set(root, &path, value, &FieldPath::default()).map_err(|problem| {
            problem.hint_if_none(format!("from `--set {}={}`", change.path, change.value))
        })?;
    }
    Ok(())
}

/// The value as YAML reads it; a text that is no YAML is taken as it stands.
fn value_node(text: &str, span: Span) -> Node {
    let mut node = match parse_document(text, span.file) {
        Ok(node) => node,
        Err(_) if text.trim().is_empty() => Node::string("", span),
        Err(_) if matches!(text.trim(), "null" | "~") => Node::plain("null", span),
        Err(_) => Node::string(text, span),
    };
    move_to(&mut node, span);
    node
}

fn move_to(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::List(items) => items.iter_mut().for_each(|item| move_to(item, span)),
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                key.span = span;
                move_to(value, span);
            }
        }
    }
}

fn segments(path: &str) -> Result<Vec<String>, Problem> {
    let dotted = path.replace('[', ".").replace(']', "");
    let parts: Vec<String> = dotted.split('.').map(str::to_owned).collect();
    if parts.len() > super::MAX_DEPTH || parts.iter().any(String::is_empty) {
        return Err(Problem::new(format!("`{path}` is not a path of fields"))
            .hint("write field names with dots between them, and list places as `[0]`"));
    }
    Ok(parts)
}

fn set(node: &mut Node, path: &[String], value: Node, at: &FieldPath) -> Result<(), Problem> {
    let Some((first, rest)) = path.split_first() else {
        *node = value;
        return Ok(());
    };
    if node.is_null() {
        *node = Node::empty_map(value.span);
    }
    let here = at.clone().join(Segment::Key(first.clone()));
    match &mut node.kind {
        NodeKind::Map(_) => {
            if node.get(first).is_none() {
                node.insert(first, Node::plain("", value.span));
            }
            match node.get_mut(first) {
                Some(slot) => set(slot, rest, value, &here),
                None => Ok(()),
            }
        }
        NodeKind::List(items) => {
            let length = items.len();
            let index = first
                .parse::<usize>()
                .ok()
                .filter(|index| *index <= length)
                .ok_or_else(|| {
                    Problem::new(format!("`{first}` is no place in a list of {length}")).at(here.clone())
                })?;
            if index == length {
                items.push(Node::plain("", value.span));
            }
            set(&mut items[index], rest, value, &here)
        }
        NodeKind::Scalar(scalar) => Err(Problem::new(format!(
            "failed to set `{here}`: `{at}` is {}, and has no fields",
            scalar.describe()
        ))
        .at(at.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, sets: &[&str]) -> Result<Node, Problem> {
        let mut node = *Box::new(parse_document(text, 0).expect("parses"));
        let sets: Vec<_> = sets
            .iter()
            .map(|s| Override::parse(s))
            .collect::<Result<_, _>>()?;
        apply_overrides(&mut node, &sets, 1).map(|()| node)
    }

    #[test]
    fn sets_replaces_and_creates() {
        let node = with(
            "a: {b: 1}\nl: [x, y]\nn:\n",
            &["a.b=2", "a.c.d=off", "l[1]=z", "l.0=w", "n.k=a=b", "new={q: 1}"],
        )
        .expect("sets");
        assert_eq!(
            node.get("a").and_then(|a| a.get("b")).and_then(Node::as_text),
            Some("2")
        );
        assert_eq!(
            node.get("l").and_then(Node::as_list).map(|l| l[1].as_text()),
            Some(Some("z"))
        );
        assert_eq!(
            node.get("n").and_then(|a| a.get("k")).and_then(Node::as_text),
            Some("a=b")
        );
        assert!(node.get("new").and_then(|n| n.get("q")).is_some());
    }

    #[test]
    fn refuses_paths_through_single_values() {
        assert!(
            with("a: x\n", &["a.b=1"])
                .expect_err("refused")
                .message
                .contains("has no fields")
        );
        assert!(
            with("a: [1]\n", &["a[7]=1"])
                .expect_err("refused")
                .message
                .contains("no place")
        );
        assert!(with("a: 1\n", &["=1"]).is_err());
        assert!(with("a: 1\n", &["a..b=1"]).is_err());
    }
}
