//! What the server says, in the shape that people and scripts of `az ml` know: the fields of the YAML at the top.

use serde_json::{Map, Value};

/// The view with the fields of its `spec` beside its own (its own win), and with times as text.
pub fn flat(view: Value) -> Value {
    let Value::Object(mut view) = view else {
        return view;
    };
    let mut whole = Map::new();
    // What identifies a thing comes first.
    for first in ["name", "version", "type", "display_name"] {
        if let Some(value) = view.shift_remove(first) {
            whole.insert(first.to_owned(), value);
        }
    }
    if let Some(Value::Object(spec)) = view.shift_remove("spec") {
        given(&mut view, &spec);
        for (key, value) in spec {
            whole.entry(key).or_insert(value);
        }
    }
    for (key, value) in view {
        let value = if key.ends_with("_at") || key == "kept_until" {
            time(&value)
        } else {
            value
        };
        // Nothing known does not hide what the specification says.
        if !(value.is_null() && whole.contains_key(&key)) {
            whole.insert(key, value);
        }
    }
    Value::Object(whole)
}

/// What a job was given, and what it made, as its YAML would say it: a value, or a type, a mode and a path.
fn given(view: &mut Map<String, Value>, spec: &Map<String, Value>) {
    let asset = |port: &Map<String, Value>| {
        let mut parts = port.get("asset").and_then(Value::as_str)?.split('/').skip(1);
        Some(format!("azureml:{}:{}", parts.next()?, parts.next()?))
    };
    let path = |port: &Map<String, Value>| {
        asset(port).map_or_else(|| port.get("uri").cloned().unwrap_or_default(), Value::String)
    };
    for (name, input) in ports(view, "inputs") {
        let Some(port) = input.as_object() else { continue };
        *input = match port.get("kind").and_then(Value::as_str) {
            Some("literal") => {
                let written = spec.get("inputs").and_then(|inputs| inputs.get(&name));
                let value = port.get("value").cloned().unwrap_or_default();
                // A number stays the number that was written.
                written
                    .filter(|written| written.is_number() || written.is_boolean())
                    .cloned()
                    .unwrap_or(value)
            }
            Some("data") => {
                serde_json::json!({"type": port["type"], "mode": port["mode"], "path": path(port)})
            }
            _ => continue,
        };
    }
    for (_, output) in ports(view, "outputs") {
        let Some(port) = output.as_object_mut() else {
            continue;
        };
        let path = path(port);
        port.entry("path").or_insert(path);
    }
}

fn ports<'v>(view: &'v mut Map<String, Value>, which: &str) -> impl Iterator<Item = (String, &'v mut Value)> {
    let ports = view.get_mut(which).and_then(Value::as_object_mut);
    ports
        .into_iter()
        .flatten()
        .map(|(name, port)| (name.clone(), port))
}

/// The value without what is null or empty.
pub fn said(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, said(value)));
            let empty = |value: &Value| match value {
                Value::Null => true,
                Value::Object(fields) => fields.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            Value::Object(fields.filter(|(_, value)| !empty(value)).collect())
        }
        other => other,
    }
}

/// UTC milliseconds as RFC 3339.
fn time(value: &Value) -> Value {
    let stamp = value
        .as_i64()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    stamp.map_or_else(|| value.clone(), |stamp| Value::String(format!("{stamp:.3}")))
}

/// A field as text; `None` where there is none.
pub fn text<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    value.get(field).and_then(Value::as_str)
}

/// A field as a number; `None` where there is none.
pub fn number(value: &Value, field: &str) -> Option<i64> {
    value.get(field).and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_view_reads_as_its_yaml_and_more() {
        let view = json!({
            "created_at": 0, "spec": {"name": "x", "bucket": "b", "compute": "c"}, "name": "X", "compute": null, "etag": "1"
        });
        let flat = serde_json::to_string(&flat(view)).expect("text");
        assert_eq!(
            flat,
            r#"{"name":"X","bucket":"b","compute":"c","created_at":"1970-01-01T00:00:00.000Z","etag":"1"}"#
        );
    }

    #[test]
    fn what_a_job_was_given_reads_as_its_yaml() {
        let view = json!({
            "spec": {"inputs": {"n": 3, "s": "${{parent.inputs.s}}"}},
            "inputs": {
                "n": {"kind": "literal", "value": "3"},
                "s": {"kind": "literal", "value": "text"},
                "d": {"kind": "data", "type": "uri_folder", "mode": "download", "source": {}, "manifest": null,
                    "asset": "data/raw/2", "uri": "tidemill://trees/00"},
            },
            "outputs": {"o": {"type": "uri_file", "uri": "azureml://datastores/d/paths/p", "asset": null}},
        });
        assert_eq!(
            flat(view),
            json!({
                "inputs": {"n": 3, "s": "text", "d": {"type": "uri_folder", "mode": "download", "path": "azureml:raw:2"}},
                "outputs": {"o": {"type": "uri_file", "uri": "azureml://datastores/d/paths/p", "asset": null,
                    "path": "azureml://datastores/d/paths/p"}},
            })
        );
    }
}
