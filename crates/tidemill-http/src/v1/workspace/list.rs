//! `GET /workspaces`: workspaces by name.

use axum::Json;
use axum::extract::Query;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_api::workspace::Workspace;
use tidemill_app::workspace;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Workspaces by name.
#[utoipa::path(get, path = "/workspaces", operation_id = "workspace_list", tag = "workspace", params(PageQuery),
    responses((status = OK, body = List<Workspace>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<Workspace>>, ApiError> {
    let rows = workspace::list(&ctx, &page(query)).await?.map(super::view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
