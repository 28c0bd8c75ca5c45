//! `GET /workspaces/{ws}/data-contracts`: what consumers of data live by.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::data_contract::{Contract, ContractQuery};
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::contract;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Contracts by name: what consumers of data live by.
#[utoipa::path(get, path = "/workspaces/{ws}/data-contracts", operation_id = "contract_list", tag = "data",
    params(("ws" = String, Path), ContractQuery),
    responses((status = OK, body = List<Contract>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<ContractQuery>,
) -> Result<Json<List<Contract>>, ApiError> {
    let ContractQuery { data, limit, after } = query;
    let asked = page(PageQuery { limit, after });
    let found = contract::list(&ctx, &ws, data.as_deref(), &asked).await?;
    Ok(Json(List {
        items: found.items,
        next: found.next,
    }))
}
