//! Parameters: declared in the folder, given for a stage, and filled in where `${{parameters.x}}` stands.

use indexmap::IndexMap;

use crate::error::{FieldPath, Problem, did_you_mean};
use crate::yaml::{Key, Node, NodeKind, Resolved, Scalar, Span};

type Found = (Problem, Span);

/// Fields that keep secrets: a parameter that is one may stand nowhere else.
pub(super) const SECRET_FIELDS: &[&str] = &[
    "account_key",
    "sas_token",
    "client_secret",
    "certificate",
    "secret_access_key",
    "session_token",
    "service_account_key",
    "admin_password",
    "value",
];

const TYPES: &[&str] = &["string", "integer", "number", "boolean", "list", "map"];

/// A parameter as the folder declares it.
#[derive(Debug, Clone)]
struct Declared {
    span: Span,
    r#type: Option<String>,
    default: Option<Node>,
    allowed: Vec<Node>,
    secret: bool,
}

/// All parameters, and which of them were asked for.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    declared: IndexMap<String, Declared>,
    given: IndexMap<String, (Node, Span)>,
    used: Vec<String>,
    pub(super) errors: Vec<Found>,
}

impl Parameters {
    /// Reads the declarations of the folder.
    pub(super) fn declare(&mut self, node: &Node) {
        let Some(entries) = node.as_map() else {
            return self.wrong(node.span, "parameters", "expected a map of names");
        };
        for (key, value) in entries {
            let at = format!("parameters.{}", key.text);
            if !is_name(&key.text) {
                self.wrong(
                    key.span,
                    &at,
                    "a parameter's name has letters, digits, `_` and `-`",
                );
                continue;
            }
            if value.as_map().is_none() {
                self.wrong(
                    value.span,
                    &at,
                    "expected a map with `type`, `default`, `allowed`, `secret` or `description`",
                );
                continue;
            }
            self.declare_one(key, value, &at);
        }
    }

    fn declare_one(&mut self, key: &Key, value: &Node, at: &str) {
        let known = ["type", "default", "allowed", "secret", "description"];
        for (field, _) in value.as_map().unwrap_or_default() {
            if !known.contains(&field.text.as_str()) {
                let problem = Problem::new(format!("unknown field `{}`", field.text))
                    .at(FieldPath::field(at).key(&field.text))
                    .maybe_hint(did_you_mean(&field.text, known, "the fields"));
                self.errors.push((problem, field.span));
            }
        }
        let word = value.get("type").and_then(Node::as_text).map(str::to_owned);
        if let Some(word) = word.as_deref().filter(|word| !TYPES.contains(word)) {
            let span = value.get("type").map_or(value.span, |node| node.span);
            let message = format!("unknown type `{word}`: there are {}", TYPES.join(", "));
            self.wrong(span, &format!("{at}.type"), &message);
        }
        let secret = value
            .get("secret")
            .is_some_and(|node| matches!(scalar(node).map(Scalar::resolve), Some(Resolved::Bool(true))));
        let allowed = value
            .get("allowed")
            .and_then(Node::as_list)
            .map(<[Node]>::to_vec)
            .unwrap_or_default();
        let declared = Declared {
            span: key.span,
            r#type: word,
            default: value.get("default").cloned(),
            allowed,
            secret,
        };
        if secret && declared.default.is_some() {
            self.wrong(
                key.span,
                at,
                "a parameter that is a secret has no default: files are no place for secrets",
            );
        }
        self.declared.insert(key.text.clone(), declared);
    }

    /// Takes a value; a later one of the same name counts.
    pub(super) fn give(&mut self, name: &str, value: Node, span: Span) {
        self.given.insert(name.to_owned(), (value, span));
    }

    /// Takes the values of a parameters file: a map, or a map below `parameters`.
    pub(super) fn give_file(&mut self, root: &Node) {
        let node = root
            .get("parameters")
            .filter(|node| node.as_map().is_some())
            .unwrap_or(root);
        let Some(entries) = node.as_map() else {
            return self.wrong(root.span, "", "expected a map of parameters and their values");
        };
        for (key, value) in entries {
            if key.text != "$schema" {
                self.give(&key.text, value.clone(), key.span);
            }
        }
    }

    /// Checks what was given against what was declared.
    pub(super) fn check(&mut self) {
        let mut errors = Vec::new();
        for (name, declared) in &self.declared {
            let found = self.given.get(name);
            let Some((value, span)) = found
                .map(|(value, span)| (value, *span))
                .or(declared.default.as_ref().map(|node| (node, node.span)))
            else {
                continue;
            };
            let fits = declared.r#type.as_deref().is_none_or(|word| fits(word, value));
            if !fits {
                let word = declared.r#type.as_deref().unwrap_or_default();
                let what = if declared.secret {
                    "something else".to_owned()
                } else {
                    value.describe()
                };
                errors.push((
                    Problem::new(format!(
                        "parameter `{name}` is of type {word}, and this is {what}"
                    )),
                    span,
                ));
            }
            if !declared.allowed.is_empty() && !declared.allowed.iter().any(|one| same(one, value)) {
                let words: Vec<_> = declared.allowed.iter().filter_map(Node::as_text).collect();
                let problem = Problem::new(format!("parameter `{name}` may be {}", words.join(", ")));
                errors.push((problem, span));
            }
        }
        self.errors.extend(errors);
    }

    /// Fills in a tree.
    pub(super) fn fill(&mut self, node: &mut Node) {
        self.fill_at(node, "", 0);
    }

    fn fill_at(&mut self, node: &mut Node, field: &str, depth: usize) {
        match &mut node.kind {
            NodeKind::Map(entries) => {
                for (key, value) in entries {
                    if expressions(&key.text).next().is_some() {
                        let problem =
                            Problem::new("a key can't be a parameter").hint("only values are filled in");
                        self.errors.push((problem, key.span));
                    }
                    let field = key.text.clone();
                    self.fill_at(value, &field, depth + 1);
                }
            }
            NodeKind::List(items) => items
                .iter_mut()
                .for_each(|item| self.fill_at(item, field, depth + 1)),
            NodeKind::Scalar(scalar) => {
                let text = scalar.text.clone();
                if expressions(&text).next().is_some() {
                    *node = self.filled(&text, node.span, field, depth);
                }
            }
        }
    }

    fn filled(&mut self, text: &str, span: Span, field: &str, depth: usize) -> Node {
        let mut whole = String::new();
        let mut rest = text;
        let found: Vec<(usize, usize, String)> = expressions(text).collect();
        let single = matches!(found.as_slice(), [(0, end, _)] if *end == text.trim_end().len());
        let mut from = 0;
        for (start, end, name) in found {
            let Some(value) = self.value(&name, span, field, depth) else {
                return Node::string(text, span);
            };
            if single {
                return moved_to(value, span);
            }
            whole.push_str(&text[from..start]);
            match value.as_scalar() {
                Some(scalar) => whole.push_str(&scalar.text),
                None => {
                    let problem = Problem::new(format!(
                        "parameter `{name}` is {}, and stands within a text",
                        value.describe()
                    ));
                    self.errors.push((problem, span));
                }
            }
            from = end;
            rest = &text[end..];
        }
        whole.push_str(rest);
        Node::string(whole, span)
    }

    fn value(&mut self, name: &str, span: Span, field: &str, depth: usize) -> Option<Node> {
        self.used.push(name.to_owned());
        let declared = self.declared.get(name);
        if declared.is_some_and(|one| one.secret)
            && (!SECRET_FIELDS.contains(&field) || (field == "value" && depth != 1))
        {
            let problem = Problem::new(format!(
                "parameter `{name}` is a secret, and `{field}` is shown to whoever may read it"
            ))
            .hint(
                "a secret may stand where a secret is kept: in credentials, and in `value` of `type: secret`",
            );
            self.errors.push((problem, span));
            return None;
        }
        if let Some((value, _)) = self.given.get(name) {
            return Some(value.clone());
        }
        if let Some(value) = declared.and_then(|one| one.default.clone()) {
            return Some(value);
        }
        let problem = match declared {
            Some(_) => Problem::new(format!("parameter `{name}` has no value")).hint(format!(
                "give it in the file of --parameters, or with --set {name}=…"
            )),
            None => {
                let names = self.declared.keys().chain(self.given.keys()).map(String::as_str);
                Problem::new(format!("there is no parameter `{name}`")).maybe_hint(did_you_mean(
                    name,
                    names.collect::<Vec<_>>(),
                    "the parameters",
                ))
            }
        };
        self.errors.push((problem, span));
        None
    }

    /// Names what was given or declared, and is used nowhere.
    pub(super) fn check_unused(&mut self) {
        let unused = |name: &String| !self.used.contains(name);
        let mut errors = Vec::new();
        for (name, (_, span)) in self.given.iter().filter(|(name, _)| unused(name)) {
            let problem = match self.declared.contains_key(name) {
                true => Problem::new(format!(
                    "parameter `{name}` is declared and given, and no file uses it"
                )),
                false => Problem::new(format!("parameter `{name}` is given, and no file uses it")),
            };
            errors.push((
                problem.hint("take it out, or write `${{parameters.…}}` where it is meant"),
                *span,
            ));
        }
        for (name, declared) in self.declared.iter().filter(|(name, _)| unused(name)) {
            if !self.given.contains_key(name) {
                let problem = Problem::new(format!("parameter `{name}` is declared, and no file uses it"));
                errors.push((problem.hint("take it out"), declared.span));
            }
        }
        self.errors.extend(errors);
    }

    fn wrong(&mut self, span: Span, at: &str, message: &str) {
        let mut problem = Problem::new(message);
        if !at.is_empty() {
            problem = problem.at(FieldPath::field(at));
        }
        self.errors.push((problem, span));
    }
}

fn scalar(node: &Node) -> Option<&Scalar> {
    node.as_scalar()
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn fits(word: &str, node: &Node) -> bool {
    let resolved = node.as_scalar().map(Scalar::resolve);
    match word {
        "list" => node.as_list().is_some(),
        "map" => node.as_map().is_some(),
        "integer" => matches!(resolved, Some(Resolved::Int(_))),
        "number" => matches!(resolved, Some(Resolved::Int(_) | Resolved::Float(_))),
        "boolean" => matches!(resolved, Some(Resolved::Bool(_))),
        "string" => matches!(resolved, Some(Resolved::Text)),
        _ => true,
    }
}

fn same(a: &Node, b: &Node) -> bool {
    match (a.as_scalar(), b.as_scalar()) {
        (Some(a), Some(b)) => a.text == b.text,
        _ => false,
    }
}

/// A value as if it had been written where it is used.
fn moved_to(mut node: Node, span: Span) -> Node {
    node.span = span;
    match &mut node.kind {
        NodeKind::Scalar(_) => {}
        NodeKind::List(items) => {
            for item in items {
                *item = moved_to(std::mem::replace(item, Node::plain("", span)), span);
            }
        }
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                key.span = span;
                *value = moved_to(std::mem::replace(value, Node::plain("", span)), span);
            }
        }
    }
    node
}

/// The parameters that a text names: where each begins, where it ends, and its name.
fn expressions(text: &str) -> impl Iterator<Item = (usize, usize, String)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find("${{")?;
            let end = start + text[start..].find("}}")? + 2;
            at = end;
            let inner = text[start + 3..end - 2].trim();
            if let Some(name) = inner.strip_prefix("parameters.") {
                return Some((start, end, name.trim().to_owned()));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::parse_document;

    #[test]
    fn only_parameters_are_found() {
        let found: Vec<_> =
            expressions("a ${{ parameters.x }}${{secrets.y}} ${{parameters.z}} ${{parameters.")
                .map(|(_, _, name)| name)
                .collect();
        assert_eq!(found, ["x", "z"]);
    }

    #[test]
    fn a_value_keeps_its_type_and_a_text_is_put_together() {
        let mut parameters = Parameters::default();
        let given = parse_document("n: 3\nlist: [a, b]\nname: dev\n", 0).expect("yaml");
        parameters.give_file(&given);
        let mut node = parse_document("a: ${{parameters.n}}\nb: \"${{parameters.list}}\"\nc: x-${{parameters.name}}-${{parameters.n}}.y\n", 0)
            .expect("yaml");
        parameters.fill(&mut node);
        parameters.check_unused();
        assert!(parameters.errors.is_empty(), "{:?}", parameters.errors);
        assert_eq!(
            node.get("a").and_then(Node::as_scalar).map(Scalar::resolve),
            Some(Resolved::Int(3))
        );
        assert_eq!(node.get("b").and_then(Node::as_list).map(<[Node]>::len), Some(2));
        assert_eq!(node.get("c").and_then(Node::as_text), Some("x-dev-3.y"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\$\\{\\{|\\}\\}|parameters\\.|[a-z. é]){0,12}") {
            let mut parameters = Parameters::default();
            let mut node = Node::string(text, Span::default());
            parameters.fill(&mut node);
        }
    }
}
