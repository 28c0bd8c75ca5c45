//! Datastores over REST.

mod access_grant;
mod access_list;
mod access_revoke;
mod delete;
mod files;
mod get;
mod list;
mod put;
mod uploads;

use tidemill_api::datastore::{Datastore, DatastoreAccess, DatastoreRule};
use tidemill_app::datastore::Datastore as Row;
use tidemill_app::datastore_access::{self, Rules};
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
        .routes(routes!(access_list::access_list, access_grant::access_grant))
        .routes(routes!(access_revoke::access_revoke))
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

fn access(rules: Rules) -> DatastoreAccess {
    let Rules {
        by_folder,
        rules,
        warnings,
    } = rules;
    let rule = |rule: datastore_access::Rule| DatastoreRule {
        path: datastore_access::path_of(&rule),
        rights: rule.rights.as_str().to_owned(),
        principal: format!("{}:{}", rule.row.kind, rule.row.name),
        name: rule.row.id,
        role: rule.row.role,
        created_by: rule.row.created_by,
        created_at: rule.row.created_at,
    };
    DatastoreAccess {
        by_folder,
        rules: rules.into_iter().map(rule).collect(),
        warnings,
    }
}
