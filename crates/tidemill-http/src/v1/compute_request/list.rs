//! `GET /workspaces/{ws}/compute-requests`: requests for computes, newest first.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::compute::ComputeRequest;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::compute_request;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Requests for computes, newest first: all for who decides, one's own for everybody else.
#[utoipa::path(get, path = "/workspaces/{ws}/compute-requests", operation_id = "compute_request_list", tag = "compute",
    params(("ws" = String, Path), PageQuery),
    responses((status = OK, body = List<ComputeRequest>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ComputeRequest>>, ApiError> {
    let rows = compute_request::list(&ctx, &ws, &page(query))
        .await?
        .map(super::view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
