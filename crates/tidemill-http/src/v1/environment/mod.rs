//! Environments over REST.

mod create;

use tidemill_app::asset::{self, Kind};

use crate::v1::asset::shared_verbs;

shared_verbs!("environment", "environments", asset[Kind::Environment]);

pub(super) fn router() -> OpenApiRouter<Server> {
    shared()
        .routes(routes!(create::create))
        .routes(routes!(create::put))
}
