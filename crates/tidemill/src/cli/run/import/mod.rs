//! `tidemill run import`.

mod carry;
mod progress;
mod summary;

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Session;

/// Import experiments, runs, models and files from an `mlruns` folder of MLflow
///
/// Runs keep their ids, versions their numbers. A run that is there stays as it is; an experiment or registered model of
/// the same name takes what it misses. An import that broke off goes on when it is started again. Traces, webhooks and
/// evaluation datasets do not come along.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill run import --from ./mlruns
  tidemill run import --from ./mlruns --experiment flights --experiment trains -w team-a
  tidemill run import --from ./mlruns --no-artifacts -o json")]
pub struct Import {
    /// The folder that MLflow wrote, such as ./mlruns
    #[arg(long, value_name = "FOLDER")]
    from: String,
    /// Only the experiment with this name; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    experiment: Vec<String>,
    /// Leave the files of runs and models behind
    #[arg(long)]
    no_artifacts: bool,
}

impl Import {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let source = tidemill_import::open(&self.from).map_err(|error| failed(&error))?;
        let mut carrier = carry::Carrier::new(session, source, !self.no_artifacts);
        carrier.all(&self.experiment).await?;
        session.output.show(carrier.summary().view())
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
