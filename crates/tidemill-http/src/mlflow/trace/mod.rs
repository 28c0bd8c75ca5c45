//! Traces on MLflow's surface.

mod delete_tag;
mod get;
mod search;
mod set_tag;
mod start;

use axum::Router;
use axum::routing::{get, patch, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/traces", post(start::start))
        .route("/traces/{trace_id}", get(get::get))
        .route("/traces/search", post(search::search))
        .route(
            "/traces/{trace_id}/tags",
            patch(set_tag::set_tag).delete(delete_tag::delete_tag),
        )
}
