//! `DELETE /teams/{name}`: removes a team, with its roles and what it signs in with.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::principal;
use tidemill_policy::Subject;
use tidemill_policy::access::Kind;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a team.
#[utoipa::path(delete, path = "/teams/{name}", operation_id = "team_delete", tag = "team",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    let subject = Subject {
        kind: Kind::Team,
        name: name.clone(),
    };
    principal::delete(&ctx, &subject).await?;
    Ok(StatusCode::NO_CONTENT)
}
