//! `tidemill environment`.

mod archive;
mod create;
mod list;
mod registry;
mod restore;
mod show;
mod update;

use clap::{Args, Subcommand};

use super::asset::Kind;
use crate::error::Result;
use crate::session::Session;

const KIND: Kind = Kind::Environment;

/// Environments: the software that jobs run in
#[derive(Debug, Args)]
pub struct Environment {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Archive(archive::Archive),
    Restore(restore::Restore),
}

impl Environment {
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
            Verb::Archive(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
        }
    }
}
