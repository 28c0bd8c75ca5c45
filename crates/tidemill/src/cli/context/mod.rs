//! `tidemill context`.

mod delete;
mod list;
mod set;
mod show;
mod r#use;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::globals::Globals;
use crate::context::Context as Entry;
use crate::error::Result;

/// Contexts: which server, workspace and group are meant when a command does not say
#[derive(Debug, Args)]
pub struct Context {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Show(show::Show),
    Set(set::Set),
    Use(r#use::Use),
    Delete(delete::Delete),
}

impl Context {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub fn run(self, globals: &Globals) -> Result<()> {
        match self.verb {
            Verb::List(verb) => verb.run(globals),
            Verb::Show(verb) => verb.run(globals),
            Verb::Set(verb) => verb.run(globals),
            Verb::Use(verb) => verb.run(),
            Verb::Delete(verb) => verb.run(),
        }
    }
}

fn view(name: &str, entry: &Entry, current: bool) -> Value {
    let Entry {
        server,
        workspace,
        group,
        token_file,
    } = entry;
    json!({
        "name": name, "current": current, "server": server, "workspace": workspace, "group": group, "token_file": token_file,
    })
}
