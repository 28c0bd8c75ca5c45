//! `tidemill pipeline invoke`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::NOUN;
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Run a published pipeline
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill pipeline invoke --name retrain
  tidemill pipeline invoke --name retrain --inputs rate=0.1 month=2026-04 --query job -o tsv")]
pub struct Invoke {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Version [default: the default one]
    #[arg(long, short)]
    version: Option<i64>,
    /// Inputs in place of those that it has; a value is read as YAML
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., action = clap::ArgAction::Append)]
    inputs: Vec<String>,
    /// Name of the job [default: made up]
    #[arg(long)]
    job_name: Option<String>,
}

impl Invoke {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut inputs = Map::new();
        for text in &self.inputs {
            let Some((name, value)) = text.split_once('=') else {
                return Err(Error::usage(format!(
                    "failed to read the input `{text}`: it has no `name=value`"
                )));
            };
            inputs.insert(name.to_owned(), document::yaml_value(value)?);
        }
        let body = json!({ "version": self.version, "inputs": Value::Object(inputs), "job": self.job_name });
        let path = session.path(&[NOUN, &format!("{}:invoke", self.name)]);
        let acted = session.client.post(&path, &body).await?;
        session.note(&format!(
            "Submitted job {}.",
            acted["job"].as_str().unwrap_or_default()
        ));
        session.show(acted)
    }
}
