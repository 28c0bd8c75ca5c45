//! `tidemill pipeline`.

mod delete;
mod invoke;
mod list;
mod publish;
mod set_default;
mod show;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// The path of published pipelines.
const NOUN: &str = "pipelines";

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("version", "default_version"),
    Column::text("last candidate", "last_candidate"),
    Column::text("release", "last_release"),
];

/// Published pipelines: a pipeline under a name and versions, run by that name; its models open releases by themselves
#[derive(Debug, Args)]
pub struct Pipeline {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Publish(publish::Publish),
    List(list::List),
    Show(show::Show),
    Invoke(invoke::Invoke),
    SetDefault(set_default::SetDefault),
    Delete(delete::Delete),
}

impl Pipeline {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Publish(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Invoke(verb) => verb.run(session).await,
            Verb::SetDefault(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}
