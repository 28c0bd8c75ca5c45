//! `GET /groups`: the groups that may be seen, by name.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::Group;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::group;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// The groups that may be seen, by name.
#[utoipa::path(get, path = "/groups", operation_id = "group_list", tag = "group", params(PageQuery),
    responses((status = OK, body = List<Group>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Query(part): Query<PageQuery>,
) -> Result<Json<List<Group>>, ApiError> {
    let rows = group::list(&ctx, &page(part)).await?.map(super::view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
