//! `GET /roles`: every role, the built-in ones first.

use axum::Json;
use tidemill_api::access::Role;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::role;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Every role, the built-in ones first.
#[utoipa::path(get, path = "/roles", operation_id = "role_list", tag = "role",
    responses((status = OK, body = List<Role>), (status = "default", body = Problem)))]
pub(super) async fn list(Ctx(ctx): Ctx) -> Result<Json<List<Role>>, ApiError> {
    Ok(Json(List {
        items: role::list(&ctx).await?.into_iter().map(super::view).collect(),
        next: None,
    }))
}
