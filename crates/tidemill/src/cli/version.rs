//! `tidemill version`.

use clap::Args;
use serde_json::{Value, json};

use super::globals::Globals;
use crate::error::Result;
use crate::session::Session;

/// Show the versions of this program and of the server
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill version\n  tidemill version --query server -o tsv")]
pub struct Version {}

impl Version {
    /// Runs the verb.
    ///
    /// # Errors
    /// When the output cannot be written; a server that does not answer is no error here.
    pub async fn run(self, globals: &Globals) -> Result<()> {
        let session = Session::open(globals)?;
        let (server, said) = match session.client.get("/version").await {
            Ok(answer) => (answer.get("version").cloned().unwrap_or_default(), None),
            Err(error) => (Value::Null, Some(error.to_string())),
        };
        let mut view = json!({
            "tidemill": env!("CARGO_PKG_VERSION"),
            "server": server,
            "address": session.client.address().to_string(),
        });
        if let (Some(said), Some(view)) = (said, view.as_object_mut()) {
            view.insert("reason".to_owned(), Value::String(said));
        }
        session.output.show(view)
    }
}
