//! Webhooks on MLflow's surface.

mod create;
mod delete;
mod get;
mod list;
mod test;
mod update;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/webhooks", post(create::create).get(list::list))
        .route(
            "/webhooks/{webhook_id}",
            get(get::get).patch(update::update).delete(delete::delete),
        )
        .route("/webhooks/{webhook_id}/test", post(test::test))
}
