//! `tidemill model list`.

use clap::Args;
use serde_json::Value;

use crate::cli::asset::list::{self, ListOptions};
use crate::error::Result;
use crate::output::text;
use crate::session::Session;

/// List models, or the versions of one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model list\n  tidemill model list --name flights-delay\n  tidemill model list --include-archived --query \"[].name\" -o tsv"
)]
pub struct List {
    #[command(flatten)]
    options: ListOptions,
    /// Only versions in this stage of MLflow; with --name
    #[arg(long, short, requires = "name")]
    stage: Option<String>,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self { options, stage } = self;
        let is_wanted = stage.map(|wanted| {
            move |row: &Value| {
                let own = text(row, "stage").or(row.pointer("/spec/stage").and_then(Value::as_str));
                own.is_some_and(|own| own.eq_ignore_ascii_case(&wanted))
            }
        });
        list::list_if(session, super::KIND, options, is_wanted).await
    }
}
