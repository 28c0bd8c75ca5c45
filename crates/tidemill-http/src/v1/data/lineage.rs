//! `GET …/data/{name}/versions/{version}/lineage`: where a version comes from, and what came of it.

use axum::Json;
use axum::extract::{Path, Query};
use serde_json::Value;
use tidemill_api::lineage::{LineageEventQuery, LineageGraph, LineageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::lineage::{self, Start, openlineage};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Where a version comes from, and what came of it down to models, deployments, endpoints and releases. What you may not see is
/// counted in `hidden`, and nothing behind it is shown.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/versions/{version}/lineage", operation_id = "data_lineage", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path), LineageQuery),
    responses((status = OK, body = LineageGraph), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Query(LineageQuery { direction }): Query<LineageQuery>,
) -> Result<Json<LineageGraph>, ApiError> {
    let found = lineage::of(&ctx, &ws, Start::Data(&name, &version), direction).await?;
    Ok(Json(found))
}

/// The same as run events of OpenLineage 2-0-2: START and COMPLETE, FAIL or ABORT of every job, the oldest first.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/versions/{version}/lineage-events", operation_id = "data_lineage_events", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path), LineageEventQuery),
    responses((status = OK, body = Vec<Value>), (status = "default", body = Problem)))]
pub(super) async fn events(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Query(LineageEventQuery { direction, namespace }): Query<LineageEventQuery>,
) -> Result<Json<Vec<Value>>, ApiError> {
    let start = Start::Data(&name, &version);
    let found = openlineage::events(&ctx, &ws, start, direction, namespace).await?;
    Ok(Json(found))
}
