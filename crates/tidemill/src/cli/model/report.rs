//! `tidemill model report`.

use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Method;

use crate::error::{Error, Result};
use crate::output::text;
use crate::session::Session;

/// Write the report of a validation as one page of HTML
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model report --name flights-delay --file report.html\n  tidemill model report --name flights-delay --version 3"
)]
pub struct Report {
    /// Name
    #[arg(long, short)]
    name: String,
    /// The newest validation of this version [default: of any]
    #[arg(long, short)]
    version: Option<String>,
    /// Id of the validation, as `model metrics` shows it
    #[arg(long, conflicts_with = "version")]
    id: Option<String>,
    /// File to write
    #[arg(long, short, default_value = "report.html")]
    file: PathBuf,
}

impl Report {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let id = match self.id {
            Some(id) => id,
            None => {
                let mut path = session.path(&["models", &self.name, "validations"]);
                if let Some(version) = &self.version {
                    let number: u32 = version.parse().map_err(|_| {
                        Error::usage(format!("failed to read `{version}` as the number of a version"))
                    })?;
                    path += &format!("?version={number}");
                }
                let found = session.client.get(&path).await?;
                let all = found["items"].as_array().cloned().unwrap_or_default();
                let ended = all
                    .iter()
                    .find(|one| one["state"] == "Passed" || one["state"] == "Failed");
                let id = ended.and_then(|one| text(one, "id")).ok_or_else(|| {
                    Error::failed(format!(
                        "failed to find a report of model {}: no validation of it has ended",
                        self.name
                    ))
                    .with_hint("`tidemill model validate` makes one")
                })?;
                id.to_owned()
            }
        };
        save(session, &self.name, &id, &self.file).await
    }
}

/// Fetches a page and writes it.
pub(super) async fn save(session: &Session, model: &str, id: &str, file: &Path) -> Result<()> {
    let path = session.path(&["models", model, "validations", id, "report"]);
    let answer = session
        .client
        .send(session.client.request(Method::GET, &path))
        .await?;
    let page = answer
        .bytes()
        .await
        .map_err(|error| Error::failed(format!("failed to fetch the report: {error}")))?;
    std::fs::write(file, &page).map_err(|error| Error::file("write", file, error))?;
    session.note(&format!("Wrote {}", file.display()));
    Ok(())
}
