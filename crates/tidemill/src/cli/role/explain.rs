//! `tidemill role explain`.

use clap::Args;

use crate::client::query;
use crate::error::Result;
use crate::session::Session;

/// Explain whether a principal may do something somewhere: by which assignment, or what each one lacks
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill role explain user:ada computes/write --scope /workspaces/prd")]
pub struct Explain {
    /// Who: user:NAME, team:NAME or service-principal:NAME
    principal: String,
    /// Action, such as computes/write
    action: String,
    /// Where: /, /groups/NAME, /workspaces/NAME, or one thing in it
    #[arg(long, value_name = "PLACE")]
    scope: String,
}

impl Explain {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let asked = query(&[
            ("principal", self.principal.as_str()),
            ("action", self.action.as_str()),
            ("scope", self.scope.as_str()),
        ]);
        session.show(session.client.get(&format!("/rights{asked}")).await?)
    }
}
