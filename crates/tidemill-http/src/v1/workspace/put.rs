//! `PUT /workspaces/{ws}`: makes or changes a workspace.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use serde::Deserialize;
use tidemill_api::problem::Problem;
use tidemill_api::workspace::Workspace;
use tidemill_app::workspace;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

#[derive(Debug, Deserialize)]
pub(super) struct PutQuery {
    group: Option<String>,
}

/// Make or change a workspace.
#[utoipa::path(put, path = "/workspaces/{ws}", operation_id = "workspace_put", tag = "workspace",
    params(("ws" = String, Path), ("group" = Option<String>, Query), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the workspace's YAML."),
    responses((status = OK, body = Workspace), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<PutQuery>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Workspace>, ApiError> {
    let row = workspace::put(
        &ctx,
        &ws,
        query.group.as_deref(),
        named(&ws, body)?,
        if_match(&headers)?,
    )
    .await?;
    Ok(Json(super::with_state(&ctx, row).await?))
}
