//! `GET /workspaces/{ws}/schedules`: schedules by name.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_api::schedule::Schedule;
use tidemill_app::schedule;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Schedules by name.
#[utoipa::path(get, path = "/workspaces/{ws}/schedules", operation_id = "schedule_list", tag = "schedule",
    params(("ws" = String, Path), PageQuery),
    responses((status = OK, body = List<Schedule>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<Schedule>>, ApiError> {
    let rows = schedule::list(&ctx, &ws, &page(query)).await?;
    let rows = rows.map(super::view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
