//! `GET /workspaces/{ws}/data-contracts/{name}`: one contract.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_contract::Contract;
use tidemill_api::problem::Problem;
use tidemill_app::contract;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// A contract.
#[utoipa::path(get, path = "/workspaces/{ws}/data-contracts/{name}", operation_id = "contract_get", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Contract), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Contract>, ApiError> {
    Ok(Json(contract::get(&ctx, &ws, &name).await?))
}
