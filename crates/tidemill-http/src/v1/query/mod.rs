//! Queries over data, over REST.

mod answer;
mod diff;
mod history;
mod run;
mod validate;
mod validations;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(run::run))
        .routes(routes!(diff::diff))
        .routes(routes!(history::get))
        .routes(routes!(validate::create))
        .routes(routes!(validations::list))
        .routes(routes!(validations::report))
}
