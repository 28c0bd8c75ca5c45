//! `GET …/lineage`: where a model version or the outputs of a job come from.

use axum::Json;
use axum::extract::Path;
use indexmap::IndexMap;
use tidemill_api::job::{Lineage, LineageEdge, LineageJob};
use tidemill_api::problem::Problem;
use tidemill_app::job;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Where the outputs of a job come from.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/lineage", operation_id = "job_lineage", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Lineage), (status = "default", body = Problem)))]
pub(super) async fn of_job(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Lineage>, ApiError> {
    Ok(Json(wire(job::of_run(&ctx, &ws, &name).await?)))
}

/// Where a model version comes from.
#[utoipa::path(get, path = "/workspaces/{ws}/models/{name}/versions/{version}/lineage", operation_id = "model_lineage", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    responses((status = OK, body = Lineage), (status = "default", body = Problem)))]
pub(super) async fn of_model(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
) -> Result<Json<Lineage>, ApiError> {
    Ok(Json(wire(job::of_model(&ctx, &ws, &name, &version).await?)))
}

fn wire(lineage: job::Lineage) -> Lineage {
    Lineage {
        jobs: lineage.jobs.into_iter().map(one).collect(),
    }
}

fn one(found: job::LineageJob) -> LineageJob {
    let job::LineageJob { job: row, edges } = found;
    let facts: IndexMap<String, String> = serde_json::from_str(&row.properties).unwrap_or_default();
    let environment = row.environment.as_deref().and_then(|text| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        Some(value.get("digest")?.as_str()?.to_owned())
    });
    let (inputs, outputs): (Vec<_>, Vec<_>) = edges.into_iter().partition(|edge| edge.direction == "in");
    let wire = |edges: Vec<tidemill_app::LineageEdge>| {
        let edge = |edge: tidemill_app::LineageEdge| LineageEdge {
            port: edge.port,
            asset: edge.asset,
            uri: edge.uri,
            digest: edge.digest,
        };
        edges.into_iter().map(edge).collect()
    };
    LineageJob {
        job: row.name,
        node: row.node,
        parent: row.parent,
        status: row.status,
        commit: facts.get("mlflow.source.git.commit").cloned(),
        environment,
        inputs: wire(inputs),
        outputs: wire(outputs),
    }
}
