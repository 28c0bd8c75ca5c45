//! `tidemill policy`.

mod create;
mod delete;
mod show;
mod tags;
mod usage;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::session::Session;

/// The policy of a workspace: what may run in it, on what, and for how much
#[derive(Debug, Args)]
pub struct Policy {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    Show(show::Show),
    Usage(usage::Usage),
    Tags(tags::Tags),
    Delete(delete::Delete),
}

impl Policy {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Usage(verb) => verb.run(session).await,
            Verb::Tags(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}
