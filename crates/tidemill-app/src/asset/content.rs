//! The specification of a version: what is kept of it, and what names its content.

use serde_json::Value;
use tidemill_store::from_json;

use super::Row;
use crate::{Error, Result};

/// The specification of a version, without its name and version.
pub(crate) fn spec_of(row: &Row) -> Value {
    from_json("asset_version", "spec", &row.spec).unwrap_or(Value::Null)
}

/// The specification of a version as a typed one, with its name and version.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(row: &Row) -> Result<T> {
    let mut spec = spec_of(row);
    if let Some(fields) = spec.as_object_mut() {
        fields.insert("name".into(), row.name.clone().into());
        fields.insert("version".into(), row.version.clone().into());
    }
    serde_json::from_value(spec).map_err(Error::internal)
}

/// A specification as it is kept: what names it stands in columns.
pub(crate) fn stored_spec(spec: &impl serde::Serialize) -> Result<Value> {
    let mut spec = serde_json::to_value(spec).map_err(Error::internal)?;
    if let Some(fields) = spec.as_object_mut() {
        for field in ["name", "version", "id"] {
            fields.shift_remove(field);
        }
    }
    Ok(spec)
}

/// Names the content of a specification: its description and tags are no part of it.
pub(crate) fn spec_digest(spec: &Value) -> String {
    let mut content = spec.clone();
    if let Some(fields) = content.as_object_mut() {
        for field in ["description", "tags", "auto_delete_setting"] {
            fields.shift_remove(field);
        }
    }
    content.sort_all_objects();
    blake3::hash(content.to_string().as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn description_and_tags_are_no_content() {
        let a = json!({"image": "x", "tags": {"a": "1"}, "description": "d", "os_type": "linux"});
        let b = json!({"os_type": "linux", "image": "x"});
        assert_eq!(spec_digest(&a), spec_digest(&b));
        assert_ne!(
            spec_digest(&a),
            spec_digest(&json!({"image": "y", "os_type": "linux"}))
        );
    }
}
