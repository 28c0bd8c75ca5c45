//! The vault over REST.

mod get;
mod rotate;

use tidemill_api::secret::{Vault, VaultGroup};
use tidemill_app::vault::Status;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(get::get))
        .routes(routes!(rotate::rotate))
}

fn view(status: Status) -> Vault {
    let Status { master, kept, groups } = status;
    let groups = groups
        .into_iter()
        .map(|(name, wrapped_at)| VaultGroup { name, wrapped_at });
    Vault {
        master_key: master,
        kept: kept.to_owned(),
        groups: groups.collect(),
    }
}
