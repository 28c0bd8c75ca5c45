//! `tidemill datastore`.

mod access;
mod create;
mod delete;
mod files;
mod list;
mod show;
mod update;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("type", "type"),
    Column::text("description", "description"),
    Column::time("created", "created_at"),
];

/// Datastores: where data lies
#[derive(Debug, Args)]
pub struct Datastore {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Files(files::Files),
    Update(update::Update),
    Delete(delete::Delete),
    Access(access::Access),
}

impl Datastore {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Files(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
            Verb::Access(verb) => verb.run(session).await,
        }
    }
}
