//! `GET /workspaces/{ws}/jobs/{name}/code[/{path}]`: the code of a job, as it was submitted.

use axum::Json;
use axum::extract::Path;
use axum::response::Response;
use tidemill_api::job::Files;
use tidemill_api::problem::Problem;
use tidemill_app::job;

use crate::bytes_out::{stream, wire};
use crate::extract::Ctx;
use crate::problem::ApiError;

/// The code of a job, as it was when the job was submitted.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/code", operation_id = "job_code", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Files), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Files>, ApiError> {
    let files = job::code(&ctx, &ws, &name).await?;
    Ok(Json(Files {
        files: files.into_iter().map(wire).collect(),
    }))
}

/// The bytes of one file of a job's code.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/code/{*path}", operation_id = "job_code_file", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path), ("path" = String, Path)),
    responses((status = OK, content_type = "application/octet-stream", body = Vec<u8>), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, path)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let (size_bytes, bytes) = job::code_file(&ctx, &ws, &name, &path).await?;
    Ok(stream(&path, size_bytes, bytes))
}
