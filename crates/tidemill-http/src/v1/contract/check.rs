//! `POST …/data/{name}/versions/{version}/contract-checks`: a version against what its consumers live by.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_contract::{ContractCheckRequest, ContractChecks};
use tidemill_api::problem::Problem;
use tidemill_app::contract;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Check a version against the contracts of all consumers: of its own workspace, or of the one that the body names, such as that of the
/// next stage. An answer says which are kept; only what cannot be checked is an error.
#[utoipa::path(post, path = "/workspaces/{ws}/data/{name}/versions/{version}/contract-checks", operation_id = "contract_check", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    request_body = ContractCheckRequest,
    responses((status = OK, body = ContractChecks), (status = "default", body = Problem)))]
pub(super) async fn check(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Body(request): Body<ContractCheckRequest>,
) -> Result<Json<ContractChecks>, ApiError> {
    let ContractCheckRequest { against } = request;
    let found = contract::check(&ctx, &ws, &name, &version, against.as_deref()).await?;
    Ok(Json(found))
}
