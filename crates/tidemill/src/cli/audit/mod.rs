//! `tidemill audit`.

mod export;
mod list;
mod time;
mod verify;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::session::Session;

/// The audit log: who did what, when, from where, and what was refused
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Export(export::Export),
    Verify(verify::Verify),
}

/// Which rows are wanted.
#[derive(Debug, Args)]
struct Rows {
    /// Who asked, such as owner
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// What for; * stands for any text, as in "secrets/*"
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Where: this place and all in it, such as /workspaces/default
    #[arg(long, value_name = "PLACE")]
    scope: Option<String>,
    /// How it ended: allowed or refused
    #[arg(long, value_name = "OUTCOME", value_parser = ["allowed", "refused"])]
    outcome: Option<String>,
    /// Not before: a time such as 2026-07-01T08:00Z, or how long ago, such as 2d
    #[arg(long, value_name = "TIME", value_parser = time::milliseconds)]
    since: Option<i64>,
    /// Before: as --since
    #[arg(long, value_name = "TIME", value_parser = time::milliseconds)]
    until: Option<i64>,
}

impl Rows {
    fn filters(&self) -> Vec<(&'static str, String)> {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let given = [
            ("principal", self.principal.clone()),
            ("action", self.action.clone()),
            ("scope", self.scope.clone()),
            ("outcome", self.outcome.clone()),
            ("since", number(self.since)),
            ("until", number(self.until)),
        ];
        given
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

impl Audit {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::List(verb) => verb.run(session).await,
            Verb::Export(verb) => verb.run(session).await,
            Verb::Verify(verb) => verb.run(session).await,
        }
    }
}
