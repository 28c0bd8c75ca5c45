//! `GET /roles/{name}`: one role, with every action that it comes to.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Role;
use tidemill_api::problem::Problem;
use tidemill_app::role;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One role.
#[utoipa::path(get, path = "/roles/{name}", operation_id = "role_get", tag = "role", params(("name" = String, Path)),
    responses((status = OK, body = Role), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<Json<Role>, ApiError> {
    Ok(Json(super::view(role::get(&ctx, &name).await?)))
}
