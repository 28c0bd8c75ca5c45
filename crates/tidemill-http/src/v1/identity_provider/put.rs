//! `PUT /identity-providers/{name}`: makes or changes a provider of identities.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::access::IdentityProvider;
use tidemill_api::problem::Problem;
use tidemill_app::identity_provider;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change a provider of identities: whoever it vouches for signs in.
#[utoipa::path(put, path = "/identity-providers/{name}", operation_id = "identity_provider_put", tag = "identity_provider",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the identity provider."),
    responses((status = OK, body = IdentityProvider), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<IdentityProvider>, ApiError> {
    let row = identity_provider::put(&ctx, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(super::view(row)))
}
