//! Checks what an operation asks for against the schema, and tells an answer in the shape that was asked for.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::parse::{Document, Field, Operation, Selection};
use super::schema::{Kind, Object};

/// The most fields of the root, and the most other names, that one request may have.
const MOST: usize = 10;
/// How deep fields may lie in each other.
const DEEPEST: usize = 10;
/// The most fields in all.
const MOST_FIELDS: usize = 1000;
/// The most fragments: each may lead to the next, and what follows them goes as deep.
const MOST_FRAGMENTS: usize = 100;
/// The only directive, which says which part of a page asks.
const COMPONENT: &str = "component";

/// The fields of selections, with those of their fragments.
pub(super) fn fields<'d>(document: &'d Document, selections: &'d [Selection]) -> Vec<&'d Field> {
    fn gather<'d>(
        document: &'d Document,
        selections: &'d [Selection],
        seen: &mut HashSet<&'d str>,
        found: &mut Vec<&'d Field>,
    ) {
        for selection in selections {
            match selection {
                Selection::Field(field) => found.push(field),
                Selection::Inline(inner) => gather(document, inner, seen, found),
                Selection::Spread(name) => {
                    // A fragment that leads back to itself adds nothing.
                    if let Some(inner) = document.fragments.get(name)
                        && seen.insert(name)
                    {
                        gather(document, inner, seen, found);
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    gather(document, selections, &mut HashSet::new(), &mut found);
    found
}

/// The operation that is meant.
///
/// # Errors
/// When there are several and none is named, or the one that is named isn't there.
pub(super) fn chosen<'d>(document: &'d Document, name: Option<&str>) -> Result<&'d Operation, String> {
    match (name, document.operations.as_slice()) {
        (None, [only]) => Ok(only),
        (None, _) => Err("Must provide operation name if query contains multiple operations.".to_owned()),
        (Some(name), all) => all
            .iter()
            .find(|operation| operation.name.as_deref() == Some(name))
            .ok_or_else(|| format!("Unknown operation named '{name}'.")),
    }
}

/// Refuses what asks for too much at once, in all operations together.
///
/// # Errors
/// What there is too much of.
pub(super) fn not_too_much(document: &Document) -> Result<(), String> {
    if document.fragments.len() > MOST_FRAGMENTS {
        return Err(format!("Query exceeds maximum fragments of {MOST_FRAGMENTS}"));
    }
    let (mut roots, mut most_aliases, mut total) = (0, 0, 0);
    for operation in &document.operations {
        let mut level = vec![operation.selections.as_slice()];
        for depth in 1.. {
            let mut next = Vec::new();
            for selections in level {
                let found = fields(document, selections);
                let aliases = found.iter().filter(|field| field.alias.is_some()).count();
                most_aliases = aliases.max(most_aliases);
                roots += if depth == 1 { found.len() } else { 0 };
                total += found.len();
                if total > MOST_FIELDS {
                    return Err(format!("Query exceeds maximum total selections of {MOST_FIELDS}"));
                }
                next.extend(
                    found
                        .iter()
                        .map(|field| field.selections.as_slice())
                        .filter(|below| !below.is_empty()),
                );
            }
            if next.is_empty() {
                break;
            }
            if depth == DEEPEST {
                return Err(format!("Query exceeds maximum depth of {DEEPEST}"));
            }
            level = next;
        }
    }
    let too_many = |what: &str, found: usize, name: &str| {
        format!(
            "GraphQL queries should have at most {MOST} {what}, got {found} {what}. To increase the limit, set the \
             {name} environment variable."
        )
    };
    if roots > MOST {
        return Err(too_many(
            "root fields",
            roots,
            "MLFLOW_SERVER_GRAPHQL_MAX_ROOT_FIELDS",
        ));
    }
    if most_aliases > MOST {
        return Err(too_many(
            "aliases",
            most_aliases,
            "MLFLOW_SERVER_GRAPHQL_MAX_ALIASES",
        ));
    }
    Ok(())
}

/// What an operation asks for that there is not.
pub(super) fn faults(document: &Document, operation: &Operation, root: &Object) -> Vec<String> {
    let unknown = |name: &&String| name.as_str() != COMPONENT;
    let directive = |name: &String| format!("Unknown directive '@{name}'.");
    let mut found: Vec<String> = operation
        .directives
        .iter()
        .filter(unknown)
        .map(directive)
        .collect();
    let mut open = vec![(root, operation.selections.as_slice())];
    while let Some((object, selections)) = open.pop() {
        for field in fields(document, selections) {
            found.extend(field.directives.iter().map(directive));
            if field.name == "__typename" {
                continue;
            }
            let (name, on) = (&field.name, object.name);
            let Some(kind) = object.field(name) else {
                found.push(format!("Cannot query field '{name}' on type '{on}'."));
                continue;
            };
            let known =
                |argument: &str| std::ptr::eq(object, root) && argument == super::schema::argument(name);
            for (argument, _) in field.arguments.iter().filter(|(argument, _)| !known(argument)) {
                found.push(format!("Unknown argument '{argument}' on field '{on}.{name}'."));
            }
            let shown = kind.shown();
            match (kind.object(), field.selections.is_empty()) {
                (Some(_), true) => found.push(format!(
                    "Field '{name}' of type '{shown}' must have a selection of subfields. Did you mean '{name} {{ ... }}'?"
                )),
                (Some(inner), false) => open.push((inner, &field.selections)),
                (None, false) => found.push(format!(
                    "Field '{name}' must not have a selection since type '{shown}' has no subfields."
                )),
                (None, true) => {}
            }
        }
    }
    found
}

/// The values of an operation's variables.
///
/// # Errors
/// The ones that are missing.
pub(super) fn variables(
    operation: &Operation,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<String>> {
    let (mut values, mut missing) = (Map::new(), Vec::new());
    for variable in &operation.variables {
        let default = || variable.default.as_ref()?.value(&Map::new());
        match given.get(&variable.name).cloned().or_else(default) {
            Some(value) => {
                values.insert(variable.name.clone(), value);
            }
            None if variable.kind.ends_with('!') => missing.push(format!(
                "Variable '${}' of required type '{}' was not provided.",
                variable.name, variable.kind
            )),
            None => {}
        }
    }
    match missing.is_empty() {
        true => Ok(values),
        false => Err(missing),
    }
}

/// An object in the shape that was asked for; its JSON has the names of the REST surface.
pub(super) fn shaped(document: &Document, object: &Object, selections: &[Selection], from: &Value) -> Value {
    let mut told = Map::new();
    for field in fields(document, selections) {
        let value = match object.field(&field.name) {
            None => Value::from(object.name),
            Some(kind) => value(document, kind, field, &from[snake(&field.name).as_str()]),
        };
        match told.entry(field.alias.as_ref().unwrap_or(&field.name).clone()) {
            // The same field asked for twice is told once, with what both ask for.
            serde_json::map::Entry::Occupied(mut before) => merge(before.get_mut(), value),
            serde_json::map::Entry::Vacant(free) => {
                free.insert(value);
            }
        }
    }
    Value::Object(told)
}

fn value(document: &Document, kind: Kind, field: &Field, from: &Value) -> Value {
    let below = |object, from| shaped(document, object, &field.selections, from);
    match kind {
        Kind::Text => from.as_str().unwrap_or_default().into(),
        Kind::Long => match from {
            Value::Number(number) => number.to_string().into(),
            Value::String(text) => text.as_str().into(),
            _ => "0".into(),
        },
        Kind::Float => match from {
            Value::Number(_) => from.clone(),
            _ => Value::Null,
        },
        Kind::Flag => from.as_bool().unwrap_or_default().into(),
        Kind::Word(_, default) => from.as_str().unwrap_or(default).into(),
        Kind::Texts => from.as_array().cloned().unwrap_or_default().into(),
        Kind::One(object) => below(object, from),
        Kind::Many(object) => {
            let items = from.as_array().into_iter().flatten();
            items.map(|item| below(object, item)).collect()
        }
        Kind::Never(_) => Value::Null,
    }
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                match into.get_mut(&name) {
                    Some(before) => merge(before, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(more)) => into.iter_mut().zip(more).for_each(|(a, b)| merge(a, b)),
        _ => {}
    }
}

/// `experimentId` as the REST surface writes it: `experiment_id`.
pub(super) fn snake(name: &str) -> String {
    let mut written = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            written.push('_');
        }
        written.push(c.to_ascii_lowercase());
    }
    written
}
