//! `tidemill datastore access`.

mod grant;
mod list;
mod revoke;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("rule", "name"),
    Column::text("principal", "principal"),
    Column::text("path", "path"),
    Column::text("rights", "rights"),
    Column::text("by", "created_by"),
];

/// Access by folder: with the first rule of a datastore, only those named reach its files
#[derive(Debug, Args)]
pub struct Access {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Grant(grant::Grant),
    Revoke(revoke::Revoke),
    List(list::List),
}

impl Access {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Grant(verb) => verb.run(session).await,
            Verb::Revoke(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
        }
    }
}

/// Shows the rules, and what is to be known of them.
fn show(session: &Session, name: &str, answer: &Value) -> Result<()> {
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        session.note(&format!("Warning: {}", warning.as_str().unwrap_or_default()));
    }
    if answer["by_folder"] == false {
        session.note(&format!(
            "Datastore {name} gives no access by folder: who reads data or submits jobs in the workspace reaches all of it."
        ));
    }
    session.list(answer["rules"].as_array().cloned().unwrap_or_default(), COLUMNS)
}
