//! `tidemill online-deployment get-logs`.

use clap::{Args, ValueEnum};

use super::Which;
use crate::client::query;
use crate::error::Result;
use crate::local;
use crate::output::{Column, text, write_out};
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::time("time", "at"),
    Column::text("request", "request_id"),
    Column::text("method", "method"),
    Column::text("path", "path"),
    Column::text("status", "status"),
    Column::text("model", "model_status"),
    Column::text("ms", "took_ms"),
    Column::text("instance", "instance"),
    Column::text("caller", "caller"),
];

/// Show what an online deployment said, or which requests it had
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-deployment get-logs --name blue --endpoint-name flights --lines 100
  tidemill online-deployment get-logs --name blue --endpoint-name flights --container storage-initializer
  tidemill online-deployment get-logs --name blue --endpoint-name flights --requests
  tidemill online-deployment get-logs --name blue --endpoint-name flights --request-id 01K9ZV7E3W2M4Q8N5T6R7S8P9A")]
pub struct GetLogs {
    #[command(flatten)]
    which: Which,
    /// The last lines, or requests
    #[arg(long, short, value_name = "COUNT", default_value_t = 5000)]
    lines: usize,
    /// Whose log
    #[arg(long, short, value_enum, default_value_t = Container::InferenceServer)]
    container: Container,
    /// Of this instance [default: the youngest]
    #[arg(long, value_name = "NUMBER")]
    instance: Option<i64>,
    /// The requests, not what the instances printed
    #[arg(long)]
    requests: bool,
    /// The requests with this id
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Container {
    /// What the scoring server and the script print
    InferenceServer,
    /// The build of the environment
    StorageInitializer,
}

impl GetLogs {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.which.local {
            return write_out(&local::logs(
                &self.which.endpoint_name,
                &self.which.name,
                self.lines,
            )?);
        }
        let path = self.which.path(session);
        let lines = self.lines.to_string();
        if self.requests || self.request_id.is_some() {
            let mut asked = vec![("limit", lines.as_str())];
            asked.extend(self.request_id.as_deref().map(|id| ("id", id)));
            let found = session
                .client
                .get(&format!("{path}/requests{}", query(&asked)))
                .await?;
            let rows = found["items"].as_array().cloned().unwrap_or_default();
            return session.list(rows, COLUMNS);
        }
        let container = match self.container {
            Container::InferenceServer => "inference-server",
            Container::StorageInitializer => "storage-initializer",
        };
        let instance = self.instance.map(|number| number.to_string());
        let mut asked = vec![("lines", lines.as_str()), ("container", container)];
        asked.extend(instance.as_deref().map(|number| ("instance", number)));
        let log = session
            .client
            .get(&format!("{path}/logs{}", query(&asked)))
            .await?;
        write_out(text(&log, "content").unwrap_or_default())
    }
}
