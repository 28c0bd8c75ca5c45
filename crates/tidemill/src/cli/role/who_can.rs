//! `tidemill role who-can`.

use clap::Args;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[Column::text("principal", "principal"), Column::text("why", "why")];

/// Show who may do something somewhere, each with the reason
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill role who-can models/write --scope /workspaces/prd")]
pub struct WhoCan {
    /// Action, such as models/write
    action: String,
    /// Where: /, /groups/NAME, /workspaces/NAME, or one thing in it
    #[arg(long, value_name = "PLACE")]
    scope: String,
}

impl WhoCan {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let filters = [("action", self.action.as_str()), ("scope", self.scope.as_str())];
        let rows = session.client.list("/rights/who", &filters, None).await?;
        session.list(rows, COLUMNS)
    }
}
