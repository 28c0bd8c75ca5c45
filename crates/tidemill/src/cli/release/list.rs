//! `tidemill release list`.

use clap::Args;
use serde_json::Value;

use crate::error::Result;
use crate::session::Session;

/// List releases, newest first, with where each stands
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill release list\n  tidemill release list --name flights -w dev")]
pub struct List {
    /// All numbers of this release alone
    #[arg(long, short)]
    name: Option<String>,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[super::NOUN]);
        let query = self.name.map(|name| format!("?name={name}")).unwrap_or_default();
        let mut found = session.client.get(&format!("{path}{query}")).await?;
        let Value::Array(mut rows) = found["items"].take() else {
            return session.output.list(Vec::new(), super::COLUMNS);
        };
        if session.output.is_table() {
            rows.iter_mut().for_each(super::for_table);
        }
        session.output.list(rows, super::COLUMNS)
    }
}
