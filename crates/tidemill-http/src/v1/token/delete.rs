//! `DELETE /tokens/{name}`: ends a token, at once.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::credential::{self, Purpose};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// End a personal access token.
#[utoipa::path(delete, path = "/tokens/{name}", operation_id = "token_delete", tag = "token",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    credential::revoke(&ctx, Purpose::Token, None, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
