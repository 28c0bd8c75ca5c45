//! `GET …/data/{name}/versions/{version}/profile`: what is in a table.

use axum::Json;
use axum::extract::{Path, Query};
use serde::Deserialize;
use serde_json::Value;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, profile};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What is asked beside the columns.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The column that a model is to learn.
    target: Option<String>,
    /// The column that segments the rows.
    by: Option<String>,
    /// Where the table lies in data of several tables, such as `weather`.
    path: Option<String>,
}

/// The profile of a version that is a table (Parquet, CSV, JSON lines, Arrow, Delta, MLTable): types, missing values,
/// distributions and relations of all its rows. The first time it is read; afterwards it is kept by the digest of the
/// content. `docs/data-profile.md` defines each field.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/versions/{version}/profile", operation_id = "data_profile_get", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path), Asked),
    responses((status = OK, body = Value), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Query(Asked { target, by, path }): Query<Asked>,
) -> Result<Json<Value>, ApiError> {
    let asked = profile::Asked { target, by };
    let profile = profile::of_version(&ctx, &ws, &name, &version, asked, path.as_deref()).await?;
    Ok(Json(serde_json::to_value(profile).map_err(Error::internal)?))
}
