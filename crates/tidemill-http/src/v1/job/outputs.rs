//! `GET /workspaces/{ws}/jobs/{name}/outputs/{output}/files[/{path}]`: the files of one output.

use axum::Json;
use axum::extract::Path;
use axum::response::Response;
use tidemill_api::job::{File, Files};
use tidemill_api::problem::Problem;
use tidemill_app::job;

use crate::bytes_out::{stream, wire};
use crate::extract::Ctx;
use crate::problem::ApiError;

/// The files of one output.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/outputs/{output}/files", operation_id = "job_output_files", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path), ("output" = String, Path)),
    responses((status = OK, body = Files), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name, output)): Path<(String, String, String)>,
) -> Result<Json<Files>, ApiError> {
    let files: Vec<File> = job::output_files(&ctx, &ws, &name, &output)
        .await?
        .into_iter()
        .map(wire)
        .collect();
    Ok(Json(Files { files }))
}

/// The bytes of one file of an output.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/outputs/{output}/files/{*path}", operation_id = "job_output_file", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path), ("output" = String, Path), ("path" = String, Path)),
    responses((status = OK, content_type = "application/octet-stream", body = Vec<u8>), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, output, path)): Path<(String, String, String, String)>,
) -> Result<Response, ApiError> {
    let (file, bytes) = job::output_file(&ctx, &ws, &name, &output, &path).await?;
    Ok(stream(&path, file.size_bytes, bytes))
}
