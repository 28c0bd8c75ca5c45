//! `PUT /workspaces/{ws}/schedules/{name}`: makes or changes a schedule.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::problem::Problem;
use tidemill_api::schedule::Schedule;
use tidemill_app::schedule;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change a schedule. Its jobs are submitted as who wrote it last.
#[utoipa::path(put, path = "/workspaces/{ws}/schedules/{name}", operation_id = "schedule_put", tag = "schedule",
    params(("ws" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the schedule's YAML, with its job written out."),
    responses((status = OK, body = Schedule), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Schedule>, ApiError> {
    let shown = schedule::put(&ctx, &ws, &name, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(super::view(shown)))
}
