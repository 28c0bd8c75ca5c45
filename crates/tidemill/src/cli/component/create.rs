//! `tidemill component create`.

use clap::Args;
use serde_json::Value;

use crate::cli::args::{NoWait, SkipValidation, Words, Written};
use crate::cli::asset::create;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Make a version of a component
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill component create -f train.yml
  tidemill component create -f train.yml --version 2 --set display_name=\"Train it\"")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Version [default: counted up]
    #[arg(long, short)]
    version: Option<String>,
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
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        create::create(session, super::KIND, self.written.file.as_deref(), &changes).await
    }
}
