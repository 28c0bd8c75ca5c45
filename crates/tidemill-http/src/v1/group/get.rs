//! `GET /groups/{g}`: one group.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Group;
use tidemill_api::problem::Problem;
use tidemill_app::group;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One group.
#[utoipa::path(get, path = "/groups/{g}", operation_id = "group_get", tag = "group", params(("g" = String, Path)),
    responses((status = OK, body = Group), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(g): Path<String>) -> Result<Json<Group>, ApiError> {
    Ok(Json(super::view(group::get(&ctx, &g).await?)))
}
