//! Teams over REST.

mod delete;
mod get;
mod list;
mod put;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
}
