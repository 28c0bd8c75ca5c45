//! `tidemill job update`.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::args::{Edit, Words, value_of};
use crate::error::{Error, Result};
use crate::session::Session;

/// Change the display name, description and tags of a job
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job update --name calm_tide_4k7w2hx9qz --set display_name=\"First try\" tags.kept=yes")]
pub struct Update {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Name that people see
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    edit: Edit,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut patch = Map::new();
        let mut tags = Map::new();
        for change in self.edit.overrides()? {
            let value = value_of(&change)?;
            match (change.path.split_once('.'), change.path.as_str()) {
                (Some(("tags", key)), _) if value.is_null() => _ = tags.insert(key.to_owned(), Value::Null),
                (Some(("tags", key)), _) => _ = tags.insert(key.to_owned(), words(&value)),
                (None, "tags") => {
                    let map = value
                        .as_object()
                        .ok_or_else(|| Error::usage("failed to set `tags`: they are a map of words"))?;
                    tags.extend(map.iter().map(|(key, value)| (key.clone(), words(value))));
                }
                (None, "display_name" | "description") => _ = patch.insert(change.path, words(&value)),
                _ => {
                    return Err(Error::usage(format!(
                        "failed to update job {}: `{}` of a job never changes",
                        self.name, change.path
                    ))
                    .with_hint("change display_name, description or tags, or create another job"));
                }
            }
        }
        let fields = [
            ("display_name", self.display_name),
            ("description", self.words.description),
        ];
        patch.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some((field.to_owned(), json!(value?)))),
        );
        tags.extend(self.words.tags.map()?.into_iter().flatten());
        if !tags.is_empty() {
            patch.insert("tags".to_owned(), Value::Object(tags));
        }
        if patch.is_empty() {
            return Err(Error::usage(format!(
                "failed to update job {}: nothing to change is given",
                self.name
            ))
            .with_hint("add --description, --tags or --set display_name=\"First try\""));
        }
        let path = session.path(&["jobs", &self.name]);
        session.show(super::with_id(
            session.client.patch(&path, &Value::Object(patch)).await?,
        ))
    }
}

/// These fields are text, however they are written.
fn words(value: &Value) -> Value {
    Value::String(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
