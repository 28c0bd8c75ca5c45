//! `tidemill schedule update`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use super::NOUN;
use super::times::told;
use crate::cli::args::{Edit, NoWait, Words};
use crate::cli::update;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Change a schedule; its jobs are submitted as you from then on, or as `run_as` says
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill schedule update --name nightly --set trigger.expression=\"0 3 * * *\"
  tidemill schedule update --name nightly --description \"after the night's load\"")]
pub struct Update {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    edit: Edit,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = Vec::new();
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
        changes.extend(self.edit.overrides()?);
        let what = format!("schedule {}", self.name);
        let path = session.path(&[NOUN, &self.name]);
        session.show(told(
            update::update(session, Family::Schedule, &what, &path, &changes).await?,
        ))
    }
}
