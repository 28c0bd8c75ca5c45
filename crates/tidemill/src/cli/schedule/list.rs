//! `tidemill schedule list`.

use clap::Args;

use super::NOUN;
use super::times::told;
use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List schedules, each with its next time
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schedule list\n  tidemill schedule list --disabled-only")]
pub struct List {
    #[command(flatten)]
    most: Most,
    /// Taken for scripts of `az ml`: those that are switched off are always listed
    #[arg(long, hide = true)]
    all_results: bool,
    /// Taken for scripts of `az ml`: those that are switched off are always listed
    #[arg(long, hide = true)]
    include_disabled: bool,
    /// Those that are switched off alone
    #[arg(long)]
    disabled_only: bool,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN]);
        let rows = session.client.list(&path, &[], self.most.max_results).await?;
        let rows = rows
            .into_iter()
            .filter(|row| !self.disabled_only || row["is_enabled"] == false);
        session.list(rows.map(told).collect(), super::COLUMNS)
    }
}
