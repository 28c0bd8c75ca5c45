//! `tidemill vault`.

mod rotate;
mod show;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::Result;
use crate::output::flat;
use crate::session::Session;

/// The vault: the master key that all secrets hang on
#[derive(Debug, Args)]
pub struct Vault {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Show(show::Show),
    Rotate(rotate::Rotate),
}

impl Vault {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Show(verb) => verb.run(session).await,
            Verb::Rotate(verb) => verb.run(session).await,
        }
    }
}

/// The vault with its times as text.
fn shown(mut vault: Value) -> Value {
    if let Some(Value::Array(groups)) = vault.get_mut("groups") {
        groups.iter_mut().for_each(|group| *group = flat(group.take()));
    }
    vault
}
