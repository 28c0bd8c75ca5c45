//! `GET /workspaces/{ws}/releases/{name}`: one release.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::release::Release;
use tidemill_app::{Error, release};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One release: the newest of its name, or that of a number, as in `flights:3`.
#[utoipa::path(get, path = "/workspaces/{ws}/releases/{name}", operation_id = "release_get", tag = "release",
    params(("ws" = String, Path), ("name" = String, Path, description = "The name, or the name and a number, as in `flights:3`.")),
    responses((status = OK, body = Release), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Release>, ApiError> {
    let (name, number) = numbered(&name)?;
    Ok(Json(super::view(release::get(&ctx, &ws, name, number).await?)))
}

/// A name with its number, where one is given.
pub(super) fn numbered(name: &str) -> Result<(&str, Option<i64>), ApiError> {
    match name.split_once(':') {
        None => Ok((name, None)),
        Some((name, number)) => {
            let number = number.parse().map_err(|_| {
                Error::invalid(format!("failed to read `{number}` as the number of a release"))
            })?;
            Ok((name, Some(number)))
        }
    }
}
