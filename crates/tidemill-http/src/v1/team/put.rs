//! `PUT /teams/{name}`: makes or changes a team.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::access::Principal;
use tidemill_api::problem::Problem;
use tidemill_app::team;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;
use crate::v1::principal_view;

/// Make or change a team.
#[utoipa::path(put, path = "/teams/{name}", operation_id = "team_put", tag = "team",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the team."),
    responses((status = OK, body = Principal), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Principal>, ApiError> {
    let row = team::put(&ctx, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(principal_view(row)))
}
