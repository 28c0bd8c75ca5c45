//! `tidemill context show`.

use clap::Args;

use crate::cli::globals::Globals;
use crate::context::Contexts;
use crate::error::{Error, Result};

/// Show a context
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill context show\n  tidemill context show production")]
pub struct Show {
    /// Name [default: the one in use]
    name: Option<String>,
}

impl Show {
    pub(super) fn run(self, globals: &Globals) -> Result<()> {
        let all = Contexts::read(&Contexts::path()?)?;
        let Some(name) = self.name.as_ref().or(all.current.as_ref()) else {
            return Err(Error::usage("failed to show the context in use: there is none")
                .with_hint("name one, or choose one with `tidemill context use`"));
        };
        let entry = all.contexts.get(name).ok_or_else(|| all.unknown(name))?;
        globals
            .output()?
            .show(super::view(name, entry, all.current.as_ref() == Some(name)))
    }
}
