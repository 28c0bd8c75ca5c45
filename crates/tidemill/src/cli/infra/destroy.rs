//! `tidemill infra destroy`.

use clap::Args;
use serde_json::Value;
use tidemill_api::infra::InfraRequest;

use super::folder::Folder;
use super::{apply, plan};
use crate::error::Result;
use crate::session::Session;

/// Remove everything that a stack manages, in reverse order, after what would be lost was shown
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra destroy --stack flights
  tidemill infra destroy -f infrastructure/ --parameters dev.yaml --yes")]
pub struct Destroy {
    #[command(flatten)]
    folder: Folder,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Destroy {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let request = InfraRequest {
            stack: self.folder.stack(session)?,
            resources: Vec::new(),
            destroy: true,
            notes: Vec::new(),
            outputs: Value::Null,
            tests: Vec::new(),
            source: None,
        };
        let plan = plan::make(session, &request).await?;
        apply::confirmed(session, &plan, self.yes).await.map(drop)
    }
}
