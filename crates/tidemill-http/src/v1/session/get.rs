//! `GET /session`: who one is, and what one may do at a place.

use axum::Json;
use axum::extract::Query;
use tidemill_api::access::{Session, SessionQuery};
use tidemill_api::problem::Problem;
use tidemill_app::role::own_rights;

use crate::extract::Ctx;
use crate::problem::ApiError;
use crate::v1::assignment::view;

/// Who one is, and what one may do at a place.
#[utoipa::path(get, path = "/session", operation_id = "session_get", tag = "session", params(SessionQuery),
    responses((status = OK, body = Session), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Query(query): Query<SessionQuery>) -> Result<Json<Session>, ApiError> {
    let own = own_rights(&ctx, query.scope.as_deref().unwrap_or("/")).await?;
    Ok(Json(Session {
        principal: own.principal,
        display_name: own.display_name,
        teams: own.teams,
        assignments: own.assignments.into_iter().map(view).collect(),
        actions: own.actions.iter().map(ToString::to_string).collect(),
        alone: ctx.app().access.is_owner_alone(),
    }))
}
