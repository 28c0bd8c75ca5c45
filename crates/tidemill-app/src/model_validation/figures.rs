//! What a validation comes to once its job has ended: figures from what the model said, checks, the page.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::json;
use tidemill_api::mlflow::metric::Metric;
use tidemill_api::mlflow::run::LogBatch;
use tidemill_api::runner::Source;
use tidemill_evaluation::{Arrays, Check, Facts, Figures, Subject, Told, check, report};
use tidemill_profile::drift::{Drift, DriftOptions};
use tidemill_profile::{Asked, Profile, Profiler};
use tidemill_spec::kinds::Validation;
use tidemill_store::model_validation::{self, End};
use tidemill_store::{from_json, job as job_row, model_version, to_json};
use tidemill_table::ReadOptions;

use super::{BROKEN, FAILED, PASSED, Row, UNREGISTERED, plan};
use crate::job::{self, Job, Status};
use crate::{Error, OpContext, Result, content, resolve, run};

/// The most bytes of what was written down, and of the arrays.
const TOLD_BYTES: u64 = 64 << 20;
const ARRAY_BYTES: u64 = 2 << 30;
/// The most names in a reason.
const REASONS: usize = 5;

/// Whether the job of a validation has ended, and then the validation with it.
pub(crate) async fn finish(ctx: &OpContext, row: &Row) -> Result<bool> {
    let app = ctx.app();
    let found = job_row::get(app.store.read(), &row.workspace, &row.job).await?;
    let end = match &found {
        None => broken("its job is gone".into(), ctx.now_ms()),
        Some(job) => match job.status.parse::<Status>() {
            Ok(status) if !status.is_over() => return Ok(false),
            Ok(Status::Completed) => match computed(ctx, row, job).await {
                Ok(end) => end,
                Err(error) => broken(error.message, ctx.now_ms()),
            },
            _ => {
                let why = job.reason.clone().unwrap_or_else(|| "it did not say why".into());
                broken(format!("its job ended as {}: {why}", job.status), ctx.now_ms())
            }
        },
    };
    let id = row.id.clone();
    let written: Result<bool> = app
        .store
        .write(move |tx| Box::pin(async move { Ok(model_validation::end(tx, &id, end).await?) }))
        .await;
    written?;
    Ok(true)
}

pub(super) fn broken(why: String, at: i64) -> End {
    End {
        state: BROKEN.into(),
        reason: Some(why),
        result: None,
        report: None,
        at,
    }
}

/// What was computed from the files that a job left.
struct Computed {
    told: Told,
    figures: Figures,
    profile: Option<Profile>,
    drift: Option<Drift>,
}

async fn computed(ctx: &OpContext, row: &Row, job: &Job) -> Result<End> {
    let path = format!("azureml://jobs/{}/outputs/{}", row.job, plan::OUTPUT);
    let path = path
        .parse()
        .map_err(|_| Error::internal("an output of a job is a path"))?;
    let found = resolve::data(ctx, &row.workspace, &path, None).await?;
    let model = model_of(ctx, row).await?;
    judge(ctx, row, job, (&found.source, found.manifest.as_deref()), model).await
}

/// Computes from what a job wrote at a place, whose manifest it gave; of a model with so many bytes of files.
pub(super) async fn judge(
    ctx: &OpContext,
    row: &Row,
    job: &Job,
    (said, manifest): (&Source, Option<&str>),
    (version, size_bytes): (Option<model_version::Model>, u64),
) -> Result<End> {
    let asked: Validation = from_json("model_validation", "spec", &row.spec)?;
    // Between the end of the job and now, nobody may have written what it is said to have written.
    let now = content::survey(ctx, &row.workspace, said, None, &tidemill_objects::Silent).await?;
    if manifest.is_some_and(|written| written != now.manifest.digest().to_hex()) {
        return Err(Error::conflict("what the job wrote has been changed since"));
    }
    let there = content::on_disk(ctx, &row.workspace, said).await?;
    let (root, wanted) = (there.root.clone(), asked.clone());
    let work = tokio::task::spawn_blocking(move || compute(&root, &wanted));
    let Computed {
        told,
        figures,
        profile,
        drift,
    } = work.await.map_err(Error::internal)??;
    drop(there);
    let facts = Facts {
        size_bytes,
        champion: row.champion.clone(),
        training: row.training.clone(),
    };
    let checks = check(&asked, &told, &figures, &facts);
    let subject = subject(ctx, row, job, version.as_ref()).await?;
    let page = report(
        &subject,
        &checks,
        &figures,
        &told,
        profile.as_ref(),
        drift.as_ref(),
    );
    log(ctx, row, &figures).await;
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    let drifted: Vec<&str> = drift
        .iter()
        .flat_map(|drift| &drift.columns)
        .filter(|column| column.verdict == tidemill_profile::drift::Verdict::Drifted)
        .map(|column| column.column.as_str())
        .collect();
    let reason = (!failed.is_empty()).then(|| {
        let mut says: Vec<String> = failed
            .iter()
            .take(REASONS)
            .map(|check| check.says.clone())
            .collect();
        if failed.len() > REASONS {
            says.push(format!("and {} more", failed.len() - REASONS));
        }
        if !drifted.is_empty() {
            says.push(format!(
                "the data have drifted from those of training in {}",
                drifted.join(", ")
            ));
        }
        says.join("; ")
    });
    let result = json!({
        "checks": checks,
        "figures": figures,
        "subject": subject,
        "size_bytes": facts.size_bytes,
        "load_seconds": told.load_seconds,
        "memory_bytes": told.memory_bytes,
        "features": told.features,
        "classes": told.classes,
        "tests": told.tests,
        "python": told.python,
        "packages": told.packages,
        "drift": drift.as_ref().map(|drift| json!({ "drifted": drifted, "columns": drift.columns.len() })),
    });
    Ok(End {
        state: if failed.is_empty() { PASSED } else { FAILED }.into(),
        reason,
        result: Some(to_json(&result)),
        report: Some(page),
        at: ctx.now_ms(),
    })
}

/// Reads what the job left, trusting nothing of it, and computes.
fn compute(root: &Path, asked: &Validation) -> Result<Computed> {
    let told: Told = serde_json::from_slice(&read(root, "told.json", TOLD_BYTES)?)
        .map_err(|error| Error::invalid(format!("failed to read what the job told: {error}")))?;
    let bytes = read(root, "arrays.bin", ARRAY_BYTES)?;
    let refused = |why: String| Error::invalid(format!("failed to compute the figures: {why}"));
    let arrays = Arrays::new(&told, &bytes).map_err(refused)?;
    let figures = tidemill_evaluation::figures(asked, &told, &arrays).map_err(refused)?;
    let scored = profiler(root, Some(&told.table))?;
    let trained = profiler(root, told.training_table.as_deref())?;
    let drift = match (&trained, &scored) {
        (Some(before), Some(now)) => Some(tidemill_profile::drift::compare(
            before,
            now,
            &DriftOptions::default(),
        )),
        _ => None,
    };
    let profile = scored.map(|profiler| profiler.finish(&Asked::default()));
    let profile = profile.transpose().map_err(|error| refused(error.to_string()))?;
    Ok(Computed {
        told,
        figures,
        profile,
        drift,
    })
}

/// A file that is one, and lies where it says.
fn plain(root: &Path, name: &str) -> Result<PathBuf> {
    let path = root.join(name);
    let is_plain = !name.contains('/') && std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file());
    match is_plain {
        true => Ok(path),
        false => Err(Error::invalid(format!(
            "failed to read what the job left: there is no file `{name}`"
        ))),
    }
}

fn read(root: &Path, name: &str, most: u64) -> Result<Vec<u8>> {
    let path = plain(root, name)?;
    let size = std::fs::metadata(&path).map_err(Error::internal)?.len();
    if size > most {
        return Err(Error::invalid(format!(
            "failed to read what the job left: `{name}` has {size} bytes, {most} at most"
        )));
    }
    std::fs::read(&path).map_err(Error::internal)
}

fn profiler(root: &Path, name: Option<&str>) -> Result<Option<Profiler>> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let path = plain(root, name)?;
    let failed = |error: tidemill_table::Error| {
        let file = name.to_owned();
        Error::invalid(tidemill_table::Error { file, ..error }.to_string())
    };
    let tables = tidemill_table::open(&path, &ReadOptions::default()).map_err(failed)?;
    tidemill_table::profile(&tables).map(Some).map_err(failed)
}

/// The version, as far as it is still there, and the bytes of its files.
async fn model_of(ctx: &OpContext, row: &Row) -> Result<(Option<model_version::Model>, u64)> {
    let version = model_version::get(ctx.app().store.read(), &row.workspace, &row.name, row.version).await?;
    let Some(version) = version else {
        return Ok((None, 0));
    };
    let place = resolve::stored_place(ctx, &row.workspace, &version.storage_location).await?;
    let there = content::survey(
        ctx,
        &row.workspace,
        &place.source,
        None,
        &tidemill_objects::Silent,
    )
    .await?;
    Ok((Some(version), there.manifest.total_bytes()))
}

async fn subject(
    ctx: &OpContext,
    row: &Row,
    job: &Job,
    version: Option<&model_version::Model>,
) -> Result<Subject> {
    let lineage = job::of_model(ctx, &row.workspace, &row.name, &row.version.to_string())
        .await
        .unwrap_or_default();
    let of_job = |made: &job::LineageJob| {
        let inputs = made.edges.iter().filter(|edge| edge.direction == "in");
        let inputs: Vec<&str> = inputs
            .map(|edge| edge.asset.as_deref().unwrap_or(&edge.uri))
            .collect();
        match inputs.is_empty() {
            true => made.job.name.clone(),
            false => format!("{} from {}", made.job.name, inputs.join(", ")),
        }
    };
    let mut parameters = IndexMap::new();
    if let Some(run) = version
        .and_then(|version| version.run_id.as_ref())
        .filter(|run| !run.is_empty())
    {
        // A run that was removed since has none.
        if let Ok(run) = run::get(ctx, &row.workspace, run).await {
            parameters.extend(run.data.params.into_iter().map(|param| (param.key, param.value)));
        }
    }
    let at =
        jiff::Timestamp::from_millisecond(row.created_at).map_or_else(|_| String::new(), |at| at.to_string());
    Ok(Subject {
        model: match row.version {
            UNREGISTERED => format!("{}, not registered", row.name),
            version => format!("{}:{version}", row.name),
        },
        digest: row.digest.clone(),
        data: row.data.clone(),
        training: row.training.clone(),
        champion: row.champion.clone(),
        at,
        by: row.created_by.clone(),
        job: row.job.clone(),
        environment: job.environment.clone().unwrap_or_default(),
        lineage: lineage.jobs.iter().map(of_job).collect(),
        parameters,
    })
}

/// The digest of the data that a model was validated with, as much of it as MLflow takes.
async fn digest_of(ctx: &OpContext, row: &Row) -> Option<String> {
    let path = row.data.parse().ok()?;
    let found = resolve::data(ctx, &row.workspace, &path, None).await.ok()?;
    found.manifest.map(|hex| hex.chars().take(36).collect())
}

/// The metrics, in the run of the job, where MLflow's clients find them. The validation itself does not hang on it.
async fn log(ctx: &OpContext, row: &Row, figures: &Figures) {
    let now = ctx.now_ms();
    let digest = digest_of(ctx, row).await;
    let metric = |(key, value): (&String, &f64)| Metric {
        key: key.clone(),
        value: *value,
        timestamp: now,
        step: 0,
        dataset_name: digest.as_ref().map(|_| row.data.clone()),
        dataset_digest: digest.clone(),
        model_id: None,
        run_id: None,
    };
    let batch = LogBatch {
        run_id: row.job.clone(),
        metrics: figures.metrics.iter().map(metric).collect(),
        params: Vec::new(),
        tags: Vec::new(),
    };
    if let Err(error) = run::log_batch(ctx, &row.workspace, batch).await {
        tracing::warn!(%error, job = row.job, "failed to log the metrics of a validation to its run");
    }
}
