//! `tidemill run export`.

mod folder;
mod text;
mod trace;

use std::collections::HashSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tidemill_import::{Login, Options, Source, SourceTrace};

use self::folder::Folder;
use crate::error::{Error, Result};
use crate::session::Session;

/// Export runs, logged models and the registry into an `mlruns` folder that MLflow reads, to the last point and file
///
/// A run or logged model that is in the folder stays as it is, so an export that broke off goes on when it is started
/// again. With --experiment or --filter, the logged models of these runs come along, and the registered models that have
/// a version of them; of traces, those that a run among them is named by or linked to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill run export --to ./mlruns
  tidemill run export --to ./mlruns --experiment flights --filter \"metrics.roc_auc > 0.7\"
  MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri ./mlruns")]
pub struct Export {
    /// The folder to write; it is made when it is not there
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Only the experiment with this name; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    experiment: Vec<String>,
    /// Only runs that fit a filter in MLflow's grammar
    #[arg(long, default_value = "", hide_default_value = true)]
    filter: String,
    /// Leave the files of runs and logged models behind
    #[arg(long)]
    no_artifacts: bool,
}

impl Export {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let chosen = super::experiments(session, &self.experiment).await?;
        let ids: Vec<String> = chosen.into_iter().map(|(id, _)| id).collect();
        let runs = session
            .client
            .runs(&session.workspace, &ids, &self.filter, &[], usize::MAX)
            .await?;
        let wanted: HashSet<String> = runs
            .iter()
            .filter_map(|run| Some(run["info"]["run_id"].as_str()?.to_owned()))
            .collect();
        let (address, token) = session.client.as_mlflow(&session.workspace);
        let login = Login {
            token,
            ..Login::default()
        };
        let options = Options {
            login,
            ..Options::default()
        };
        let mut source = tidemill_import::open(&address, options)
            .await
            .map_err(|error| told(&error))?;
        let mut folder = Folder::open(&self.to)?;
        let (mut added, mut there, mut points, mut files) = (0, 0, 0, 0);
        let (mut logged, mut traces) = (Count::default(), Count::default());
        let is_all = self.experiment.is_empty() && self.filter.trim().is_empty();
        let experiments = source.experiments().await.map_err(|error| told(&error))?;
        for one in experiments.iter().filter(|one| ids.contains(&one.id)) {
            folder.experiment(one)?;
            let runs = source.runs(one).await.map_err(|error| told(&error))?;
            for run in runs.iter().filter(|run| wanted.contains(&run.run_id)) {
                if folder.has(&one.id, &run.run_id) {
                    there += 1;
                    continue;
                }
                folder.begin(&one.id, run)?;
                for series in source.points(run).await.map_err(|error| told(&error))? {
                    points += series.values.len();
                    folder.series(&series)?;
                }
                if !self.no_artifacts {
                    files += copy(source.as_mut(), &folder, &run.run_id).await?;
                }
                folder.finish(&one.id, &run.run_id)?;
                added += 1;
            }
            let models = source.logged_models(one).await.map_err(|error| told(&error))?;
            for model in models.iter().filter(|model| !model.deleted) {
                let source_run = model.source_run_id.as_ref();
                if !self.filter.trim().is_empty() && !source_run.is_some_and(|run| wanted.contains(run)) {
                    continue;
                }
                if folder.has_logged_model(&one.id, &model.model_id) {
                    logged.there += 1;
                    continue;
                }
                folder.begin_logged_model(&one.id, model)?;
                if !self.no_artifacts {
                    files += copy(source.as_mut(), &folder, &model.model_id).await?;
                }
                folder.finish_logged_model(&one.id, &model.model_id)?;
                logged.added += 1;
            }
            for id in source.trace_ids(one).await.map_err(|error| told(&error))? {
                if folder.has_trace(&one.id, &id) {
                    traces.there += 1;
                    continue;
                }
                let trace = source.trace(one, &id).await.map_err(|error| told(&error))?;
                let fits = |trace: &SourceTrace| {
                    let named = trace.info["trace_metadata"]["mlflow.sourceRun"].as_str();
                    self.filter.trim().is_empty()
                        || named
                            .into_iter()
                            .chain(trace.runs.iter().map(String::as_str))
                            .any(|run| wanted.contains(run))
                };
                if let Some(trace) = trace.filter(fits) {
                    folder.trace(&one.id, &trace)?;
                    traces.added += 1;
                }
            }
        }
        let (mut models, mut versions) = (0, 0);
        for model in source.models().await.map_err(|error| told(&error))? {
            if is_all || model.versions.iter().any(|version| folder.holds(version)) {
                models += 1;
                versions += folder.model(&model)?;
            }
        }
        let mut left_out: Vec<_> = source.left_out();
        left_out.append(&mut folder.left_out());
        for one in &left_out {
            session.warn(&format!("left out {}: {}", one.what, one.why));
        }
        let left_out: Vec<_> = left_out
            .iter()
            .map(|one| json!({"what": one.what, "why": one.why}))
            .collect();
        session.output.show(json!({
            "folder": self.to.display().to_string(),
            "runs": {"added": added, "there_already": there},
            "logged_models": {"added": logged.added, "there_already": logged.there},
            "traces": {"added": traces.added, "there_already": traces.there},
            "models": {"written": models, "versions_added": versions},
            "points": points,
            "files": files,
            "left_out": left_out,
        }))
    }
}

/// How many are new in the folder, and how many were there.
#[derive(Default)]
struct Count {
    added: u64,
    there: u64,
}

/// Copies the files of a run or logged model; gives how many there were.
async fn copy(source: &mut dyn Source, folder: &Folder, owner: &str) -> Result<u64> {
    let mut count = 0;
    for path in source.files(owner).await.map_err(|error| told(&error))? {
        let opened = source.open(owner, &path).await;
        if let Some(bytes) = opened.map_err(|error| told(&error))? {
            folder.file(&path, bytes).await?;
            count += 1;
        }
    }
    Ok(count)
}

fn told(error: &tidemill_import::Error) -> Error {
    let told = Error::failed(error.to_string());
    match error.what_to_do() {
        Some(hint) => told.with_hint(hint),
        None => told,
    }
}
