//! `tidemill server`.

mod backup;
mod restore;
mod start;

use clap::{Args, Subcommand};

use super::globals::Globals;
use crate::error::{Error, Result};

/// The server on this machine
#[derive(Debug, Args)]
pub struct Server {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Start(start::Start),
    Backup(backup::Backup),
    Restore(restore::Restore),
}

impl Server {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub fn run(self, globals: &Globals) -> Result<()> {
        match self.verb {
            Verb::Start(verb) => verb.run(globals),
            Verb::Backup(verb) => wait_for(globals, verb.run(globals)),
            Verb::Restore(verb) => wait_for(globals, verb.run(globals)),
        }
    }
}

/// Runs what needs no server of its own.
fn wait_for(globals: &Globals, work: impl Future<Output = Result<()>>) -> Result<()> {
    super::report::set_up(globals);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::failed(format!("failed to start: {error}")))?;
    runtime.block_on(work)
}
