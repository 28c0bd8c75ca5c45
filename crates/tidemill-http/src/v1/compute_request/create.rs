//! `POST /workspaces/{ws}/compute-requests`: asks for a compute.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::compute::{ComputeRequest, NewComputeRequest};
use tidemill_api::problem::Problem;
use tidemill_app::compute_request;

use crate::extract::{Body, Ctx, named};
use crate::problem::ApiError;

/// Ask for a compute that one may not make oneself.
#[utoipa::path(post, path = "/workspaces/{ws}/compute-requests", operation_id = "compute_request_create", tag = "compute",
    params(("ws" = String, Path)), request_body = NewComputeRequest,
    responses((status = CREATED, body = ComputeRequest), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(NewComputeRequest { name, spec, reason }): Body<NewComputeRequest>,
) -> Result<(StatusCode, Json<ComputeRequest>), ApiError> {
    let row = compute_request::create(&ctx, &ws, &name, named(&name, spec)?, reason).await?;
    Ok((StatusCode::CREATED, Json(super::view(row))))
}
