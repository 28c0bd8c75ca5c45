//! `GET /assignments/{name}`: one assignment.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Assignment;
use tidemill_api::problem::Problem;
use tidemill_app::assignment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One assignment.
#[utoipa::path(get, path = "/assignments/{name}", operation_id = "assignment_get", tag = "assignment",
    params(("name" = String, Path)),
    responses((status = OK, body = Assignment), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<Json<Assignment>, ApiError> {
    Ok(Json(super::view(assignment::get(&ctx, &name).await?)))
}
