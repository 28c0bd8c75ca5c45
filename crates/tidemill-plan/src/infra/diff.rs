//! Two specifications side by side: which fields differ, and the digest by which one is known again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field that is another one than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its path, with dots into maps. A list is compared as a whole.
    pub path: String,
    /// What stood there; none for a field that is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is to stand there; none for a field that goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// The fields that differ, in the order of `before`, then of `after`.
pub fn fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, after) {
        let below = |key: &str| match path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        for (key, value) in old {
            compare(&below(key), Some(value), new.get(key), found);
        }
        for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            compare(&below(key), None, Some(value), found);
        }
        return;
    }
    found.push(FieldChange {
        path: path.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    });
}

/// The field at a path of [`FieldChange`].
pub fn at<'v>(spec: &'v Value, path: &str) -> Option<&'v Value> {
    // A key may hold dots itself, so every way of reading the path is tried.
    if path.is_empty() {
        return Some(spec);
    }
    let map = spec.as_object()?;
    map.iter().find_map(|(key, value)| {
        let rest = path.strip_prefix(key.as_str())?;
        match rest.strip_prefix('.') {
            Some(rest) => at(value, rest),
            None => rest.is_empty().then_some(value),
        }
    })
}

/// Names a specification by its content, in whatever order its fields stand: BLAKE3, in hex.
pub fn mark(spec: &Value) -> String {
    let mut canonical = spec.clone();
    canonical.sort_all_objects();
    blake3::hash(canonical.to_string().as_bytes())
        .to_hex()
        .to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told_field_by_field() {
        let before = json!({"a": 1, "tags": {"x": "1", "y": "2"}, "list": [1, 2], "gone": true});
        let after = json!({"list": [2], "a": 1, "tags": {"x": "1", "y": "3"}, "new.er": {"z": 1}});
        let told: Vec<_> = fields(&before, &after)
            .into_iter()
            .map(|change| change.path)
            .collect();
        assert_eq!(told, ["tags.y", "list", "gone", "new.er"]);
        assert_eq!(at(&after, "new.er.z"), Some(&json!(1)));
        assert_eq!(at(&before, "tags.z"), None);
    }

    #[test]
    fn the_order_of_fields_is_no_difference() {
        let (a, b) = (
            json!({"a": 1, "b": {"c": 1, "d": 2}}),
            json!({"b": {"d": 2, "c": 1}, "a": 1}),
        );
        assert!(fields(&a, &b).is_empty());
        assert_eq!(mark(&a), mark(&b));
        assert_ne!(mark(&a), mark(&json!({"a": 1})));
    }
}
