//! `GET /identity-providers/{name}`: one provider of identities.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::IdentityProvider;
use tidemill_api::problem::Problem;
use tidemill_app::identity_provider;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One provider of identities.
#[utoipa::path(get, path = "/identity-providers/{name}", operation_id = "identity_provider_get", tag = "identity_provider",
    params(("name" = String, Path)),
    responses((status = OK, body = IdentityProvider), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<Json<IdentityProvider>, ApiError> {
    Ok(Json(super::view(identity_provider::get(&ctx, &name).await?)))
}
