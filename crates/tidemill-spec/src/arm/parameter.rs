//! What a parameter may be: its type, straight or by a name in the template's `definitions`, and its limits.

use serde_json::{Map, Value};

use super::error::{ArmError, Result};
use super::functions::{as_text, kind, property};

/// How deep types may name types, and values stand within values.
const MAX_DEPTH: usize = 32;

/// A declaration with the definition that it names filled in; what it says itself counts first.
///
/// # Errors
/// A definition that is not there, and definitions that name each other in a circle.
pub(super) fn resolved(template: &Value, declared: &Value) -> Result<Value> {
    let mut whole = declared.clone();
    for _ in 0..MAX_DEPTH {
        let Some(Value::String(place)) = whole.get("$ref").cloned() else {
            return Ok(whole);
        };
        let definition = place
            .strip_prefix("#/definitions/")
            .and_then(|name| property(template.get("definitions")?, &Value::from(name)))
            .and_then(Value::as_object)
            .ok_or_else(|| ArmError::new(format!("there is no definition `{place}`")))?;
        let own = whole.as_object().cloned().unwrap_or_default();
        let mut fields: Map<String, Value> = definition.clone();
        fields.extend(own.into_iter().filter(|(key, _)| key != "$ref"));
        whole = Value::Object(fields);
    }
    Err(ArmError::new(
        "the definitions of its type name each other in a circle",
    ))
}

/// Whether a declaration is that of a secret.
pub(super) fn is_secret(declared: &Value) -> bool {
    word(declared).starts_with("secure")
}

fn word(declared: &Value) -> String {
    let word = declared.get("type").and_then(Value::as_str).unwrap_or_default();
    word.to_ascii_lowercase()
}

/// Checks a value against what a parameter may be, with all that is in it, and adds the texts that are secrets to `secrets`.
/// `declared` is resolved.
///
/// # Errors
/// What does not fit, by the name of the parameter.
pub(super) fn check(
    template: &Value,
    name: &str,
    declared: &Value,
    value: &Value,
    secrets: &mut Vec<String>,
) -> Result<()> {
    within(template, name, declared, value, secrets, 0)
}

fn within(
    template: &Value,
    name: &str,
    declared: &Value,
    value: &Value,
    secrets: &mut Vec<String>,
    depth: usize,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(ArmError::new(format!(
            "parameter `{name}` stands more than {MAX_DEPTH} deep"
        )));
    }
    if value.is_null() {
        return Ok(());
    }
    one(name, declared, value)?;
    if is_secret(declared) {
        texts(value, secrets);
    }
    let inner = |place: String, raw: &Value, value: &Value, secrets: &mut Vec<String>| {
        within(
            template,
            &place,
            &resolved(template, raw)?,
            value,
            secrets,
            depth + 1,
        )
    };
    match value {
        Value::Array(items) => {
            // The first ones may have types of their own, and `items` is what the others are.
            let first: &[Value] = declared
                .get("prefixItems")
                .and_then(Value::as_array)
                .map_or(&[], Vec::as_slice);
            if items.len() < first.len() {
                return Err(ArmError::new(format!(
                    "parameter `{name}` has {} items, and {} at least are wanted",
                    items.len(),
                    first.len()
                )));
            }
            for (at, item) in items.iter().enumerate() {
                match first.get(at).or_else(|| declared.get("items")) {
                    Some(Value::Bool(false)) => {
                        return Err(ArmError::new(format!(
                            "parameter `{name}` has {} items, and {} are allowed",
                            items.len(),
                            first.len()
                        )));
                    }
                    Some(raw @ Value::Object(_)) => inner(format!("{name}[{at}]"), raw, item, secrets)?,
                    _ => {}
                }
            }
        }
        Value::Object(_) if declared.get("discriminator").is_some_and(Value::is_object) => {
            let raw = chosen(name, &declared["discriminator"], value)?;
            within(
                template,
                name,
                &resolved(template, raw)?,
                value,
                secrets,
                depth + 1,
            )?;
        }
        Value::Object(fields) => {
            let known = declared.get("properties").and_then(Value::as_object);
            for (key, raw) in known.into_iter().flatten() {
                match property(value, &Value::from(key.as_str())) {
                    Some(found) => inner(format!("{name}.{key}"), raw, found, secrets)?,
                    None => {
                        let raw = resolved(template, raw)?;
                        if raw.get("nullable").and_then(Value::as_bool) != Some(true) {
                            return Err(ArmError::new(format!("parameter `{name}` lacks `{key}`")));
                        }
                    }
                }
            }
            let is_known =
                |key: &str| known.is_some_and(|known| known.keys().any(|own| own.eq_ignore_ascii_case(key)));
            for (key, value) in fields.iter().filter(|(key, _)| !is_known(key)) {
                match declared.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        return Err(ArmError::new(format!(
                            "parameter `{name}` has `{key}`, which its type does not know"
                        )));
                    }
                    Some(raw @ Value::Object(_)) => inner(format!("{name}.{key}"), raw, value, secrets)?,
                    _ => {}
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Of several types of objects, the one that a property of the value names.
fn chosen<'d>(name: &str, discriminator: &'d Value, value: &Value) -> Result<&'d Value> {
    let key = discriminator["propertyName"].as_str().unwrap_or_default();
    let said = property(value, &Value::from(key));
    let said = said.ok_or_else(|| ArmError::new(format!("parameter `{name}` lacks `{key}`")))?;
    let known = discriminator["mapping"].as_object();
    let found = known.and_then(|known| known.get(said.as_str()?));
    found.ok_or_else(|| {
        let words: Vec<&str> = known
            .into_iter()
            .flatten()
            .map(|(word, _)| word.as_str())
            .collect();
        ArmError::new(format!(
            "`{key}` of parameter `{name}` may be {}, and {said} is none of them",
            words.join(", ")
        ))
    })
}

/// The value itself: its type, the values that are allowed, and the limits.
fn one(name: &str, declared: &Value, value: &Value) -> Result<()> {
    let word = declared.get("type").and_then(Value::as_str).unwrap_or_default();
    let secret = word.to_ascii_lowercase().starts_with("secure");
    let fits = match word.to_ascii_lowercase().as_str() {
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64() || value.is_u64(),
        "bool" => value.is_boolean(),
        "object" | "secureobject" => value.is_object(),
        "array" => value.is_array(),
        "" => return Err(ArmError::new(format!("parameter `{name}` needs a type"))),
        other => {
            return Err(ArmError::new(format!(
                "parameter `{name}` has the type `{other}`, which is not known"
            )));
        }
    };
    if !fits {
        return Err(ArmError::new(format!(
            "parameter `{name}` is of type {word}, and this is {}",
            kind(value)
        )));
    }
    let shown = if secret {
        "the value".to_owned()
    } else {
        value.to_string()
    };
    if let Some(allowed) = declared.get("allowedValues").and_then(Value::as_array)
        && !allowed.contains(value)
        && !value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| allowed.contains(item)))
    {
        let words: Vec<String> = allowed.iter().map(as_text).collect();
        return Err(ArmError::new(format!(
            "parameter `{name}` may be {}, and {shown} is none of them",
            words.join(", ")
        )));
    }
    let length = match value {
        Value::String(text) => i64::try_from(text.chars().count()).ok(),
        Value::Array(items) => i64::try_from(items.len()).ok(),
        _ => None,
    };
    let bounds = [
        ("minValue", "maxValue", value.as_i64(), "is"),
        ("minLength", "maxLength", length, "has a length of"),
    ];
    for (least, most, found, is) in bounds {
        let Some(found) = found else { continue };
        let limit = |field: &str| declared.get(field).and_then(Value::as_i64);
        if limit(least).is_some_and(|least| found < least) || limit(most).is_some_and(|most| found > most) {
            let said = |field: &str| limit(field).map_or("…".to_owned(), |limit| limit.to_string());
            return Err(ArmError::new(format!(
                "parameter `{name}` {is} {found}, and {} to {} is allowed",
                said(least),
                said(most)
            )));
        }
    }
    Ok(())
}

/// Every text in a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}
