//! `tidemill online-endpoint`.

mod create;
mod delete;
mod get_credentials;
mod invoke;
mod list;
mod regenerate_keys;
mod show;
mod traffic;
mod update;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// The path of endpoints.
const NOUN: &str = "online-endpoints";

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("kind", "kind"),
    Column::text("auth_mode", "auth_mode"),
    Column::text("scoring_uri", "scoring_uri"),
    Column::time("created", "created_at"),
];

/// Online endpoints: addresses behind which deployments answer
#[derive(Debug, Args)]
pub struct OnlineEndpoint {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Invoke(invoke::Invoke),
    GetCredentials(get_credentials::GetCredentials),
    RegenerateKeys(regenerate_keys::RegenerateKeys),
    Delete(delete::Delete),
}

impl OnlineEndpoint {
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
            Verb::Invoke(verb) => verb.run(session).await,
            Verb::GetCredentials(verb) => verb.run(session).await,
            Verb::RegenerateKeys(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}
