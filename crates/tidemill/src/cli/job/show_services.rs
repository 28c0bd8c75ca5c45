//! `tidemill job show-services`.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::session::Session;
use crate::web;

/// Show where a job is looked at and talked to
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job show-services --name calm_tide_4k7w2hx9qz
  tidemill job show-services -n calm_tide_4k7w2hx9qz --query Studio.endpoint -o tsv")]
pub struct ShowServices {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Node of a job on several; all of them are on this machine.
    #[arg(long, short = 'i', hide = true)]
    node_index: Option<u32>,
}

impl ShowServices {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self { name, node_index: _ } = self;
        let view = session.client.get(&session.path(&["jobs", &name])).await?;
        let view = web::with_addresses(session, view);
        let mut services: Map<String, Value> = view
            .get("services")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let studio = json!({ "type": "Studio", "endpoint": web::job(session, &view) });
        services.entry("Studio").or_insert(studio);
        session.output.show(Value::Object(services))
    }
}
