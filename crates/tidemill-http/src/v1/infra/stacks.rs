//! `GET /infra/stacks`: every stack with what it manages.

use axum::Json;
use tidemill_api::infra::InfraStack;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::infra;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Every stack with what it manages, by name.
#[utoipa::path(get, path = "/infra/stacks", operation_id = "infra_stack_list", tag = "infra",
    responses((status = OK, body = List<InfraStack>), (status = "default", body = Problem)))]
pub(super) async fn stacks(Ctx(ctx): Ctx) -> Result<Json<List<InfraStack>>, ApiError> {
    Ok(Json(List {
        items: infra::stacks(&ctx).await?,
        next: None,
    }))
}
