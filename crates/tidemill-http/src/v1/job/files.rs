//! `GET /workspaces/{ws}/jobs/{name}/files[/{path}]`: the artifacts of a job.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use tidemill_api::job::{File, Files};
use tidemill_api::problem::Problem;
use tidemill_app::job;
use utoipa::IntoParams;

use crate::bytes_out::{stream, wire};
use crate::extract::Ctx;
use crate::problem::ApiError;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FilesQuery {
    /// Only below this folder.
    #[serde(default)]
    path: String,
}

/// The artifacts of a job: outputs/, logs/, user_logs/ and what MLflow logged.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/files", operation_id = "job_files", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path), FilesQuery),
    responses((status = OK, body = Files), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<FilesQuery>,
) -> Result<Json<Files>, ApiError> {
    let files: Vec<File> = job::artifacts(&ctx, &ws, &name, &query.path)
        .await?
        .into_iter()
        .map(wire)
        .collect();
    Ok(Json(Files { files }))
}

/// The bytes of one artifact.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/files/{*path}", operation_id = "job_file", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path), ("path" = String, Path)),
    responses((status = OK, content_type = "application/octet-stream", body = Vec<u8>), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, path)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (file, bytes) = job::artifact(&ctx, &ws, &name, &path).await?;
    Ok(stream(&path, file.size_bytes, bytes))
}
