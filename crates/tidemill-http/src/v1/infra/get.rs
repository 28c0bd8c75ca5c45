//! `GET /infra/plans/{plan}`: one plan, with how far it is.

use axum::Json;
use axum::extract::Path;
use tidemill_api::infra::InfraPlan;
use tidemill_api::problem::Problem;
use tidemill_app::infra;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One plan, with how far it is.
#[utoipa::path(get, path = "/infra/plans/{plan}", operation_id = "infra_plan_get", tag = "infra",
    params(("plan" = String, Path)),
    responses((status = OK, body = InfraPlan), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(plan): Path<String>) -> Result<Json<InfraPlan>, ApiError> {
    Ok(Json(infra::get(&ctx, &plan).await?))
}
