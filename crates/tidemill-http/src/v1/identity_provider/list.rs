//! `GET /identity-providers`: providers of identities by name.

use axum::Json;
use tidemill_api::access::IdentityProvider;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::identity_provider;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Providers of identities by name.
#[utoipa::path(get, path = "/identity-providers", operation_id = "identity_provider_list", tag = "identity_provider",
    responses((status = OK, body = List<IdentityProvider>), (status = "default", body = Problem)))]
pub(super) async fn list(Ctx(ctx): Ctx) -> Result<Json<List<IdentityProvider>>, ApiError> {
    let rows = identity_provider::list(&ctx).await?;
    Ok(Json(List {
        items: rows.into_iter().map(super::view).collect(),
        next: None,
    }))
}
