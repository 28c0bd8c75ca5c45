//! Registered models on MLflow's surface.

mod create;
mod delete;
mod delete_alias;
mod delete_tag;
mod get;
mod get_by_alias;
mod get_latest_versions;
mod rename;
mod search;
mod set_alias;
mod set_tag;
mod update;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/registered-models/create", post(create::create))
        .route("/registered-models/get", get(get::get))
        .route("/registered-models/search", get(search::search))
        .route("/registered-models/update", patch(update::update))
        .route("/registered-models/rename", post(rename::rename))
        .route("/registered-models/delete", delete(delete::delete))
        .route(
            "/registered-models/get-latest-versions",
            get(get_latest_versions::get_latest_versions).post(get_latest_versions::get_latest_versions),
        )
        .route("/registered-models/set-tag", post(set_tag::set_tag))
        .route("/registered-models/delete-tag", delete(delete_tag::delete_tag))
        .route(
            "/registered-models/alias",
            post(set_alias::set_alias)
                .delete(delete_alias::delete_alias)
                .get(get_by_alias::get_by_alias),
        )
}
