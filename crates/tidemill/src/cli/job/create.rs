//! `tidemill job create`.

use std::path::PathBuf;

use clap::Args;

use super::stream::follow;
use super::submission::Submission;
use crate::cli::args::SkipValidation;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::upload::upload;
use crate::web;

/// Submit a job
///
/// Code and local data are uploaded first; what the server has already is not sent again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill job create -f job.yml --stream
  tidemill job create -f job.yml --set inputs.epochs=20 inputs.rate=0.1 --name try_20
  tidemill job create -f pipeline.yml --environment-policy relaxed --query name -o tsv

With --stream the exit code says how the job ended: 0 completed, 1 failed, 3 cancelled. Ctrl-C leaves it running.")]
pub struct Create {
    #[command(flatten)]
    submission: Submission,
    /// Show the logs, and wait for the end
    #[arg(long, short)]
    stream: bool,
    /// Open the studio's page of the job
    #[arg(long, short = 'e')]
    web: bool,
    /// Write the job as it was made to a YAML file
    #[arg(long, short = 'a', value_name = "FILE")]
    save_as: Option<PathBuf>,
    #[command(flatten)]
    skip_validation: SkipValidation,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            submission,
            stream,
            web,
            save_as,
            skip_validation: _,
        } = self;
        let mut loaded = submission.load(session)?;
        let code = upload(session, &mut loaded.spec).await?;
        let (name, body) = submission.request(loaded.spec, code.as_deref())?;
        let view = session
            .client
            .put(&session.path(&["jobs", &name]), &body, None)
            .await?;
        for warning in view["warnings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|warning| warning.as_str())
        {
            let said = loaded.warnings.iter().any(|said| said.to_string() == warning);
            if !said {
                session.warn(warning);
            }
        }
        if let Some(file) = save_as {
            let text = serde_yaml_ng::to_string(&body["spec"])
                .map_err(|error| Error::failed(format!("failed to write the job as YAML: {error}")))?;
            std::fs::write(&file, text).map_err(|error| Error::file("write", &file, error))?;
        }
        if web {
            web::open(session, &web::job(session, &view));
        }
        if !stream {
            return session.show(super::with_id(view));
        }
        follow(session, &name).await
    }
}
