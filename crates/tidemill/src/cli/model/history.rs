//! `tidemill model history`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("kind", "kind"),
    Column::text("name", "label"),
    Column::text("version", "version"),
    Column::time("from", "began_at"),
    Column::text("by", "began_by"),
    Column::time("until", "ended_at"),
    Column::text("ended by", "ended_by"),
];

/// Show which version stood under which alias or in which stage, when and by whose hand
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model history --name flights-delay\n  tidemill model history --name flights-delay --query \"[?label=='champion']\" -o table"
)]
pub struct History {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    most: Most,
}

impl History {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["models", &self.name, "history"]);
        let rows = session.client.list(&path, &[], self.most.max_results).await?;
        session.list(rows, COLUMNS)
    }
}
