//! `GET /workspaces`: workspaces by name.

use axum::Json;
use axum::extract::Query;
use serde::Deserialize;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_api::workspace::Workspace;
use tidemill_app::{workspace, workspace_life};

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    /// Those that were deleted and can be recovered, instead.
    #[serde(default)]
    deleted: bool,
}

/// Workspaces by name; with `deleted=true` those that were deleted and can be recovered, all at once.
#[utoipa::path(get, path = "/workspaces", operation_id = "workspace_list", tag = "workspace",
    params(PageQuery, ("deleted" = Option<bool>, Query)),
    responses((status = OK, body = List<Workspace>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(query): Query<PageQuery>,
    Query(Which { deleted }): Query<Which>,
) -> Result<Json<List<Workspace>>, ApiError> {
    if deleted {
        let rows = workspace_life::deleted(&ctx).await?;
        return Ok(Json(List {
            items: rows
                .into_iter()
                .map(|(row, state)| super::view(row, state))
                .collect(),
            next: None,
        }));
    }
    let rows = workspace::list(&ctx, &page(query)).await?;
    let mut items = Vec::with_capacity(rows.items.len());
    for row in rows.items {
        items.push(super::with_state(&ctx, row).await?);
    }
    Ok(Json(List {
        items,
        next: rows.next,
    }))
}
