//! `tidemill secret`.

mod delete;
mod list;
mod restore;
mod set;
mod show;
mod value;
mod versions;

use clap::{Args, Subcommand};

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// The group that is meant when none is named.
const DEFAULT_GROUP: &str = "default";

/// Secrets: sealed in the vault of a group, given to the jobs and datastores that name them
#[derive(Debug, Args)]
pub struct Secret {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Set(set::Set),
    List(list::List),
    Show(show::Show),
    Versions(versions::Versions),
    Delete(delete::Delete),
    Restore(restore::Restore),
}

impl Secret {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Set(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Versions(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
        }
    }
}

/// The path of a secret, or of all of the group.
fn place(session: &Session, parts: &[&str]) -> String {
    let group = session.group.as_deref().unwrap_or(DEFAULT_GROUP);
    path(&[&["groups", group, "secrets"], parts].concat())
}
