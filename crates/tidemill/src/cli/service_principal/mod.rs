//! `tidemill service-principal`.

mod add_secret;
mod create;
mod delete;
mod list;
mod list_secrets;
mod remove_secret;
mod show;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("principal", "principal"),
    Column::text("disabled", "disabled"),
    Column::time("created", "created_at"),
];

/// Service principals: programs that sign in, such as a CI job
#[derive(Debug, Args)]
pub struct ServicePrincipal {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Delete(delete::Delete),
    AddSecret(add_secret::AddSecret),
    ListSecrets(list_secrets::ListSecrets),
    RemoveSecret(remove_secret::RemoveSecret),
}

impl ServicePrincipal {
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
            Verb::AddSecret(verb) => verb.run(session).await,
            Verb::ListSecrets(verb) => verb.run(session).await,
            Verb::RemoveSecret(verb) => verb.run(session).await,
        }
    }
}
