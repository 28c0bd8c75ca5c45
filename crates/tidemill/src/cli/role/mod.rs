//! `tidemill role`.

mod assign;
mod create;
mod delete;
mod explain;
mod list;
mod show;
mod who_can;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("description", "description"),
    Column::text("built in", "built_in"),
];

/// Roles: what a principal may do, in Azure's form
#[derive(Debug, Args)]
pub struct Role {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    Assign(assign::Assign),
    List(list::List),
    Show(show::Show),
    Delete(delete::Delete),
    WhoCan(who_can::WhoCan),
    Explain(explain::Explain),
}

impl Role {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::Assign(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
            Verb::WhoCan(verb) => verb.run(session).await,
            Verb::Explain(verb) => verb.run(session).await,
        }
    }
}
