//! `tidemill compute request create`.

use clap::Args;
use serde_json::json;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::cli::compute::options::Room;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Ask for a compute, or for another size of one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill compute request create --name big --type amlcompute --max-instances 8 --reason \"the sweep of release 4\"
  tidemill compute request create -f compute.yml --reason \"the sweep of release 4\"")]
pub struct Create {
    /// Name of the compute
    #[arg(long, short)]
    name: Option<String>,
    /// Type: amlcompute, local, computeinstance, …
    #[arg(long, short)]
    r#type: Option<String>,
    /// What for
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    room: Room,
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.room.changes(self.written.set.overrides()?)?;
        let fields = [("name", self.name), ("type", self.r#type)];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Compute)?;
        document::tell(session, &loaded);
        let name = loaded.spec.name().unwrap_or_default();
        let body = json!({ "name": name, "spec": document::body(&loaded.spec)?, "reason": self.reason });
        session.show(
            session
                .client
                .post(&session.path(&["compute-requests"]), &body)
                .await?,
        )
    }
}
