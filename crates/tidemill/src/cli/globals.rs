//! The options that every command takes.

use clap::Args;

use crate::error::Result;
use crate::output::{Format, Output};

const HEADING: &str = "Global options";

/// The options that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = HEADING)]
pub struct Globals {
    /// Workspace [default: that of the context, else `default`]
    #[arg(
        long,
        short = 'w',
        alias = "workspace-name",
        global = true,
        env = "TIDEMILL_WORKSPACE",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub workspace: Option<String>,
    /// Group of workspaces; `--resource-group` is the same
    #[arg(
        long,
        short = 'g',
        alias = "resource-group",
        global = true,
        env = "TIDEMILL_GROUP",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub group: Option<String>,
    /// Address of the server [default: that of the context, else http://127.0.0.1:5757]
    #[arg(
        long,
        global = true,
        env = "TIDEMILL_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub server: Option<String>,
    /// Token to sign in with [default: that of the context, else the owner's of a server on this machine]
    #[arg(
        long,
        global = true,
        env = "TIDEMILL_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub token: Option<String>,
    /// Context to use for this command
    #[arg(
        long,
        global = true,
        env = "TIDEMILL_CONTEXT",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub context: Option<String>,
    /// Format of the output [default: table for lists and yaml for the rest in a terminal, json for programs]
    #[arg(
        long,
        short = 'o',
        global = true,
        env = "TIDEMILL_OUTPUT",
        hide_env_values = true,
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    #[arg(
        long_help = "Format of the output: table, json, jsonc, yaml, yamlc, tsv or none [default: table for lists and yaml for the rest in a terminal, json for programs]"
    )]
    pub output: Option<Format>,
    /// JMESPath expression over the output
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub query: Option<String>,
    /// Say more about what is done
    #[arg(long, global = true)]
    pub verbose: bool,
    /// Say everything, requests included
    #[arg(long, global = true)]
    pub debug: bool,
    /// Say nothing but errors beside the output
    #[arg(long, global = true)]
    pub only_show_errors: bool,
    /// Answer as `az` does.
    #[arg(skip)]
    pub azure: bool,
}

impl Globals {
    /// The output that they ask for.
    ///
    /// # Errors
    /// A query that cannot be read.
    pub fn output(&self) -> Result<Output> {
        Output::new(self.output, self.query.as_deref(), self.azure)
    }
}
