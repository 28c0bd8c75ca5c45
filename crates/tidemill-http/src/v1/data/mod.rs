//! Data over REST.

mod create;
mod drift;
mod files;
mod import;
mod lineage;
mod profile;
mod retention;

use tidemill_app::asset::{self, Kind};

use crate::v1::asset::shared_verbs;

shared_verbs!("data", "data", asset[Kind::Data]);

pub(super) fn router() -> OpenApiRouter<Server> {
    shared()
        .routes(routes!(create::create))
        .routes(routes!(create::put))
        .routes(routes!(drift::get))
        .routes(routes!(files::list))
        .routes(routes!(files::get))
        .routes(routes!(import::create))
        .routes(routes!(lineage::get))
        .routes(routes!(lineage::events))
        .routes(routes!(profile::get))
        .merge(retention::router())
}
