//! Experiments on MLflow's surface.

mod create;
mod delete;
mod delete_tag;
mod get;
mod get_by_name;
mod restore;
mod search;
mod set_tag;
mod update;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/experiments/create", post(create::create))
        .route("/experiments/get", get(get::get))
        .route("/experiments/get-by-name", get(get_by_name::get_by_name))
        .route("/experiments/search", get(search::search).post(search::search))
        .route("/experiments/update", post(update::update))
        .route("/experiments/delete", post(delete::delete))
        .route("/experiments/restore", post(restore::restore))
        .route("/experiments/set-experiment-tag", post(set_tag::set_tag))
        .route("/experiments/delete-experiment-tag", post(delete_tag::delete_tag))
}
