//! `PUT /workspaces/{ws}/policy`: sets the policy of a workspace.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::policy::Policy;
use tidemill_api::problem::Problem;
use tidemill_app::policy;

use crate::extract::{Body, Ctx, if_match};
use crate::problem::ApiError;

/// Set the policy of a workspace.
#[utoipa::path(put, path = "/workspaces/{ws}/policy", operation_id = "policy_put", tag = "policy",
    params(("ws" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the policy's YAML."),
    responses((status = OK, body = Policy), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    headers: HeaderMap,
    Body(spec): Body<tidemill_spec::kinds::Policy>,
) -> Result<Json<Policy>, ApiError> {
    let row = policy::put(&ctx, &ws, spec, if_match(&headers)?).await?;
    Ok(Json(super::view(row)))
}
