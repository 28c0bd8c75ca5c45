//! `tidemill datastore update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use crate::cli::args::{Edit, Words};
use crate::cli::update;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Change a datastore; secrets that are not given stay as they are
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill datastore update --name lake --description \"Raw files\"
  tidemill datastore update -n raw --set credentials.secret_access_key=\"$KEY\"")]
pub struct Update {
    /// Name
    #[arg(long, short)]
    name: String,
    /// YAML file with the fields to change
    #[arg(long, short, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    edit: Edit,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = Vec::new();
        if let Some(file) = &self.file {
            let named = [document::option("name", self.name.as_str())];
            let loaded = document::load(Some(file), &named, Family::Datastore)?;
            document::tell(session, &loaded);
            if let Value::Object(fields) = document::body(&loaded.spec)? {
                let others = fields.into_iter().filter(|(field, _)| field != "name");
                changes.extend(others.map(|(field, value)| document::option(&field, value)));
            }
        }
        changes.extend(self.edit.overrides()?);
        changes.extend(
            self.words
                .description
                .map(|text| document::option("description", text)),
        );
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        let (what, path) = (
            format!("datastore {}", self.name),
            session.path(&["datastores", &self.name]),
        );
        session.show(update::update(session, Family::Datastore, &what, &path, &changes).await?)
    }
}
