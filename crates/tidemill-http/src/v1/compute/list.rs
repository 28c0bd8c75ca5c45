//! `GET /workspaces/{ws}/computes`: computes by name.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::compute::Compute;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::{compute, compute_power};

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Computes by name.
#[utoipa::path(get, path = "/workspaces/{ws}/computes", operation_id = "compute_list", tag = "compute",
    params(("ws" = String, Path), PageQuery),
    responses((status = OK, body = List<Compute>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<Compute>>, ApiError> {
    let rows = compute::list(&ctx, &ws, &page(query)).await?;
    let mut states = compute_power::states(ctx.app(), &rows.items).await?;
    let rows = rows.map(|row| {
        let power = states.remove(&row.name);
        super::view(row, power)
    });
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
