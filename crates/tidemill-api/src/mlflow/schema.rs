//! Reads a request and says what is wrong with it in MLflow's words.
//!
//! A request is read as its type first. Only when that fails are the types of its fields checked one by one, to name
//! the field; what is required is always checked.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::lenient;

/// What is asked of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It is there, and isn't an empty text.
    Required,
    /// A text.
    Text,
    /// A whole number, or a text that is one.
    Int,
    /// A number, or a text that is one.
    Float,
    /// `true` or `false`.
    Bool,
    /// A list.
    Array,
    /// A list of texts.
    Texts,
    /// Not more than this.
    AtMost(i64),
    /// A list whose items all have a key.
    Keyed,
    /// A list whose items all have these fields.
    Each(&'static [&'static str]),
}

/// The fields of a request that are checked, in the order in which they are checked.
pub type Schema = &'static [(&'static str, &'static [Check])];

/// A request of MLflow's wire.
pub trait Request: DeserializeOwned {
    /// What is asked of its fields.
    const SCHEMA: Schema;

    /// Reads a body that holds nothing unusual, without looking at its fields one by one; `None` leaves it to the
    /// checks. For what is sent a thousand times a second.
    fn quick(_body: &[u8]) -> Option<Self> {
        None
    }
}

/// Reads a request from a JSON body. An empty body has no fields; a body that is a text holding JSON, as old clients
/// send, is read a second time.
///
/// # Errors
/// The text for the client: which field is missing or wrong.
pub fn read_json<T: Request>(body: &[u8], path: &[(&str, &str)]) -> Result<T, String> {
    match T::quick(body).filter(|_| path.is_empty()) {
        Some(request) => Ok(request),
        None => read_json_slowly(body, path),
    }
}

pub(super) fn read_json_slowly<T: Request>(body: &[u8], path: &[(&str, &str)]) -> Result<T, String> {
    let mut value = if body.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        // What isn't JSON counts as no body, as in MLflow: the required fields are then missing.
        serde_json::from_slice(body)
            .or_else(|_| serde_json::from_slice(&quote_non_finite(body)))
            .unwrap_or(Value::Null)
    };
    if let Value::String(inner) = &value {
        value = serde_json::from_str(inner).map_err(|e| format!("Invalid request: {e}"))?;
    }
    let mut fields = match value {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        other => return Err(format!("Invalid request: expected a JSON object, got {other}")),
    };
    for (name, value) in path {
        fields.insert((*name).to_owned(), Value::from(*value));
    }
    read(fields)
}

/// Reads a request from the pairs of a query string; a repeated field is a repeated key.
///
/// # Errors
/// The text for the client: which field is missing or wrong.
pub fn read_query<T: Request>(pairs: Vec<(String, String)>) -> Result<T, String> {
    let checks = |name: &str| {
        T::SCHEMA
            .iter()
            .find(|(n, _)| *n == name)
            .map_or(&[][..], |(_, c)| *c)
    };
    let mut fields = Map::new();
    for (name, text) in pairs {
        let checks = checks(&name);
        let value = if checks.contains(&Check::Bool) {
            match text.to_ascii_lowercase().as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => {
                    return Err(format!(
                        "Invalid boolean value: {text}, must be 'true' or 'false'."
                    ));
                }
            }
        } else {
            Value::String(text)
        };
        if checks.contains(&Check::Array) {
            match fields.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(items) => items.push(value),
                _ => unreachable!("only lists are kept under the names of lists"),
            }
        } else {
            fields.entry(name).or_insert(value);
        }
    }
    read(fields)
}

fn read<T: Request>(mut fields: Map<String, Value>) -> Result<T, String> {
    drop_nulls(&mut fields);
    snake_names(&mut fields)?;
    if !fields.contains_key("run_id")
        && let Some(run) = fields.get("run_uuid").cloned()
    {
        fields.insert("run_id".to_owned(), run);
    }
    let parsed = serde_json::from_value::<T>(Value::Object(fields.clone()));
    for (name, checks) in T::SCHEMA {
        let value = fields.get(*name);
        if value.is_none() && !checks.contains(&Check::Required) {
            continue;
        }
        for check in *checks {
            check.run(name, value.unwrap_or(&Value::Null), parsed.is_ok())?;
        }
    }
    parsed.map_err(|error| format!("Invalid request: {error}"))
}

/// Python writes numbers that are not finite as `NaN`, `Infinity` and `-Infinity`, which JSON doesn't know: here they
/// become texts, which fields of numbers take.
fn quote_non_finite(body: &[u8]) -> Vec<u8> {
    const WORDS: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut written = Vec::with_capacity(body.len() + 16);
    let (mut at, mut in_text) = (0, false);
    while at < body.len() {
        let word = WORDS.iter().find(|word| !in_text && body[at..].starts_with(word));
        if let Some(word) = word {
            written.push(b'"');
            written.extend_from_slice(word);
            written.push(b'"');
            at += word.len();
            continue;
        }
        written.push(body[at]);
        match body[at] {
            b'"' => in_text = !in_text,
            b'\\' if in_text && at + 1 < body.len() => {
                at += 1;
                written.push(body[at]);
            }
            _ => {}
        }
        at += 1;
    }
    written
}

/// Protocol buffers know a field by two names, `run_id` and `runId`; a request may use either, but not both at once.
fn snake_names(fields: &mut Map<String, Value>) -> Result<(), String> {
    let camel: Vec<String> = fields
        .keys()
        .filter(|name| name.bytes().any(|byte| byte.is_ascii_uppercase()))
        .cloned()
        .collect();
    for name in camel {
        let mut snake = String::with_capacity(name.len() + 2);
        for c in name.chars() {
            if c.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(c.to_ascii_lowercase());
        }
        if fields.contains_key(&snake) {
            return Err(format!(
                "Request specifies both '{snake}' and '{name}'; provide only one of them."
            ));
        }
        if let Some(value) = fields.remove(&name) {
            fields.insert(snake, value);
        }
    }
    Ok(())
}

/// What is null isn't set.
fn drop_nulls(fields: &mut Map<String, Value>) {
    fields.retain(|_, value| !value.is_null());
    // Below `value` may be any JSON that a client keeps, nulls and all.
    for (_, value) in fields.iter_mut().filter(|(name, _)| *name != "value") {
        match value {
            Value::Object(inner) => drop_nulls(inner),
            Value::Array(items) => items
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(drop_nulls),
            _ => {}
        }
    }
}

const SEE: &str = " See the API docs for more information about request parameters.";

impl Check {
    fn run(self, name: &str, value: &Value, parsed: bool) -> Result<(), String> {
        let holds = match self {
            Check::Required => {
                let missing = value.is_null() || value.as_str() == Some("");
                return if missing { Err(missing_value(name)) } else { Ok(()) };
            }
            Check::Each(keys) => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    for key in keys {
                        let field = item.get(key).unwrap_or(&Value::Null);
                        if field.is_null() || field.as_str() == Some("") {
                            return Err(missing_value(&format!("{name}[{at}].{key}")));
                        }
                    }
                }
                return Ok(());
            }
            Check::AtMost(limit) => lenient::whole(value).is_none_or(|n| n <= limit),
            Check::Keyed => value.as_array().is_some_and(|items| {
                items.iter().all(|item| {
                    item["key"].as_str().is_none_or(|key| !key.is_empty()) && !item["key"].is_null()
                })
            }),
            _ if parsed => true,
            Check::Text => value.is_string(),
            Check::Int => lenient::whole(value).is_some(),
            Check::Float => lenient::number(value).is_some(),
            Check::Bool => value.is_boolean(),
            Check::Array => value.is_array(),
            Check::Texts => value
                .as_array()
                .is_none_or(|items| items.iter().all(Value::is_string)),
        };
        if holds {
            return Ok(());
        }
        let hint = format!(" Hint: Value was of type '{}'.", python_type(value));
        Err(format!("{}{SEE}", invalid_value(name, value, &hint)))
    }
}

/// The text for a field that isn't there.
fn missing_value(name: &str) -> String {
    format!("Missing value for required parameter '{name}'.{SEE}")
}

/// JSON as Python writes it: whatever is not ASCII is escaped, beyond the first plane as two halves.
fn ascii(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            written.push(c);
            continue;
        }
        for half in c.encode_utf16(&mut [0; 2]) {
            written.push_str(&format!("\\u{half:04x}"));
        }
    }
    written
}

/// The text for a value that can't be.
pub fn invalid_value(name: &str, value: &Value, why: &str) -> String {
    let value = ascii(&value.to_string());
    if why.is_empty() {
        format!("Invalid value {value} for parameter '{name}' supplied.")
    } else {
        format!("Invalid value {value} for parameter '{name}' supplied: {why}")
    }
}

fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(n) if n.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mlflow::experiment::{CreateExperiment, SearchExperiments};
    use crate::mlflow::run::LogBatch;

    fn refused<T: Request + std::fmt::Debug>(body: &str) -> String {
        read_json::<T>(body.as_bytes(), &[]).expect_err(body)
    }

    #[test]
    fn a_missing_name_is_named() {
        let text = "Missing value for required parameter 'name'. \
                    See the API docs for more information about request parameters.";
        for body in ["", "{}", r#"{"name": ""}"#, r#"{"name": null}"#, "no json"] {
            assert_eq!(refused::<CreateExperiment>(body), text, "{body}");
        }
    }

    #[test]
    fn what_is_not_ascii_is_told_as_python_tells_it() {
        assert_eq!(
            invalid_value("key", &"gr\u{f6}\u{1f6eb}\u{1}".into(), ""),
            "Invalid value \"gr\\u00f6\\ud83d\\udeeb\\u0001\" for parameter 'key' supplied."
        );
    }

    #[test]
    fn a_wrong_type_is_named_with_its_value() {
        assert_eq!(
            refused::<CreateExperiment>(r#"{"name": 123}"#),
            "Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'. \
             See the API docs for more information about request parameters."
        );
    }

    #[test]
    fn a_field_has_two_names() {
        let read = read_json::<LogBatch>(br#"{"runId": "r"}"#, &[]).expect("it is a request");
        assert_eq!(read.run_id, "r");
        assert_eq!(
            refused::<LogBatch>(r#"{"runId": "r", "run_id": "r"}"#),
            "Request specifies both 'run_id' and 'runId'; provide only one of them."
        );
    }

    #[test]
    fn numbers_that_are_not_finite_are_read_as_python_writes_them() {
        let body = br#"{"run_id": "NaN \" -Infinity", "metrics": [
            {"key": "a", "value": NaN, "timestamp": 1}, {"key": "b", "value": -Infinity, "timestamp": 1}]}"#;
        let read = read_json::<LogBatch>(body, &[]).expect("it is a request");
        assert_eq!(read.run_id, "NaN \" -Infinity");
        assert!(read.metrics[0].value.is_nan() && read.metrics[1].value < 0.0);
    }

    #[test]
    fn an_item_of_a_batch_is_named_by_its_place() {
        let error = refused::<LogBatch>(r#"{"run_id": "r", "metrics": [{"key": "a", "value": 1}]}"#);
        assert!(
            error.starts_with("Missing value for required parameter 'metrics[0].timestamp'."),
            "{error}"
        );
    }

    #[test]
    fn old_clients_may_encode_twice_and_say_run_uuid() {
        let read = read_json::<LogBatch>(br#""{\"run_uuid\": \"r\"}""#, &[]).expect("it is a request");
        assert_eq!(read.run_id, "r");
    }

    #[test]
    fn a_query_repeats_the_keys_of_lists() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let read = read_query::<SearchExperiments>(vec![
            pair("order_by", "name"),
            pair("order_by", "creation_time DESC"),
            pair("max_results", "7"),
            pair("view_type", "ALL"),
        ])
        .expect("it is a request");
        assert_eq!((read.order_by.len(), read.max_results), (2, Some(7)));
    }
}
