//! `POST /workspaces/{ws}:archive`, `:restore`, `:recover` and `:move`: what becomes of a workspace.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::workspace::{Workspace, WorkspaceAct};
use tidemill_app::{Error, workspace_life};

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Archive a workspace (`{ws}:archive`) and bring it back (`{ws}:restore`), bring back a deleted one (`{ws}:recover`), move one to another group
/// (`{ws}:move`).
#[utoipa::path(post, path = "/workspaces/{ws}", operation_id = "workspace_act", tag = "workspace",
    params(("ws" = String, Path, description = "The workspace and the action, as in `churn:archive`.")),
    request_body = WorkspaceAct,
    responses((status = OK, body = Workspace), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path(ws_and_action): Path<String>,
    Body(WorkspaceAct { group, anyway }): Body<WorkspaceAct>,
) -> Result<Json<Workspace>, ApiError> {
    let mut warnings = Vec::new();
    let row = match ws_and_action.rsplit_once(':') {
        Some((ws, "archive")) => workspace_life::archive(&ctx, ws).await?,
        Some((ws, "restore")) => workspace_life::restore(&ctx, ws).await?,
        Some((ws, "recover")) => workspace_life::recover(&ctx, ws).await?,
        Some((ws, "move")) => {
            let (row, broken) = workspace_life::move_to(&ctx, ws, &group.unwrap_or_default(), anyway).await?;
            warnings = broken;
            row
        }
        _ => {
            let message = format!("failed to act on a workspace: there is no action in `{ws_and_action}`");
            return Err(Error::invalid(message)
                .hint("write {ws}:archive, {ws}:restore, {ws}:recover or {ws}:move")
                .into());
        }
    };
    let shown = super::with_state(&ctx, row).await?;
    Ok(Json(Workspace { warnings, ..shown }))
}
