//! Import over REST: what keeps its ids, numbers and times, for which MLflow's surface has no words.

mod experiments;
mod logged_models;
mod models;
mod points;
mod runs;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(experiments::experiments))
        .routes(routes!(runs::runs))
        .routes(routes!(points::points))
        .routes(routes!(logged_models::logged_models))
        .routes(routes!(models::models))
}
