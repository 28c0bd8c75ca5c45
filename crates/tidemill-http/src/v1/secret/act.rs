//! `POST /groups/{group}/secrets/{name}:reveal` and `:restore`.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tidemill_api::problem::Problem;
use tidemill_api::secret::{SecretPick, SecretValue};
use tidemill_app::{Error, secret};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on a secret: `{name}:reveal` answers with its value and writes down who read it, `:restore` brings a deleted one
/// back.
#[utoipa::path(post, path = "/groups/{group}/secrets/{name}", operation_id = "secret_act", tag = "secret",
    params(("group" = String, Path), ("name" = String, Path, description = "The secret's name and the action, as in `db-password:reveal`."),
        SecretPick),
    responses((status = OK, body = SecretValue, description = "The value; of `:restore`, the secret without it."),
        (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((group, name_and_action)): Path<(String, String)>,
    Query(pick): Query<SecretPick>,
) -> Result<Response, ApiError> {
    let (name, action) = name_and_action.rsplit_once(':').unwrap_or((&name_and_action, ""));
    match action {
        "reveal" => {
            let (version, value) = secret::reveal(&ctx, &group, name, pick.version).await?;
            let value = SecretValue {
                name: name.to_owned(),
                version,
                value,
            };
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response())
        }
        "restore" => {
            let row = secret::restore(&ctx, &group, name).await?;
            Ok(Json(super::view(row)).into_response())
        }
        _ => {
            let message = format!("failed to act on secret `{name}`: there is no action `{action}`");
            Err(Error::invalid(message)
                .hint("write {name}:reveal or {name}:restore")
                .into())
        }
    }
}
