//! `POST /assignments`: gives a role; the id is made of what it says.

use axum::Json;
use tidemill_api::access::Assignment;
use tidemill_api::problem::Problem;
use tidemill_app::assignment;
use tidemill_spec::kinds;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Give a role to a principal at a place.
#[utoipa::path(post, path = "/assignments", operation_id = "assignment_create", tag = "assignment",
    request_body(content = serde_json::Value, description = "`principal`, `role` and `scope`."),
    responses((status = OK, body = Assignment), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Body(body): Body<kinds::Assignment>,
) -> Result<Json<Assignment>, ApiError> {
    let id = body.name.clone();
    Ok(Json(super::view(
        assignment::put(&ctx, id.as_deref(), body).await?,
    )))
}
