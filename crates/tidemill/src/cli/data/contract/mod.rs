//! `tidemill data contract`.

mod check;
mod create;
mod delete;
mod list;
mod show;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// What consumers of data live by: checked before a version is made
#[derive(Debug, Args)]
pub struct Contract {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Check(check::Check),
    Delete(delete::Delete),
}

const COLUMNS: [Column; 5] = [
    Column::text("name", "name"),
    Column::text("data", "data"),
    Column::text("consumer", "consumer"),
    Column::text("policy", "policy"),
    Column::text("description", "description"),
];

impl Contract {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Check(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}
