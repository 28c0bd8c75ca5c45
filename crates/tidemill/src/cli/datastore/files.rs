//! `tidemill datastore files`.

use clap::Args;
use serde_json::{Value, json};

use crate::client::query;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// List what lies in a folder of a datastore
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill datastore files --name workspaceblobstore
  tidemill datastore files --name lake --path flights/2013")]
pub struct Files {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Folder; the root where it is left out
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
}

const COLUMNS: [Column; 3] = [
    Column::text("path", "path"),
    Column::bytes("size", "size_bytes"),
    Column::time("modified", "modified_at"),
];

impl Files {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["datastores", &self.name, "files"]);
        let asked = self.path.as_deref().map(|path| ("path", path));
        let asked: Vec<(&str, &str)> = asked.into_iter().collect();
        let found = session.client.get(&format!("{path}{}", query(&asked))).await?;
        let folders = found["folders"].as_array().into_iter().flatten();
        let folders = folders
            .filter_map(Value::as_str)
            .map(|path| json!({ "path": format!("{path}/") }));
        let files = found["files"].as_array().into_iter().flatten().cloned();
        session.output.list(folders.chain(files).collect(), &COLUMNS)
    }
}
