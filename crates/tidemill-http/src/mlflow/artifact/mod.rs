//! Artifacts on MLflow's surface: lists, and the files themselves, streamed both ways.

mod delete_file;
mod download;
mod get_artifact;
mod get_file;
mod get_model_artifact;
mod get_version_artifact;
mod link;
mod list;
mod list_files;
mod put_file;
mod upload;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;

pub(super) use download::download;

/// Below `/api/2.0/mlflow`.
pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/artifacts/list", get(list::list))
        .route("/artifacts/presigned-upload-url", post(link::upload_url))
        .route("/artifacts/presigned-download-url", post(link::download_url))
        .route("/upload-artifact", post(upload::upload))
        .route(
            "/logged-models/{model_id}/artifacts/files",
            get(get_model_artifact::get_model_artifact),
        )
}

/// Below `/api/2.0/mlflow-artifacts`.
pub(super) fn store() -> Router<Server> {
    Router::new()
        .route("/artifacts", get(list_files::list_files))
        .route(
            "/artifacts/{*path}",
            get(get_file::get_file)
                .put(put_file::put_file)
                .delete(delete_file::delete_file),
        )
        .route("/presigned/{*path}", get(link::presigned))
        .route("/mpu/create/{*folder}", post(link::create))
        .route("/mpu/complete/{*folder}", post(link::complete))
        .route("/mpu/abort/{*folder}", post(link::abort))
        .fallback(super::unknown::unknown)
}

/// At the root: signed links.
pub(super) fn links() -> Router<Server> {
    Router::new().route(
        "/artifact-links/{workspace}/{grant}/{until}/{signature}/{*path}",
        get(link::follow).put(link::write),
    )
}

/// At the root: what pages link to.
pub(super) fn files() -> Router<Server> {
    Router::new()
        .route("/get-artifact", get(get_artifact::get_artifact))
        .route(
            "/model-versions/get-artifact",
            get(get_version_artifact::get_version_artifact),
        )
}
