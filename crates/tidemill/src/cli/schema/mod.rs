//! `tidemill schema`.

mod write;

use clap::{Args, Subcommand};

use crate::error::Result;

/// JSON Schemas of the YAML kinds, for editors that complete and check
#[derive(Debug, Args)]
pub struct Schema {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Write(write::Write),
}

impl Schema {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub fn run(self) -> Result<()> {
        match self.verb {
            Verb::Write(verb) => verb.run(),
        }
    }
}
