//! `tidemill compute list-sizes`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[Column::text("name", "name"), Column::text("note", "note")];

/// List the sizes of machines that a compute can ask for
///
/// Computes here are shares of the server's machine, so there is one size; --cores and --memory say how much of it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute list-sizes")]
pub struct ListSizes {
    /// Region; taken for scripts of `az ml`.
    #[arg(long, short, hide = true)]
    location: Option<String>,
    /// Type of compute; taken for scripts of `az ml`.
    #[arg(long, short, hide = true)]
    r#type: Option<String>,
}

impl ListSizes {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            location: _,
            r#type: _,
        } = self;
        let row = json!({ "name": "local", "note": "the machine of the server, or a share of it by --cores and --memory" });
        session.output.list(vec![row], COLUMNS)
    }
}
