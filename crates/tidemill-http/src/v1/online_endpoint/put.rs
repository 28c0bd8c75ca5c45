//! `PUT /workspaces/{ws}/online-endpoints/{name}`: makes or changes an online endpoint, its traffic included.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::endpoint::OnlineEndpoint;
use tidemill_api::problem::Problem;
use tidemill_app::online_endpoint;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change an online endpoint, its traffic included.
#[utoipa::path(put, path = "/workspaces/{ws}/online-endpoints/{name}", operation_id = "online_endpoint_put", tag = "online-endpoint",
    params(("ws" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the endpoint's YAML."),
    responses((status = OK, body = OnlineEndpoint), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<OnlineEndpoint>, ApiError> {
    let row = online_endpoint::put(&ctx, &ws, &name, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(super::view(row, &headers)))
}
