//! `POST /vault:rotate`: makes a new master key.

use axum::Json;
use tidemill_api::problem::Problem;
use tidemill_api::secret::Vault;
use tidemill_app::vault;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Make a new master key, and wrap the keys of all groups with it. Nothing has to stop.
#[utoipa::path(post, path = "/vault:rotate", operation_id = "vault_rotate", tag = "vault",
    responses((status = OK, body = Vault), (status = "default", body = Problem)))]
pub(super) async fn rotate(Ctx(ctx): Ctx) -> Result<Json<Vault>, ApiError> {
    Ok(Json(super::view(vault::rotate(&ctx).await?)))
}
