//! `tidemill run import`.

mod carry;
mod progress;
mod summary;
mod traces;

use std::path::PathBuf;

use clap::Args;
use tidemill_import::{Login, Options};

use crate::error::{Error, Result};
use crate::session::Session;

/// Import experiments, runs, models and files from MLflow: a server, a SQLite file, or an `mlruns` folder
///
/// Runs keep their ids, versions their numbers. A run that is there stays as it is; an experiment or registered model of
/// the same name takes what it misses. Traces come with their spans and assessments. An import that broke off goes on when
/// it is started again. Webhooks and evaluation datasets do not come along. A server is asked with what MLFLOW_TRACKING_USERNAME and
/// MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, hold.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill run import --from http://mlflow.example:5000
  tidemill run import --from ./mlflow.db --artifacts-destination ./mlartifacts
  tidemill run import --from ./mlruns --experiment flights --experiment trains -w team-a
  tidemill run import --from ./mlruns --no-artifacts -o json")]
pub struct Import {
    /// The address of an MLflow server, a SQLite file of MLflow, or a folder that MLflow wrote
    #[arg(long, value_name = "SOURCE")]
    from: String,
    /// Only the experiment with this name; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    experiment: Vec<String>,
    /// Leave the files of runs and models behind
    #[arg(long)]
    no_artifacts: bool,
    /// The workspace of MLflow to read, of a server or database that has several [default: default]
    #[arg(long, value_name = "NAME")]
    from_workspace: Option<String>,
    /// The folder that `mlflow-artifacts:` stands for in a SQLite file [default: mlartifacts beside it]
    #[arg(long, value_name = "FOLDER")]
    artifacts_destination: Option<PathBuf>,
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let options = Options {
            workspace: self.from_workspace,
            artifacts_destination: self.artifacts_destination,
            login: login(),
        };
        let source = tidemill_import::open(&self.from, options)
            .await
            .map_err(|error| failed(&error))?;
        let mut carrier = carry::Carrier::new(session, source, !self.no_artifacts);
        carrier.all(&self.experiment).await?;
        session.output.show(carrier.summary().view())
    }
}

/// Who asks the server, from the variables that MLflow's own client reads.
fn login() -> Login {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    Login {
        username: variable("MLFLOW_TRACKING_USERNAME"),
        password: variable("MLFLOW_TRACKING_PASSWORD"),
        token: variable("MLFLOW_TRACKING_TOKEN"),
        certificate: variable("MLFLOW_TRACKING_SERVER_CERT_PATH").map(PathBuf::from),
        insecure: variable("MLFLOW_TRACKING_INSECURE_TLS").is_some_and(|text| text == "true"),
    }
}

/// An error of the source, as the command line tells it.
fn failed(error: &tidemill_import::Error) -> Error {
    let told = Error::failed(error.to_string());
    match error.what_to_do() {
        Some(hint) => told.with_hint(hint),
        None => told,
    }
}
