//! `PUT /workspaces/{ws}/data-contracts/{name}`: sets a contract.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_contract::{Contract, ContractSpec};
use tidemill_api::problem::Problem;
use tidemill_app::contract;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Set a contract: from now on, a version of the data that breaks it is refused, or made with a warning. Versions that are there stay.
#[utoipa::path(put, path = "/workspaces/{ws}/data-contracts/{name}", operation_id = "contract_put", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    request_body = ContractSpec,
    responses((status = OK, body = Contract), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(spec): Body<ContractSpec>,
) -> Result<Json<Contract>, ApiError> {
    Ok(Json(contract::put(&ctx, &ws, &name, spec).await?))
}
