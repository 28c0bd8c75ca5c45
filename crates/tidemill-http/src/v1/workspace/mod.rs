//! Workspaces over REST.

mod act;
mod contents;
mod delete;
mod get;
mod list;
mod put;

use tidemill_api::workspace::Workspace;
use tidemill_app::OpContext;
use tidemill_app::workspace::Workspace as Row;
use tidemill_app::workspace_life::{self, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;
use crate::problem::ApiError;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete, act::act))
        .routes(routes!(contents::contents))
}

/// A workspace with what became of it.
async fn with_state(ctx: &OpContext, row: Row) -> Result<Workspace, ApiError> {
    let state = workspace_life::state(ctx.app(), &row.name).await?;
    Ok(view(row, state))
}

fn view(row: Row, state: State) -> Workspace {
    let State {
        archived_at,
        deleted_at,
        deleted_by,
        kept_until,
    } = state;
    let Row {
        name,
        group_name,
        display_name,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Workspace {
        name,
        display_name,
        group: group_name,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        etag: revision.to_string(),
        created_at,
        updated_at,
        archived_at,
        deleted_at,
        deleted_by,
        kept_until,
        warnings: Vec::new(),
    }
}
