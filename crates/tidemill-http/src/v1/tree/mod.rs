//! Uploads of trees over REST: what is missing is asked for, then packs, blobs and the tree are sent.

mod get;
mod missing;
mod put_blob;
mod put_pack;
mod put_tree;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(missing::missing))
        .routes(routes!(get::get, put_tree::put_tree))
        .routes(routes!(put_pack::put_pack))
        .routes(routes!(put_blob::put_blob))
}
