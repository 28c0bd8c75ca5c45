//! `GET /vault`: which master key there is, and what it wraps.

use axum::Json;
use tidemill_api::problem::Problem;
use tidemill_api::secret::Vault;
use tidemill_app::vault;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Which master key there is, and what it wraps.
#[utoipa::path(get, path = "/vault", operation_id = "vault_get", tag = "vault",
    responses((status = OK, body = Vault), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx) -> Result<Json<Vault>, ApiError> {
    Ok(Json(super::view(vault::status(&ctx).await?)))
}
