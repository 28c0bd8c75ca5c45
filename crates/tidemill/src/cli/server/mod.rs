//! `tidemill server`.

mod start;

use clap::{Args, Subcommand};

use super::globals::Globals;
use crate::error::Result;

/// The server on this machine
#[derive(Debug, Args)]
pub struct Server {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Start(start::Start),
}

impl Server {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub fn run(self, globals: &Globals) -> Result<()> {
        match self.verb {
            Verb::Start(verb) => verb.run(globals),
        }
    }
}
