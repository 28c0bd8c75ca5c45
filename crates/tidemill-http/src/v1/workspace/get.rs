//! `GET /workspaces/{ws}`: one workspace.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::workspace::Workspace;
use tidemill_app::workspace;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One workspace.
#[utoipa::path(get, path = "/workspaces/{ws}", operation_id = "workspace_get", tag = "workspace",
    params(("ws" = String, Path)),
    responses((status = OK, body = Workspace), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<Json<Workspace>, ApiError> {
    let row = workspace::get(&ctx, &ws).await?;
    Ok(Json(super::with_state(&ctx, row).await?))
}
