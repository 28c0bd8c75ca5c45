//! `POST /workspaces/{ws}/compute-requests/{request}:approve` and `:reject`: what is said to a request.

use axum::Json;
use axum::extract::Path;
use tidemill_api::compute::{ComputeRequest, Decision};
use tidemill_api::problem::Problem;
use tidemill_app::{Error, compute_request};

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Decide a request: `{request}:approve` makes the compute as it was asked for, `{request}:reject` says no.
#[utoipa::path(post, path = "/workspaces/{ws}/compute-requests/{request}", operation_id = "compute_request_act", tag = "compute",
    params(("ws" = String, Path), ("request" = String, Path, description = "The request's id and the action, as in `01J…:approve`.")),
    request_body = Decision,
    responses((status = OK, body = ComputeRequest), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, request_and_action)): Path<(String, String)>,
    Body(Decision { comment }): Body<Decision>,
) -> Result<Json<ComputeRequest>, ApiError> {
    let row = match request_and_action.rsplit_once(':') {
        Some((request, "approve")) => compute_request::approve(&ctx, &ws, request, comment).await?,
        Some((request, "reject")) => compute_request::reject(&ctx, &ws, request, comment).await?,
        _ => {
            let message = format!("failed to act on a request: there is no action in `{request_and_action}`");
            return Err(Error::invalid(message)
                .hint("write {request}:approve or {request}:reject")
                .into());
        }
    };
    Ok(Json(super::view(row)))
}
