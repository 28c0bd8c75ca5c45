//! `DELETE /users/{name}`: removes a user, with its roles and what it signs in with.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::principal;
use tidemill_policy::Subject;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a user.
#[utoipa::path(delete, path = "/users/{name}", operation_id = "user_delete", tag = "user",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    let subject = Subject::user(&name);
    principal::delete(&ctx, &subject).await?;
    Ok(StatusCode::NO_CONTENT)
}
