//! Service principals over REST.

mod add_secret;
mod delete;
mod get;
mod list;
mod list_secrets;
mod put;
mod remove_secret;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
        .routes(routes!(add_secret::add_secret, list_secrets::list_secrets))
        .routes(routes!(remove_secret::remove_secret))
}
