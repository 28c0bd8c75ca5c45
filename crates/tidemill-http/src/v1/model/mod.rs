//! Models over REST.

mod create;
mod files;
mod history;
mod lineage;
mod validation;

use tidemill_app::model;

use crate::v1::asset::shared_verbs;

shared_verbs!("model", "models", model);

pub(super) fn router() -> OpenApiRouter<Server> {
    shared()
        .routes(routes!(create::create))
        .routes(routes!(create::put))
        .routes(routes!(files::list))
        .routes(routes!(files::get))
        .routes(routes!(history::list))
        .routes(routes!(lineage::get))
        .routes(routes!(lineage::events))
        .routes(routes!(history::roll_back))
        .routes(routes!(validation::create))
        .routes(routes!(validation::list))
        .routes(routes!(validation::get))
        .routes(routes!(validation::report))
}
