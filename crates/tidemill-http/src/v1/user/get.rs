//! `GET /users/{name}`: one user.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Principal;
use tidemill_api::problem::Problem;
use tidemill_app::principal;
use tidemill_policy::Subject;

use crate::extract::Ctx;
use crate::problem::ApiError;
use crate::v1::principal_view;

/// One user.
#[utoipa::path(get, path = "/users/{name}", operation_id = "user_get", tag = "user",
    params(("name" = String, Path)),
    responses((status = OK, body = Principal), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<Json<Principal>, ApiError> {
    let subject = Subject::user(&name);
    Ok(Json(principal_view(principal::get(&ctx, &subject).await?)))
}
