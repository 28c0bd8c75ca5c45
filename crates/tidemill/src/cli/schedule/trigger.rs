//! `tidemill schedule trigger`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use super::times::told;
use crate::cli::args::NoWait;
use crate::error::{Error, Result};
use crate::session::Session;

/// Submit the job of a schedule now, or bring its data in
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schedule trigger --name nightly --query last_run.job -o tsv")]
pub struct Trigger {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Trigger {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:trigger", self.name)]);
        let view = told(session.client.post(&path, &json!({})).await?);
        let run = &view["last_run"];
        if run["state"] == "Failed" {
            let why = run["reason"].as_str().unwrap_or("it did not say why");
            return Err(Error::failed(format!(
                "the job of schedule {} was not submitted: {why}",
                self.name
            )));
        }
        match run["job"].as_str().unwrap_or_default() {
            "" => {
                session.note("The data are being brought in; `tidemill schedule runs` says what comes of it.")
            }
            job => session.note(&format!("Submitted job {job}.")),
        }
        session.show(view)
    }
}
