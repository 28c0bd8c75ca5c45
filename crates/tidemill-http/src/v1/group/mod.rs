//! Groups over REST.

mod delete;
mod get;
mod list;
mod put;

use tidemill_api::access::Group;
use tidemill_app::group::{self, Group as Row};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
}

fn view(row: Row) -> Group {
    let (spec, stages) = (group::spec_of(&row), group::stages(Some(&row)));
    Group {
        name: row.name,
        display_name: row.display_name,
        stages,
        spec,
        etag: row.revision.to_string(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
