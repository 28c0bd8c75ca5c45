//! The options that every command takes.

use clap::Args;

use crate::error::Result;
use crate::output::{Format, Output};

const HEADING: &str = "Global options";

/// The options that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = HEADING)]
pub struct Globals {
    /// Workspace [default: TIDEMILL_WORKSPACE, the context's, `default`]
    #[arg(
        long,
        short = 'w',
        alias = "workspace-name",
        global = true,
        env = "TIDEMILL_WORKSPACE",
        hide_env = true,
        value_name = "NAME"
    )]
    pub workspace: Option<String>,
    /// Group of workspaces, or --resource-group [default: TIDEMILL_GROUP, the context's]
    #[arg(
        long,
        short = 'g',
        alias = "resource-group",
        global = true,
        env = "TIDEMILL_GROUP",
        hide_env = true,
        value_name = "NAME"
    )]
    pub group: Option<String>,
    /// Taken for scripts of `az ml`: there are no subscriptions here.
    #[arg(long, global = true, hide = true, value_name = "NAME")]
    pub subscription: Option<String>,
    /// Server [default: TIDEMILL_URL, the context's, http://127.0.0.1:5757]
    #[arg(
        long,
        global = true,
        env = "TIDEMILL_URL",
        hide_env = true,
        value_name = "URL"
    )]
    pub server: Option<String>,
    /// Token [default: TIDEMILL_TOKEN, the context's, the owner's of a server on this machine]
    #[arg(
        long,
        global = true,
        env = "TIDEMILL_TOKEN",
        hide_env = true,
        value_name = "TOKEN"
    )]
    pub token: Option<String>,
    /// Context [default: TIDEMILL_CONTEXT, the one in use]
    #[arg(
        long,
        global = true,
        env = "TIDEMILL_CONTEXT",
        hide_env = true,
        value_name = "NAME"
    )]
    pub context: Option<String>,
    /// table, json, jsonc, yaml, yamlc, tsv or none [default: TIDEMILL_OUTPUT; in a terminal table for lists, yaml
    /// for the rest; json for programs]
    #[arg(
        long,
        short = 'o',
        global = true,
        env = "TIDEMILL_OUTPUT",
        hide_env = true,
        value_name = "FORMAT",
        hide_possible_values = true
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
    /// Print help
    #[arg(long, short, global = true, action = clap::ArgAction::HelpShort)]
    pub help: Option<bool>,
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
