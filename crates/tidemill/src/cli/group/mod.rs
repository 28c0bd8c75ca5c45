//! `tidemill group`.

mod create;
mod delete;
mod list;
mod show;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("display name", "display_name"),
    Column::text("stages", "stages"),
    Column::time("created", "created_at"),
];

/// Groups of workspaces: regions, departments
#[derive(Debug, Args)]
pub struct Group {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Delete(delete::Delete),
}

impl Group {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}
