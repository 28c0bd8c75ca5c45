//! `tidemill token`.

mod create;
mod list;
mod revoke;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// Where the tokens of somebody are; one's own when nobody is named.
fn route(principal: Option<&str>) -> String {
    match principal {
        Some(whose) => format!("/tokens{}", crate::client::query(&[("principal", whose)])),
        None => "/tokens".to_owned(),
    }
}

pub(super) const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("label", "label"),
    Column::text("scope", "scope"),
    Column::time("created", "created_at"),
    Column::time("expires", "expires_at"),
];

/// Personal access tokens: what programs sign in with for you
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Revoke(revoke::Revoke),
}

impl Token {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Revoke(verb) => verb.run(session).await,
        }
    }
}
