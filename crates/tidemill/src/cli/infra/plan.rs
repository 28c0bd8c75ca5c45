//! `tidemill infra plan`.

use clap::Args;
use serde_json::Value;

use super::folder::Folder;
use super::{detailed, render};
use crate::error::Result;
use crate::session::Session;

/// Show what has to happen so that everything is as the files want it
///
/// The plan is kept on the server, with the state that it was made against; `tidemill infra apply` with its id does exactly
/// this. A resource that was made by hand and is not in the files is never touched.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra plan -f infrastructure/ --parameters dev.yaml
  tidemill infra plan -f infrastructure/ --parameters prd.yaml --set max_nodes=8 --detailed-exitcode
  tidemill infra plan -g flights --template template.json --parameters parameters.dev.json
  tidemill infra plan -f infrastructure/ -o json --query \"steps[?action!='keep'].address\"

Exit codes with --detailed-exitcode: 0 no changes, 1 an error, 2 changes.")]
pub struct Plan {
    #[command(flatten)]
    folder: Folder,
    /// End with 2 when there are changes, 0 when there are none, and 1 on every error
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Plan {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        detailed(self.detailed_exitcode, self.planned(session).await)
    }

    async fn planned(&self, session: &Session) -> Result<bool> {
        let plan = make(session, &self.folder.request(session).await?).await?;
        let changes = plan["has_changes"].as_bool().unwrap_or(false);
        render::show(session, plan, "plan")?;
        Ok(changes)
    }
}

/// Has a plan made.
///
/// # Errors
/// What the server says.
pub(super) async fn make(session: &Session, request: &tidemill_api::infra::InfraRequest) -> Result<Value> {
    let body = serde_json::to_value(request).map_err(|error| {
        crate::error::Error::failed(format!("failed to write the plan's request: {error}"))
    })?;
    session.client.post("/infra/plans", &body).await
}
