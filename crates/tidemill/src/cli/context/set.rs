//! `tidemill context set`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::globals::Globals;
use crate::client::Address;
use crate::context::Contexts;
use crate::error::{Error, Result};

/// Make or change a context, from --server, --workspace, --group and --token-file
///
/// What is not given stays as it is. The first context is used at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill context set local --server http://127.0.0.1:5757 --workspace churn
  tidemill context set production --server https://mill.example.org --token-file ~/.mill-token --use")]
pub struct Set {
    /// Name
    name: String,
    /// File that holds the token to sign in with
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Use it from now on
    #[arg(long)]
    r#use: bool,
}

impl Set {
    pub(super) fn run(self, globals: &Globals) -> Result<()> {
        let path = Contexts::path()?;
        let mut all = Contexts::read(&path)?;
        if self.name.trim().is_empty() {
            return Err(Error::usage("failed to set a context: its name is empty"));
        }
        let mut entry = all.contexts.remove(&self.name).unwrap_or_default();
        if let Some(server) = &globals.server {
            entry.server = Some(server.parse::<Address>()?.to_string());
        }
        entry.workspace = globals.workspace.clone().or(entry.workspace);
        entry.group = globals.group.clone().or(entry.group);
        if let Some(file) = self.token_file {
            let whole = std::path::absolute(&file).map_err(|error| Error::file("find", &file, error))?;
            entry.token_file = Some(whole);
        }
        if self.r#use || all.contexts.is_empty() {
            all.current = Some(self.name.clone());
        }
        let view = super::view(&self.name, &entry, all.current.as_ref() == Some(&self.name));
        all.contexts.insert(self.name, entry);
        all.write(&path)?;
        globals.output()?.show(view)
    }
}
