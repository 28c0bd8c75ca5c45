//! `GET /infra/plans`: plans, newest first.

use axum::Json;
use axum::extract::Query;
use serde::Deserialize;
use tidemill_api::infra::InfraPlan;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::infra;
use utoipa::IntoParams;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfStack {
    /// Those of one stack alone.
    stack: Option<String>,
}

/// Plans, newest first.
#[utoipa::path(get, path = "/infra/plans", operation_id = "infra_plan_list", tag = "infra", params(OfStack, PageQuery),
    responses((status = OK, body = List<InfraPlan>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(of): Query<OfStack>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<InfraPlan>>, ApiError> {
    let rows = infra::list(&ctx, of.stack.as_deref(), &page(query)).await?;
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
