//! Retention of data over REST.

mod apply;
mod delete;
mod get;
mod plan;
mod put;
mod restore;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(put::put, get::get, delete::delete))
        .routes(routes!(plan::plan))
        .routes(routes!(apply::apply))
        .routes(routes!(restore::restore))
}
