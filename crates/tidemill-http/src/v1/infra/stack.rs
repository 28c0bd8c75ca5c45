//! `GET /infra/stacks/{stack}`: one stack with what it manages.

use axum::Json;
use axum::extract::Path;
use tidemill_api::infra::InfraStack;
use tidemill_api::problem::Problem;
use tidemill_app::infra;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One stack with what it manages.
#[utoipa::path(get, path = "/infra/stacks/{stack}", operation_id = "infra_stack_get", tag = "infra",
    params(("stack" = String, Path)),
    responses((status = OK, body = InfraStack), (status = "default", body = Problem)))]
pub(super) async fn stack(Ctx(ctx): Ctx, Path(stack): Path<String>) -> Result<Json<InfraStack>, ApiError> {
    Ok(Json(infra::stack(&ctx, &stack).await?))
}
