//! `GET /assignments`: those that may be seen, by place.

use axum::Json;
use tidemill_api::access::Assignment;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::assignment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The assignments that may be seen; one's own are among them.
#[utoipa::path(get, path = "/assignments", operation_id = "assignment_list", tag = "assignment",
    responses((status = OK, body = List<Assignment>), (status = "default", body = Problem)))]
pub(super) async fn list(Ctx(ctx): Ctx) -> Result<Json<List<Assignment>>, ApiError> {
    Ok(Json(List {
        items: assignment::list(&ctx)
            .await?
            .into_iter()
            .map(super::view)
            .collect(),
        next: None,
    }))
}
