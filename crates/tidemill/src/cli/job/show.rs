//! `tidemill job show`.

use clap::Args;
use serde_json::Value;

use crate::error::Result;
use crate::session::Session;
use crate::web;

/// Show a job: its status, why it waits or failed, its outputs
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job show --name calm_tide_4k7w2hx9qz
  tidemill job show -n calm_tide_4k7w2hx9qz --query \"{status: status, reason: reason}\"")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Open the studio's page of the job
    #[arg(long, short = 'e')]
    web: bool,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut view = session.client.get(&session.path(&["jobs", &self.name])).await?;
        if self.web {
            web::open(session, &web::job(session, &view));
        }
        // Hundreds of hashes hide the rest from people; programs get them.
        if session.output.is_for_people()
            && let Some(environment) = view.get_mut("environment").and_then(Value::as_object_mut)
        {
            environment.shift_remove("lock");
        }
        session.show(super::with_id(view))
    }
}
