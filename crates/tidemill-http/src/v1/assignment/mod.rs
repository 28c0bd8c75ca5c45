//! Assignments over REST.

mod create;
mod delete;
mod get;
mod list;
mod put;

use tidemill_api::access::Assignment;
use tidemill_app::assignment::Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(put::put, get::get, delete::delete))
}

pub(super) fn view(row: Row) -> Assignment {
    let Row {
        id,
        kind,
        name,
        role,
        scope,
        created_by,
        created_at,
    } = row;
    Assignment {
        name: id,
        principal: format!("{kind}:{name}"),
        role,
        scope,
        created_by,
        created_at,
    }
}
