//! `GET /workspaces/{ws}/online-endpoints`: online endpoints by name.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use tidemill_api::endpoint::OnlineEndpoint;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::online_endpoint;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Online endpoints by name.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints", operation_id = "online_endpoint_list", tag = "online-endpoint",
    params(("ws" = String, Path), PageQuery),
    responses((status = OK, body = List<OnlineEndpoint>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Result<Json<List<OnlineEndpoint>>, ApiError> {
    let rows = online_endpoint::list(&ctx, &ws, &page(query)).await?;
    let rows = rows.map(|row| super::view(row, &headers));
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
