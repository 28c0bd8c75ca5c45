//! Model versions on MLflow's surface.

mod create;
mod delete;
mod delete_tag;
mod get;
mod get_download_uri;
mod search;
mod set_tag;
mod transition_stage;
mod update;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/model-versions/create", post(create::create))
        .route("/model-versions/get", get(get::get))
        .route("/model-versions/search", get(search::search))
        .route("/model-versions/update", patch(update::update))
        .route(
            "/model-versions/transition-stage",
            post(transition_stage::transition_stage),
        )
        .route("/model-versions/delete", delete(delete::delete))
        .route(
            "/model-versions/get-download-uri",
            get(get_download_uri::get_download_uri),
        )
        .route("/model-versions/set-tag", post(set_tag::set_tag))
        .route("/model-versions/delete-tag", delete(delete_tag::delete_tag))
}
