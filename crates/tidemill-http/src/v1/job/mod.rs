//! Jobs over REST.

mod act;
mod code;
mod files;
mod get;
mod lineage;
mod list;
mod logs;
mod outputs;
mod patch;
mod put;
mod validate;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(validate::validate))
        .routes(routes!(put::put, get::get, patch::patch, act::act))
        .routes(routes!(logs::logs))
        .routes(routes!(files::list))
        .routes(routes!(files::get))
        .routes(routes!(code::list))
        .routes(routes!(code::get))
        .routes(routes!(outputs::list))
        .routes(routes!(outputs::get))
        .routes(routes!(lineage::of_job))
        .routes(routes!(lineage::of_model))
}
