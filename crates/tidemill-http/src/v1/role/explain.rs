//! `GET /rights`: whether a principal may do something somewhere, and why.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::{Rights, RightsQuery};
use tidemill_api::problem::Problem;
use tidemill_app::{Error, role};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Whether a principal may do something somewhere, and why.
#[utoipa::path(get, path = "/rights", operation_id = "role_explain", tag = "role", params(RightsQuery),
    responses((status = OK, body = Rights), (status = "default", body = Problem)))]
pub(super) async fn explain(
    Ctx(ctx): Ctx,
    Query(query): Query<RightsQuery>,
) -> Result<Json<Rights>, ApiError> {
    let own = ctx.subject().map(|subject| subject.to_string());
    let principal = query
        .principal
        .or(own)
        .ok_or_else(|| Error::invalid("failed to explain: name a principal"))?;
    let explained = role::explain_for(&ctx, &principal, &query.action, &query.scope).await?;
    Ok(Json(super::rights(
        principal,
        &query.action,
        &query.scope,
        explained,
    )))
}
