//! Scorers of experiments: register, list, show, delete. They run where they are loaded, never in this server.

use serde_json::Value;
use tidemill_api::mlflow::scorer::{
    ListScorerVersions, ListScorers, RegisterScorer, RegisterScorerResponse, Scorer, ScorerVersion,
};
use tidemill_store::scorer;

use crate::run_name::uuid_hex;
use crate::trace::python_json;
use crate::webhook::uuid;
use crate::{Error, Kind, OpContext, Result, Scope, action};

type Row = scorer::Model;

/// Registers a scorer, or another version of one.
///
/// # Errors
/// NotFound without its experiment, Invalid for what is no JSON.
pub async fn register(
    ctx: &OpContext,
    workspace: &str,
    request: RegisterScorer,
) -> Result<RegisterScorerResponse> {
    let RegisterScorer {
        experiment_id,
        name,
        serialized_scorer,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &experiment_id).await?;
    if serde_json::from_str::<Value>(&serialized_scorer).is_err() {
        return Err(Error::invalid("serialized_scorer must be valid JSON"));
    }
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let row = Row {
        workspace: workspace.to_owned(),
        experiment_id: experiment.experiment_id,
        name,
        version: 0,
        scorer_id: uuid(&uuid_hex(&*ctx.app().clock)),
        serialized: serialized_scorer,
        created_at: ctx.now_ms(),
    };
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(scorer::insert(tx, row).await?) }))
        .await?;
    Ok(RegisterScorerResponse {
        version: row.version,
        scorer_id: row.scorer_id,
        experiment_id,
        name: row.name,
        serialized_scorer: row.serialized,
        creation_time: row.created_at,
    })
}

/// The newest version of each scorer, by name; of one experiment, or of all of them.
///
/// # Errors
/// NotFound without the experiment.
pub async fn list(ctx: &OpContext, workspace: &str, request: ListScorers) -> Result<Vec<Scorer>> {
    let ListScorers { experiment_id } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    let db = ctx.app().store.read();
    let of = match experiment_id.as_str() {
        "" => None,
        id => Some(crate::experiment::find(db, workspace, id).await?.experiment_id),
    };
    let rows = scorer::newest(db, workspace, of).await?;
    Ok(rows.into_iter().map(reformatted).collect())
}

/// All versions of one scorer, the oldest first.
///
/// # Errors
/// NotFound.
pub async fn versions(ctx: &OpContext, workspace: &str, request: ListScorerVersions) -> Result<Vec<Scorer>> {
    let ListScorerVersions { experiment_id, name } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    let rows = find(ctx, workspace, &experiment_id, &name).await?;
    Ok(rows.into_iter().map(reformatted).collect())
}

/// One version of a scorer, the newest unless it is named.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, request: ScorerVersion) -> Result<Scorer> {
    let ScorerVersion {
        experiment_id,
        name,
        version,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    let mut rows = find(ctx, workspace, &experiment_id, &name).await?;
    let row = match version {
        None => rows.pop(),
        Some(version) => rows.into_iter().find(|row| row.version == version),
    };
    row.map(view)
        .ok_or_else(|| missing(&experiment_id, &name, version))
}

/// Deletes one version of a scorer, or all of them.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, request: ScorerVersion) -> Result<()> {
    let ScorerVersion {
        experiment_id,
        name,
        version,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_DELETE, &experiment_id).await?;
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    let (workspace, id) = (workspace.to_owned(), experiment.experiment_id);
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                match scorer::delete(tx, &workspace, id, &name, version).await? {
                    0 => Err(missing(&experiment_id, &name, version)),
                    _ => Ok(()),
                }
            })
        })
        .await
}

async fn authorize(
    ctx: &OpContext,
    workspace: &str,
    action: tidemill_policy::Action,
    experiment_id: &str,
) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", experiment_id);
    ctx.authorize(action, &scope).await
}

async fn find(ctx: &OpContext, workspace: &str, experiment_id: &str, name: &str) -> Result<Vec<Row>> {
    let db = ctx.app().store.read();
    let experiment = crate::experiment::find(db, workspace, experiment_id).await?;
    let rows = scorer::versions(db, workspace, experiment.experiment_id, name).await?;
    if rows.is_empty() {
        return Err(missing(experiment_id, name, None));
    }
    Ok(rows)
}

fn missing(experiment_id: &str, name: &str, version: Option<i64>) -> Error {
    let version = version.map_or_else(String::new, |version| format!(" and version {version}"));
    Error::new(
        Kind::NotFound,
        format!("Scorer with name '{name}'{version} not found for experiment {experiment_id}."),
    )
}

fn view(row: Row) -> Scorer {
    let Row {
        workspace: _,
        experiment_id,
        name,
        version,
        scorer_id,
        serialized,
        created_at,
    } = row;
    Scorer {
        experiment_id,
        scorer_name: name,
        scorer_version: version,
        serialized_scorer: serialized,
        creation_time: created_at,
        scorer_id,
    }
}

/// In lists, MLflow's server writes the JSON anew.
fn reformatted(row: Row) -> Scorer {
    let mut scorer = view(row);
    if let Ok(value) = serde_json::from_str::<Value>(&scorer.serialized_scorer) {
        scorer.serialized_scorer = python_json(&value);
    }
    scorer
}
