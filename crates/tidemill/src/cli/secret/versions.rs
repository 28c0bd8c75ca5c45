//! `tidemill secret versions`.

use clap::Args;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("version", "version"),
    Column::time("set", "created_at"),
    Column::text("by", "created_by"),
];

/// List the versions of a secret: when and by whom it was set
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill secret versions --name db-password")]
pub struct Versions {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Versions {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = super::place(session, &[&self.name, "versions"]);
        session.list(session.client.list(&path, &[], None).await?, COLUMNS)
    }
}
