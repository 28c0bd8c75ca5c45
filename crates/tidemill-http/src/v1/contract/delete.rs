//! `DELETE /workspaces/{ws}/data-contracts/{name}`: removes a contract.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::contract;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a contract: nobody lives by it any more.
#[utoipa::path(delete, path = "/workspaces/{ws}/data-contracts/{name}", operation_id = "contract_delete", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    contract::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
