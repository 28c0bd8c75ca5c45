//! `POST /infra/plans`: makes a plan of what is wanted, and keeps it.

use axum::Json;
use axum::http::StatusCode;
use tidemill_api::infra::{InfraPlan, InfraRequest};
use tidemill_api::problem::Problem;
use tidemill_app::infra;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Make a plan: what has to happen so that a stack is what is wanted. Nothing is done yet.
#[utoipa::path(post, path = "/infra/plans", operation_id = "infra_plan_create", tag = "infra",
    request_body = InfraRequest,
    responses((status = CREATED, body = InfraPlan), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Body(request): Body<InfraRequest>,
) -> Result<(StatusCode, Json<InfraPlan>), ApiError> {
    Ok((StatusCode::CREATED, Json(infra::create(&ctx, request).await?)))
}
