//! Artifacts on MLflow's surface: lists, and the files themselves, streamed both ways.

mod delete_file;
mod download;
mod get_artifact;
mod get_file;
mod get_version_artifact;
mod list;
mod list_files;
mod put_file;

use axum::Router;
use axum::routing::get;

use crate::Server;

/// Below `/api/2.0/mlflow`.
pub(super) fn router() -> Router<Server> {
    Router::new().route("/artifacts/list", get(list::list))
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
        .fallback(super::unknown::unknown)
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
