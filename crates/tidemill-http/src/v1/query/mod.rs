//! Queries over data, over REST.

mod answer;
mod diff;
mod run;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(run::run))
        .routes(routes!(diff::diff))
}
