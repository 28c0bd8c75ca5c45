//! `tidemill context use`.

use clap::Args;

use crate::context::Contexts;
use crate::error::Result;

/// Choose the context that commands use
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill context use production")]
pub struct Use {
    /// Name
    name: String,
}

impl Use {
    pub(super) fn run(self) -> Result<()> {
        let path = Contexts::path()?;
        let mut all = Contexts::read(&path)?;
        if !all.contexts.contains_key(&self.name) {
            return Err(all.unknown(&self.name));
        }
        anstream::eprintln!("Using the context {}.", self.name);
        all.current = Some(self.name);
        all.write(&path)
    }
}
