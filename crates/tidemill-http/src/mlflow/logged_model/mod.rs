//! Logged models on MLflow's surface.

mod create;
mod delete;
mod delete_tag;
mod finalize;
mod get;
mod list_artifacts;
mod log_params;
mod search;
mod set_tags;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/logged-models", post(create::create))
        .route(
            "/logged-models/{model_id}",
            get(get::get).patch(finalize::finalize).delete(delete::delete),
        )
        .route("/logged-models/search", post(search::search))
        .route("/logged-models/{model_id}/tags", patch(set_tags::set_tags))
        .route(
            "/logged-models/{model_id}/tags/{tag_key}",
            delete(delete_tag::delete_tag),
        )
        .route("/logged-models/{model_id}/params", post(log_params::log_params))
        .route(
            "/logged-models/{model_id}/artifacts/directories",
            get(list_artifacts::list_artifacts),
        )
}
