//! `PUT /workspaces/{ws}/computes/{name}`: makes or changes a compute.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::compute::Compute;
use tidemill_api::problem::Problem;
use tidemill_app::compute;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change a compute.
#[utoipa::path(put, path = "/workspaces/{ws}/computes/{name}", operation_id = "compute_put", tag = "compute",
    params(("ws" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the compute's YAML."),
    responses((status = OK, body = Compute), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Compute>, ApiError> {
    let row = compute::put(&ctx, &ws, &name, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(super::shown(&ctx, row).await?))
}
