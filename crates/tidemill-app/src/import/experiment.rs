//! Experiments of an import: new under their name, or merged into the one that has it.

use tidemill_api::import::{ImportAnswer, ImportExperiment, ImportExperiments, ImportOutcome, Imported};
use tidemill_api::mlflow::rule;
use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::{ConnectionTrait, experiment};

use super::{change, fits, item, keep, refused, time, told};
use crate::{OpContext, Result, Scope, action};

/// Imports experiments.
///
/// # Errors
/// NotFound without the workspace, Invalid for too many of them.
pub async fn experiments(
    ctx: &OpContext,
    workspace: &str,
    request: ImportExperiments,
) -> Result<ImportAnswer> {
    ctx.authorize(action::EXPERIMENT_WRITE, &Scope::workspace(workspace))
        .await?;
    fits("experiments", request.experiments.len())?;
    crate::workspace::get(ctx, workspace).await?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let change = change(
        action::EXPERIMENT_WRITE,
        &workspace,
        "experiments",
        request.experiments.len(),
    );
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let mut answer = ImportAnswer::default();
                for one in request.experiments {
                    answer.items.push(import(tx, &workspace, one, now).await?);
                }
                let told = told("experiments", &answer);
                Ok(Some((answer, told)))
            })
        })
        .await?;
    Ok(done.unwrap_or_default())
}

async fn import(
    db: &impl ConnectionTrait,
    workspace: &str,
    one: ImportExperiment,
    now: i64,
) -> Result<Imported> {
    let ImportExperiment {
        name,
        tags,
        deleted,
        created_at,
        updated_at,
    } = one;
    if let Err(why) = rule::experiment_name(&name) {
        return Ok(refused(&name, why.0));
    }
    let mut left_out = Vec::new();
    let mut tags = keep("tag", tags, &mut left_out);
    let (row, outcome) = match experiment::by_name(db, workspace, &name).await? {
        Some(row) => {
            let owner = row.experiment_id.to_string();
            let has = tag::of(db, Table::Tag, workspace, Noun::Experiment, &owner).await?;
            tags.retain(|(key, _)| has.iter().all(|(there, _)| there != key));
            (row, ImportOutcome::Merged)
        }
        None => {
            let created_at = time(created_at, now);
            let Some(mut row) = experiment::create(db, workspace, &name, None, created_at).await? else {
                return Ok(refused(&name, "its name was taken meanwhile"));
            };
            row.updated_at = time(updated_at, created_at);
            if deleted {
                row.lifecycle_stage = experiment::DELETED.to_owned();
            }
            experiment::update(db, row.clone()).await?;
            (row, ImportOutcome::Added)
        }
    };
    if row.lifecycle_stage == experiment::DELETED && !deleted {
        left_out.push("it is deleted here and stays so; restore it to see its runs".to_owned());
    }
    let owner = row.experiment_id.to_string();
    tag::put(db, Table::Tag, workspace, Noun::Experiment, &owner, &tags).await?;
    Ok(Imported {
        left_out,
        ..item(&name, outcome)
    })
}
