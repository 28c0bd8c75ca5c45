//! `GET /rights/who`: who may do something somewhere, each with the reason.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::{Rights, RightsQuery};
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::role;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Who may do something somewhere, each with the reason.
#[utoipa::path(get, path = "/rights/who", operation_id = "role_who_can", tag = "role", params(RightsQuery),
    responses((status = OK, body = List<Rights>), (status = "default", body = Problem)))]
pub(super) async fn who_can(
    Ctx(ctx): Ctx,
    Query(query): Query<RightsQuery>,
) -> Result<Json<List<Rights>>, ApiError> {
    let able = role::who(&ctx, &query.action, &query.scope).await?.into_iter();
    let view = |(subject, explained): (tidemill_policy::Subject, _)| {
        super::rights(subject.to_string(), &query.action, &query.scope, explained)
    };
    Ok(Json(List {
        items: able.map(view).collect(),
        next: None,
    }))
}
