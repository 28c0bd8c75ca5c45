//! `DELETE /workspaces/{ws}`: deletes a workspace: an empty one at once, one with contents so that it can be recovered for a time.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use serde::Deserialize;
use tidemill_api::problem::Problem;
use tidemill_app::{workspace, workspace_life};

use crate::extract::Ctx;
use crate::problem::ApiError;

#[derive(Debug, Default, Deserialize)]
pub(super) struct How {
    /// With all that it holds.
    #[serde(default)]
    contents: bool,
    /// For good, at once; also one that was deleted already.
    #[serde(default)]
    permanently: bool,
}

/// Delete a workspace. An empty one is gone at once. With `contents=true` one goes with all that it holds, and can be recovered for a time; with
/// `permanently=true` that time is over at once, also for one that was deleted already.
#[utoipa::path(delete, path = "/workspaces/{ws}", operation_id = "workspace_delete", tag = "workspace",
    params(("ws" = String, Path), ("contents" = Option<bool>, Query), ("permanently" = Option<bool>, Query)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(How {
        contents,
        permanently,
    }): Query<How>,
) -> Result<StatusCode, ApiError> {
    match (contents, permanently) {
        (false, false) => workspace::delete(&ctx, &ws).await?,
        (true, false) => drop(workspace_life::delete(&ctx, &ws).await?),
        (contents, true) => {
            // One that was deleted already is only removed.
            if contents && !workspace_life::is_deleted(&ctx, &ws) {
                workspace_life::delete(&ctx, &ws).await?;
            }
            workspace_life::remove(&ctx, &ws).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
