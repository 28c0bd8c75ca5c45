//! `tidemill job validate`.

use clap::Args;
use serde_json::json;

use super::submission::Submission;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;
use crate::upload::upload;

/// Check a job without running it: its file, and what it names on the server
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill job validate -f pipeline.yml\n  tidemill job validate -f job.yml --set compute=azureml:gpu-cluster"
)]
pub struct Validate {
    #[command(flatten)]
    submission: Submission,
}

impl Validate {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut loaded = self.submission.load(session)?;
        // The server checks that code and data are there, so they are brought; what it has is not sent again.
        let code = upload(session, &mut loaded.spec).await?;
        let (_, body) = self.submission.request(loaded.spec, code.as_deref())?;
        let url = format!("{}:validate", path(&["workspaces", &session.workspace, "jobs"]));
        let answer = session.client.post(&url, &body).await?;
        let warnings = answer.get("warnings").cloned().unwrap_or_else(|| json!([]));
        session
            .output
            .show(json!({ "result": "Succeeded", "warnings": warnings }))
    }
}
