//! `tidemill online-deployment`.

mod create;
mod delete;
mod get_logs;
mod list;
mod restart;
mod show;
mod update;
mod wait;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("endpoint", "endpoint_name"),
    Column::text("state", "provisioning_state"),
    Column::text("ready", "ready_instances"),
    Column::text("instances", "instance_count"),
    Column::text("model", "model"),
    Column::time("created", "created_at"),
];

/// Online deployments: instances of a model behind an endpoint
#[derive(Debug, Args)]
pub struct OnlineDeployment {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(create::Create),
    List(list::List),
    Show(show::Show),
    Update(update::Update),
    Restart(restart::Restart),
    GetLogs(get_logs::GetLogs),
    Delete(delete::Delete),
}

impl OnlineDeployment {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Restart(verb) => verb.run(session).await,
            Verb::GetLogs(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
        }
    }
}

/// Which deployment.
#[derive(Debug, Clone, Args)]
struct Which {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Endpoint
    #[arg(long, short, value_name = "NAME", alias = "endpoint")]
    endpoint_name: String,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
}

impl Which {
    fn path(&self, session: &Session) -> String {
        path(session, &self.endpoint_name, &self.name)
    }
}

/// The path of a deployment.
fn path(session: &Session, endpoint: &str, name: &str) -> String {
    session.path(&["online-endpoints", endpoint, "deployments", name])
}

/// Warns of what has no effect here.
fn warn(session: &Session, view: &Value) {
    for warning in view["warnings"].as_array().into_iter().flatten() {
        session.warn(warning.as_str().unwrap_or_default());
    }
}
