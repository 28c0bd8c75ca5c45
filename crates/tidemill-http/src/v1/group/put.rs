//! `PUT /groups/{g}`: makes or changes a group.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::access::Group;
use tidemill_api::problem::Problem;
use tidemill_app::group;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change a group.
#[utoipa::path(put, path = "/groups/{g}", operation_id = "group_put", tag = "group",
    params(("g" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the group's YAML."),
    responses((status = OK, body = Group), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(g): Path<String>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Group>, ApiError> {
    let row = group::put(&ctx, &g, named(&g, body)?, if_match(&headers)?).await?;
    Ok(Json(super::view(row)))
}
