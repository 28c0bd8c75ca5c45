//! `tidemill context delete`.

use clap::Args;

use crate::context::Contexts;
use crate::error::Result;

/// Forget a context; its server and its token file stay
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill context delete production")]
pub struct Delete {
    /// Name
    name: String,
}

impl Delete {
    pub(super) fn run(self) -> Result<()> {
        let path = Contexts::path()?;
        let mut all = Contexts::read(&path)?;
        if all.contexts.remove(&self.name).is_none() {
            return Err(all.unknown(&self.name));
        }
        all.current = all.current.filter(|current| *current != self.name);
        all.write(&path)
    }
}
