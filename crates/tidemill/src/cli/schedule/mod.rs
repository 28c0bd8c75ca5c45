//! `tidemill schedule`.

mod create;
mod delete;
mod disable;
mod enable;
mod list;
mod runs;
mod show;
mod times;
mod trigger;
mod update;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// The path of schedules.
const NOUN: &str = "schedules";

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("enabled", "is_enabled"),
    Column::text("next", "next_run"),
    Column::text("last", "last_state"),
    Column::text("run as", "run_as"),
];

/// Schedules: jobs that are submitted by themselves, at times or when something happens
#[derive(Debug, Args)]
pub struct Schedule {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Enable(enable::Enable),
    Disable(disable::Disable),
    Trigger(trigger::Trigger),
    Runs(runs::Runs),
    Delete(delete::Delete),
}

impl Schedule {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Enable(verb) => verb.run(session).await,
            Verb::Disable(verb) => verb.run(session).await,
            Verb::Trigger(verb) => verb.run(session).await,
            Verb::Runs(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}
