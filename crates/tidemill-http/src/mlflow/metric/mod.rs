//! Metric points on MLflow's surface.

mod get_history;
mod get_history_bulk;
mod get_history_bulk_interval;

use axum::Router;
use axum::routing::get;

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/metrics/get-history", get(get_history::get_history))
        .route(
            "/metrics/get-history-bulk",
            get(get_history_bulk::get_history_bulk),
        )
        .route(
            "/metrics/get-history-bulk-interval",
            get(get_history_bulk_interval::get_history_bulk_interval),
        )
}
