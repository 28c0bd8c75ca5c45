//! Secrets over REST.

mod act;
mod delete;
mod get;
mod list;
mod put;
mod versions;

use tidemill_api::secret::Secret;
use tidemill_app::secret::Secret as Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete, act::act))
        .routes(routes!(versions::versions))
}

fn view(row: Row) -> Secret {
    let Row {
        group_name,
        name,
        description,
        latest,
        created_at,
        updated_at,
        deleted_at,
    } = row;
    Secret {
        name,
        group: group_name,
        description,
        version: latest,
        created_at,
        updated_at,
        deleted_at,
    }
}
