//! `tidemill schedule create`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use super::NOUN;
use super::times::told;
use crate::cli::args::{NoWait, Words, Written};
use crate::document;
use crate::error::Result;
use crate::session::Session;
use crate::upload::upload;

/// Make a schedule, or change one
///
/// Its jobs are submitted as you, or as `run_as` says. The job is kept as it is now, with its code: a file that changes later changes
/// nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill schedule create -f schedule.yml
  tidemill schedule create -f schedule.yml --name nightly --set trigger.expression=\"0 2 * * *\"")]
pub struct Create {
    /// Name [default: that of the file]
    #[arg(long, short)]
    name: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [("name", self.name), ("description", self.words.description)];
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
        let mut loaded = document::load(self.written.file.as_deref(), &changes, Family::Schedule)?;
        document::tell(session, &loaded);
        upload(session, &mut loaded.spec).await?;
        let path = session.path(&[NOUN, loaded.spec.name().unwrap_or_default()]);
        let body = document::body(&loaded.spec)?;
        session.show(told(session.client.put(&path, &body, None).await?))
    }
}
