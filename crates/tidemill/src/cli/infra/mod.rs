//! `tidemill infra`: infrastructure as code.

mod apply;
mod approve;
mod destroy;
mod drift;
mod folder;
mod plan;
mod reject;
mod render;
mod show;
mod test;

use clap::{Args, Subcommand};

use crate::error::{Error, FAILED, Result};
use crate::session::Session;

/// Infrastructure as code: groups, workspaces, roles, datastores and computes from files
#[derive(Debug, Args)]
pub struct Infra {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Plan(plan::Plan),
    Apply(apply::Apply),
    Approve(approve::Approve),
    Reject(reject::Reject),
    Test(test::Test),
    Show(show::Show),
    Drift(drift::Drift),
    Destroy(destroy::Destroy),
}

impl Infra {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Plan(verb) => verb.run(session).await,
            Verb::Apply(verb) => verb.run(session).await,
            Verb::Approve(verb) => verb.run(session).await,
            Verb::Reject(verb) => verb.run(session).await,
            Verb::Test(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Drift(verb) => verb.run(session).await,
            Verb::Destroy(verb) => verb.run(session).await,
        }
    }
}

/// The exit code that says that there is something to do.
const CHANGES: u8 = 2;

/// With `--detailed-exitcode`: 0 for nothing to do, 2 for something, and 1 for every error, also of files.
fn detailed(detailed: bool, ended: Result<bool>) -> Result<()> {
    match (detailed, ended) {
        (true, Ok(true)) => Err(Error::Ended(CHANGES)),
        (_, Ok(_)) => Ok(()),
        (true, Err(error)) => {
            super::report::error(&error);
            Err(Error::Ended(FAILED))
        }
        (false, Err(error)) => Err(error),
    }
}
