//! `GET /groups/{group}/secrets/{name}/versions`: when and by whom a secret was set.

use axum::Json;
use axum::extract::Path;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_api::secret::SecretVersion;
use tidemill_app::secret::{self, Version};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The versions of a secret, newest first, without their values.
#[utoipa::path(get, path = "/groups/{group}/secrets/{name}/versions", operation_id = "secret_versions", tag = "secret",
    params(("group" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = List<SecretVersion>), (status = "default", body = Problem)))]
pub(super) async fn versions(
    Ctx(ctx): Ctx,
    Path((group, name)): Path<(String, String)>,
) -> Result<Json<List<SecretVersion>>, ApiError> {
    let rows = secret::versions(&ctx, &group, &name).await?;
    Ok(Json(List {
        items: rows.into_iter().map(view).collect(),
        next: None,
    }))
}

fn view(row: Version) -> SecretVersion {
    let Version {
        group_name: _,
        name: _,
        version,
        sealed: _,
        created_at,
        created_by,
    } = row;
    SecretVersion {
        version,
        created_at,
        created_by,
    }
}
