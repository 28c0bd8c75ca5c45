//! Azure's ARM templates: read, evaluated and put into the kinds that there are here. Pure.
//!
//! The expression language is the one that Microsoft documents under “ARM template functions”. Everything is deterministic: the
//! same template with the same parameters always comes to the same. `uniqueString` and `guid` give other texts than Azure's; `utcNow` and
//! `newGuid` take what is told as the time ([`Place::now_ms`]). Limits: [`eval::MAX_STEPS`] steps, [`eval::MAX_NESTED`]
//! levels, [`parse::MAX_EXPRESSION`] characters an expression.

mod deployment;
mod error;
pub mod eval;
mod functions;
mod lambda;
mod link;
mod map;
mod parameter;
pub mod parse;
pub mod place;

use serde_json::{Map, Value};

use crate::yaml::{Node, NodeKind, parse_document};
pub use error::ArmError;
pub use link::Read;
pub use place::Place;

/// A resource in the form of the kinds here.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Such as `compute`.
    pub kind: String,
    /// The workspace that it is in, or the group of a workspace or a secret.
    pub place: Option<String>,
    /// Its name.
    pub name: String,
    /// The fields of its YAML.
    pub spec: Value,
    /// The line in the template, where it is known.
    pub line: Option<u32>,
    /// The resources that it depends on, as `kind place/name`.
    pub needs: Vec<String>,
}

/// Something that was read and has no meaning here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What a template comes to here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translated {
    /// The resources.
    pub resources: Vec<Resource>,
    /// What has no meaning here.
    pub notes: Vec<Note>,
    /// What the template gives back, by name: `{type, value}`. Secrets are masked.
    pub outputs: Map<String, Value>,
}

/// Reads a template and the values of its parameters, evaluates it, and puts it into the kinds here. `set` are values that
/// count before those of the file.
///
/// # Errors
/// Text that is no JSON; parameters that are missing, not asked for or not allowed; expressions that can't be evaluated; and a
/// secret that would be shown. Each says where in the template, with the line where that is known.
pub fn translate(
    template: &str,
    parameters: Option<&str>,
    set: Map<String, Value>,
    place: Place,
) -> Result<Translated, ArmError> {
    translate_with(template, parameters, set, place, &|_| {
        Err("it is not here".to_owned())
    })
}

/// The same, with the files that lie in the folder of the template and below: templates and parameters that it names by link.
///
/// # Errors
/// As [`translate`], and for what is named and can't be read.
pub fn translate_with(
    template: &str,
    parameters: Option<&str>,
    set: Map<String, Value>,
    place: Place,
    files: Read<'_>,
) -> Result<Translated, ArmError> {
    let root = read(template, "the template")?;
    let lines = lines(template);
    let mut given = match parameters {
        Some(text) => deployment::given(&read(text, "the parameters")?)?,
        None => Map::new(),
    };
    for (name, value) in set {
        given.retain(|known, _| !known.eq_ignore_ascii_case(&name));
        given.insert(name, value);
    }
    let shared = deployment::Shared::new(files);
    let done = deployment::evaluate(&root, given, place, &shared)
        .and_then(|evaluated| map::map(evaluated, &shared.secrets.borrow()));
    let (mut translated, paths) = done.map_err(|error| ArmError {
        line: line_of(lines.as_ref(), &error.path),
        ..error
    })?;
    for (resource, path) in translated.resources.iter_mut().zip(&paths) {
        resource.line = line_of(lines.as_ref(), path);
    }
    Ok(translated)
}

/// JSON with comments, as templates may have them.
fn read(text: &str, what: &str) -> Result<Value, ArmError> {
    let plain = without_comments(text);
    serde_json::from_str(&plain).map_err(|error| ArmError {
        path: String::new(),
        line: u32::try_from(error.line()).ok(),
        message: format!("{what} is no JSON: {error}"),
    })
}

/// Comments and tabs as spaces, so that everything stays in its place. Line feeds within texts become `\n`.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            '\\' if quoted => {
                out.push(c);
                out.extend(chars.next());
            }
            '\n' if quoted => out.push_str("\\n"),
            '\r' if quoted => {}
            c if quoted => out.push(c),
            '\t' => out.push(' '),
            '/' if chars.peek() == Some(&'/') => {
                while chars.peek().is_some_and(|next| *next != '\n') {
                    chars.next();
                    out.push(' ');
                }
                out.push(' ');
            }
            '/' if chars.peek() == Some(&'*') => {
                chars.next();
                out.push_str("  ");
                while let Some(inner) = chars.next() {
                    if inner == '*' && chars.peek() == Some(&'/') {
                        chars.next();
                        out.push_str("  ");
                        break;
                    }
                    out.push(if inner == '\n' { '\n' } else { ' ' });
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// The template as a tree that knows its lines; JSON is YAML, but for rarities.
fn lines(text: &str) -> Option<Node> {
    parse_document(&without_comments(text), 0).ok()
}

/// The line of a path such as `resources[2].properties`, or of what of it is there.
fn line_of(root: Option<&Node>, path: &str) -> Option<u32> {
    let mut node = root?;
    let mut line = None;
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        let next = match (&node.kind, part.strip_suffix(']')) {
            (NodeKind::List(items), Some(at)) => items
                .get(at.parse::<usize>().ok()?)
                .map(|item| (item, item.span.line)),
            (NodeKind::Map(_), _) => node.entry(part).map(|(key, value)| (value, key.span.line)),
            _ => None,
        };
        let Some((value, at)) = next else { break };
        (node, line) = (value, Some(at));
    }
    line
}
