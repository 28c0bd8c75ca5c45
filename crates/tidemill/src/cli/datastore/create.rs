//! `tidemill datastore create`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use crate::cli::args::{Words, Written};
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Make or change a datastore
///
/// Further fields, such as `bucket` or `account_name`, are in the file or given with --set.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill datastore create -f datastore.yml
  tidemill datastore create --name lake --type local_folder --path /data/lake
  tidemill datastore create --name raw --type s3 --set bucket=raw endpoint=http://127.0.0.1:9000")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Type: local_folder, azure_blob, s3, gcs, http, …
    #[arg(long, short)]
    r#type: Option<String>,
    /// Folder of a local_folder, as the server sees it
    #[arg(long, short)]
    path: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("type", self.r#type),
            ("description", self.words.description),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        changes.extend(self.path.map(|path| document::place("path", &path)).transpose()?);
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Datastore)?;
        document::tell(session, &loaded);
        let path = session.path(&["datastores", loaded.spec.name().unwrap_or_default()]);
        session.show(
            session
                .client
                .put(&path, &document::body(&loaded.spec)?, None)
                .await?,
        )
    }
}
