//! Where a model or a job's outputs come from: run → inputs → the jobs that made them, as far back as it goes.

use std::collections::{HashSet, VecDeque};

use tidemill_policy::action;
use tidemill_store::{job, lineage, model_version};

use crate::{Error, OpContext, Result, Scope};

/// One job of a lineage, with what went in and came out.
#[derive(Debug, Clone)]
pub struct LineageJob {
    /// The job.
    pub job: super::Job,
    /// Inputs and outputs.
    pub edges: Vec<lineage::Model>,
}

/// What stands behind something, the nearest first.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    /// The jobs.
    pub jobs: Vec<LineageJob>,
}

/// The most jobs that one answer shows.
const LIMIT: usize = 200;

/// What stands behind a model version.
///
/// # Errors
/// NotFound.
pub async fn of_model(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Lineage> {
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", name))
        .await?;
    let db = ctx.app().store.read();
    let asset = format!("models/{name}/{version}");
    let made = lineage::of_asset(db, workspace, &asset)
        .await?
        .into_iter()
        .filter(|row| row.direction == "out");
    let mut starts: Vec<String> = made.map(|row| row.job).collect();
    let number = version
        .parse()
        .map_err(|_| Error::not_found("model version", &asset))?;
    let row = model_version::get(db, workspace, name, number).await?;
    let row = row.ok_or_else(|| Error::not_found("model version", &asset))?;
    starts.extend(row.job.into_iter().chain(row.run_id));
    walk(ctx, workspace, starts).await
}

/// What stands behind a run.
///
/// # Errors
/// When the store cannot be read.
pub async fn of_run(ctx: &OpContext, workspace: &str, run_id: &str) -> Result<Lineage> {
    ctx.authorize(action::RUN_READ, &Scope::run(workspace, run_id, None))
        .await?;
    walk(ctx, workspace, vec![run_id.to_owned()]).await
}

async fn walk(ctx: &OpContext, workspace: &str, starts: Vec<String>) -> Result<Lineage> {
    let db = ctx.app().store.read();
    let mut found = Lineage::default();
    let mut seen: HashSet<String> = HashSet::new();
    let mut queue: VecDeque<String> = starts.into();
    while let Some(name) = queue.pop_front() {
        if found.jobs.len() >= LIMIT || !seen.insert(name.clone()) {
            continue;
        }
        let Some(row) = job::get(db, workspace, &name).await? else {
            continue;
        };
        // Finished work that was taken over was done elsewhere: its own inputs are the same.
        let edges = lineage::of_job(db, workspace, &name).await?;
        for edge in edges.iter().filter(|edge| edge.direction == "in") {
            queue.extend(
                lineage::makers(db, workspace, &edge.uri, edge.digest.as_deref())
                    .await?
                    .into_iter()
                    .map(|maker| maker.job),
            );
        }
        queue.extend(row.reused_from.clone());
        found.jobs.push(LineageJob { job: row, edges });
    }
    Ok(found)
}
