//! `tidemill model create`.

use clap::Args;
use serde_json::Value;

use crate::cli::args::{NoWait, SkipValidation, Words, Written};
use crate::cli::asset::create;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Register a version of a model
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill model create --name delay --type mlflow_model --path ./model
  tidemill model create --name delay --type mlflow_model --path azureml://jobs/calm_tide/outputs/model
  tidemill model create -f model.yml")]
pub struct Create {
    /// Name
    #[arg(long, short)]
    name: Option<String>,
    /// Version [default: counted up]
    #[arg(long, short)]
    version: Option<String>,
    /// Type: custom_model, mlflow_model or triton_model
    #[arg(long, short)]
    r#type: Option<String>,
    /// Local file or folder, output of a job, or URL
    #[arg(long, short)]
    path: Option<String>,
    /// Stage, as MLflow has it
    #[arg(long, short)]
    stage: Option<String>,
    /// Datastore that a local model is uploaded to
    #[arg(long)]
    datastore: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    no_wait: NoWait,
    #[command(flatten)]
    skip_validation: SkipValidation,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        let fields = [
            ("name", self.name),
            ("version", self.version),
            ("description", self.words.description),
            ("type", self.r#type),
            ("stage", self.stage),
            ("datastore", self.datastore),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        changes.extend(self.path.map(|path| document::place("path", &path)).transpose()?);
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        create::create(session, super::KIND, self.written.file.as_deref(), &changes).await
    }
}
