//! `PUT /assignments/{name}`: gives a role under an id of one's choice.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Assignment;
use tidemill_api::problem::Problem;
use tidemill_app::assignment;

use crate::extract::{Body, Ctx, named};
use crate::problem::ApiError;

/// Give a role to a principal at a place, under an id; the same once more changes nothing.
#[utoipa::path(put, path = "/assignments/{name}", operation_id = "assignment_put", tag = "assignment",
    params(("name" = String, Path)),
    request_body(content = serde_json::Value, description = "`principal`, `role` and `scope`."),
    responses((status = OK, body = Assignment), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Assignment>, ApiError> {
    let spec = named(&name, body)?;
    Ok(Json(super::view(assignment::put(&ctx, Some(&name), spec).await?)))
}
