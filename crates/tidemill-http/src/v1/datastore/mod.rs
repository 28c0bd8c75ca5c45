//! Datastores over REST.

mod delete;
mod files;
mod get;
mod list;
mod put;
mod uploads;

use tidemill_api::datastore::Datastore;
use tidemill_app::datastore::Datastore as Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
        .routes(routes!(files::list))
        .routes(routes!(files::get))
        .routes(routes!(uploads::get, uploads::put))
}

fn view(row: Row) -> Datastore {
    let Row {
        workspace: _,
        name,
        kind,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Datastore {
        name,
        r#type: kind,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        etag: revision.to_string(),
        created_at,
        updated_at,
    }
}
