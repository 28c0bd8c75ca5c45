//! `tidemill job download`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use crate::cli::asset::download::download;
use crate::error::{Error, Result};
use crate::session::Session;

/// Download the files of a job
///
/// Its artifacts (outputs/, logs and what MLflow logged) go to artifacts/, a named output to named-outputs/NAME/.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job download --name calm_tide_4k7w2hx9qz
  tidemill job download -n calm_tide_4k7w2hx9qz --output-name model --download-path ./results
  tidemill job download -n calm_tide_4k7w2hx9qz --all")]
pub struct Download {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Only this output
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    output_name: Option<String>,
    /// The artifacts and every output
    #[arg(long)]
    all: bool,
    /// Folder to download to
    #[arg(long, short = 'p', value_name = "FOLDER", default_value = ".")]
    download_path: PathBuf,
}

impl Download {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            name,
            output_name,
            all,
            download_path: folder,
        } = self;
        let path = session.path(&["jobs", &name]);
        let view = session.client.get(&path).await?;
        let outputs = view
            .get("outputs")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let wanted: Vec<String> = match output_name {
            Some(output) if outputs.contains_key(&output) || output == "default" => vec![output],
            Some(output) => {
                let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
                let error = Error::failed(format!("failed to find the output `{output}` of job {name}"));
                return Err(match names.as_slice() {
                    [] => {
                        error.with_hint("it has no outputs (yet); leave out --output-name for its artifacts")
                    }
                    names => error.with_hint(format!("there are: {}", names.join(", "))),
                });
            }
            None if all => outputs.keys().cloned().collect(),
            None => Vec::new(),
        };
        // Azure calls the artifacts the output `default`.
        if all || wanted.is_empty() || wanted == ["default"] {
            download(session, &path, "", &folder.join("artifacts")).await?;
        }
        for output in wanted
            .iter()
            .filter(|output| *output != "default" || outputs.contains_key(*output))
        {
            let from = session.path(&["jobs", &name, "outputs", output]);
            download(session, &from, "", &folder.join("named-outputs").join(output)).await?;
        }
        Ok(())
    }
}
