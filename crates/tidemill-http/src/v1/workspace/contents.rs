//! `GET /workspaces/{ws}/contents`: what would be lost with a workspace, and what stands in the way.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::workspace::{WorkspaceContents, WorkspaceHeld};
use tidemill_app::workspace_life::{self, Contents};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What a workspace holds, what has to be ended before it can be deleted, and what depends on it.
#[utoipa::path(get, path = "/workspaces/{ws}/contents", operation_id = "workspace_contents", tag = "workspace",
    params(("ws" = String, Path)),
    responses((status = OK, body = WorkspaceContents), (status = "default", body = Problem)))]
pub(super) async fn contents(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
) -> Result<Json<WorkspaceContents>, ApiError> {
    let Contents {
        held,
        in_the_way,
        depends,
    } = workspace_life::contents(&ctx, &ws).await?;
    let held = held
        .into_iter()
        .map(|(noun, count)| WorkspaceHeld { noun, count });
    Ok(Json(WorkspaceContents {
        held: held.collect(),
        in_the_way,
        depends,
    }))
}
