//! `tidemill data create`.

use clap::Args;
use serde_json::Value;

use crate::cli::args::{NoWait, SkipValidation, Words, Written};
use crate::cli::asset::create;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Make a version of a data asset
///
/// Local files are uploaded; a datastore path or URL is read once, and the version names exactly the bytes found there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data create --name flights --type uri_folder --path ./raw
  tidemill data create -f data.yml --set version=2
  tidemill data create --name taxi --type uri_file --path azureml://datastores/lake/paths/taxi.csv")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Version [default: counted up]
    #[arg(long, short)]
    version: Option<String>,
    /// Type: uri_file, uri_folder or mltable
    #[arg(long, short)]
    r#type: Option<String>,
    /// Local file or folder, datastore path or URL
    #[arg(long, short)]
    path: Option<String>,
    /// Datastore that local data is uploaded to
    #[arg(long)]
    datastore: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    no_wait: NoWait,
    #[command(flatten)]
    skip_validation: SkipValidation,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("version", self.version),
            ("description", self.words.description),
            ("type", self.r#type),
            ("datastore", self.datastore),
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
        create::create(session, super::KIND, self.written.file.as_deref(), &changes).await
    }
}
