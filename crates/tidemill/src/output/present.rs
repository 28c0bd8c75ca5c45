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
        for (key, value) in spec {
            whole.entry(key).or_insert(value);
        }
    }
    for (key, value) in view {
        let value = if key.ends_with("_at") { time(&value) } else { value };
        // Nothing known does not hide what the specification says.
        if !(value.is_null() && whole.contains_key(&key)) {
            whole.insert(key, value);
        }
    }
    Value::Object(whole)
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
}
