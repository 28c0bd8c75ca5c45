//! Issues on MLflow's surface.

mod create;
mod get;
mod search;
mod update;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/issues", post(create::create))
        .route("/issues/{issue_id}", get(get::get).patch(update::update))
        .route("/issues/search", post(search::search))
}
