//! `GET /infra/stacks/{stack}/drift`: what has moved since a stack was applied.

use axum::Json;
use axum::extract::Path;
use tidemill_api::infra::InfraDrift;
use tidemill_api::problem::Problem;
use tidemill_app::infra;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What has moved since a stack was applied.
#[utoipa::path(get, path = "/infra/stacks/{stack}/drift", operation_id = "infra_stack_drift", tag = "infra",
    params(("stack" = String, Path)),
    responses((status = OK, body = InfraDrift), (status = "default", body = Problem)))]
pub(super) async fn drift(Ctx(ctx): Ctx, Path(stack): Path<String>) -> Result<Json<InfraDrift>, ApiError> {
    Ok(Json(infra::drift(&ctx, &stack).await?))
}
