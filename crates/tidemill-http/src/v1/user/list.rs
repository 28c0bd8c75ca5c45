//! `GET /users`: users by name.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::Principal;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::principal;
use tidemill_policy::access::Kind;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;
use crate::v1::principal_view;

/// Users by name.
#[utoipa::path(get, path = "/users", operation_id = "user_list", tag = "user", params(PageQuery),
    responses((status = OK, body = List<Principal>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(part): Query<PageQuery>,
) -> Result<Json<List<Principal>>, ApiError> {
    let rows = principal::list(&ctx, Kind::User, &page(part))
        .await?
        .map(principal_view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
