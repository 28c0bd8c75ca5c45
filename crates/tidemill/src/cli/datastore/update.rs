//! `tidemill datastore update`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use crate::cli::args::{Set, Words};
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
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    set: Set,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.set.overrides()?;
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
