//! `tidemill token list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List your tokens, or those of somebody else, without their texts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill token list")]
pub struct List {
    /// Whose, such as service-principal:ci [default: yours]
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Option<String>,
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let asked: Vec<(&str, &str)> = self
            .principal
            .as_deref()
            .map(|whose| ("principal", whose))
            .into_iter()
            .collect();
        let rows = session
            .client
            .list("/tokens", &asked, self.most.max_results)
            .await?;
        session.list(rows, super::COLUMNS)
    }
}
