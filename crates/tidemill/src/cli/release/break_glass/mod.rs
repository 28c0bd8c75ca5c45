//! `tidemill release break-glass`.

mod approve;
mod close;
mod list;
mod open;

use clap::{Args, Subcommand};

use crate::error::Result;
use crate::session::Session;

/// The path of it.
const NOUN: &str = "break-glass";

/// For a time, with a reason and two people, changes of the last stage without a release
#[derive(Debug, Args)]
pub struct BreakGlass {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Open(open::Open),
    Approve(approve::Approve),
    Close(close::Close),
    List(list::List),
}

impl BreakGlass {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Open(verb) => verb.run(session).await,
            Verb::Approve(verb) => verb.run(session).await,
            Verb::Close(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
        }
    }
}
