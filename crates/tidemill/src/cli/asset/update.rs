//! Changing what may change of a version: its words, never its content.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{Kind, Which, with_id};
use crate::cli::args::{Edit, Words, value_of};
use crate::error::{Error, Result};
use crate::session::Session;

/// The fields that may change.
const FIELDS: &[&str] = &["display_name", "description", "tags", "properties", "stage"];

/// Options of an update.
#[derive(Debug, Clone, Args)]
pub struct UpdateOptions {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    edit: Edit,
}

/// Changes a version and prints it.
///
/// # Errors
/// Fields that cannot change, or what the server says.
pub async fn update(
    session: &Session,
    kind: Kind,
    options: UpdateOptions,
    stage: Option<String>,
) -> Result<()> {
    let UpdateOptions { which, words, edit } = options;
    let mut patch = Map::new();
    for change in edit.overrides()? {
        let (field, rest) = change.path.split_once('.').unwrap_or((&change.path, ""));
        if !FIELDS.contains(&field) {
            return Err(Error::usage(format!(
                "failed to update {} {}: `{field}` of a version never changes",
                kind.word(),
                which.shown()
            ))
            .with_hint(format!("change {}, or create a new version", FIELDS.join(", "))));
        }
        let value = value_of(&change)?;
        match rest {
            "" => _ = patch.insert(field.to_owned(), value),
            key => {
                let slot = patch.entry(field).or_insert_with(|| json!({}));
                let Some(map) = slot.as_object_mut() else {
                    return Err(Error::usage(format!(
                        "failed to set `{}`: `{field}` has no fields",
                        change.path
                    )));
                };
                let value = if field == "tags" && !value.is_null() {
                    Value::String(plain(&value))
                } else {
                    value
                };
                map.insert(key.to_owned(), value);
            }
        }
    }
    patch.extend(
        words
            .description
            .map(|text| ("description".to_owned(), Value::String(text))),
    );
    patch.extend(
        words
            .tags
            .map()?
            .map(|tags| ("tags".to_owned(), Value::Object(tags))),
    );
    patch.extend(stage.map(|stage| ("stage".to_owned(), Value::String(stage))));
    if patch.is_empty() {
        return Err(Error::usage(format!(
            "failed to update {} {}: nothing to change is given",
            kind.word(),
            which.shown()
        ))
        .with_hint("add --description, --tags or --set tags.team=blue"));
    }
    let (path, _) = which.found(session, kind).await?;
    session.show(with_id(session.client.patch(&path, &Value::Object(patch)).await?))
}

/// A tag's value is text, however it is written.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
