//! `tidemill role assign`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Give a role to a principal at a place; `tidemill assignment delete` takes it back
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill role assign Reader user:ada --scope /workspaces/dev
  tidemill role assign \"Data Scientist\" team:analysts --scope /groups/europe")]
pub struct Assign {
    /// Role
    role: String,
    /// Who: user:NAME, team:NAME or service-principal:NAME
    principal: String,
    /// Where: /, /groups/NAME, /workspaces/NAME, or one thing in it
    #[arg(long, value_name = "PLACE")]
    scope: String,
}

impl Assign {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            role,
            principal,
            scope,
        } = self;
        let body = json!({ "role": role, "principal": principal, "scope": scope });
        session.show(session.client.post("/assignments", &body).await?)
    }
}
