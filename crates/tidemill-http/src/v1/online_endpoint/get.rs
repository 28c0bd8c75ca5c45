//! `GET /workspaces/{ws}/online-endpoints/{name}`: one online endpoint.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::endpoint::OnlineEndpoint;
use tidemill_api::problem::Problem;
use tidemill_app::online_endpoint;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One online endpoint, without its keys.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints/{name}", operation_id = "online_endpoint_get", tag = "online-endpoint",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = OnlineEndpoint), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<OnlineEndpoint>, ApiError> {
    let row = online_endpoint::get(&ctx, &ws, &name).await?;
    Ok(Json(super::view(row, &headers)))
}
