//! `DELETE /identity-providers/{name}`: removes a provider of identities.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::identity_provider;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a provider of identities; its users stay.
#[utoipa::path(delete, path = "/identity-providers/{name}", operation_id = "identity_provider_delete",
    tag = "identity_provider", params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    identity_provider::delete(&ctx, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
