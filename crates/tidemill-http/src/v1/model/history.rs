//! `GET …/models/{name}/history` and `POST …/models/{name}/aliases/{alias}:rollback`: where versions stood, and the
//! way back.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::model::{ModelAlias, ModelHistory};
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::{Error, model_history};

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Which version stood under which alias or in which stage, when and by whom; the youngest first.
#[utoipa::path(get, path = "/workspaces/{ws}/models/{name}/history", operation_id = "model_history", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), PageQuery),
    responses((status = OK, body = List<ModelHistory>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<ModelHistory>>, ApiError> {
    let found = model_history::list(&ctx, &ws, &name, &page(query)).await?;
    Ok(Json(List {
        items: found.items,
        next: found.next,
    }))
}

/// Lets an alias name the version that it named before. The action is `rollback`.
#[utoipa::path(post, path = "/workspaces/{ws}/models/{name}/aliases/{alias_and_action}", operation_id = "model_alias_rollback", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), ("alias_and_action" = String, Path, description = "`{alias}:rollback`")),
    responses((status = OK, body = ModelAlias), (status = "default", body = Problem)))]
pub(super) async fn roll_back(
    Ctx(ctx): Ctx,
    Path((ws, name, alias)): Path<(String, String, String)>,
) -> Result<Json<ModelAlias>, ApiError> {
    let Some(alias) = alias.strip_suffix(":rollback") else {
        return Err(Error::invalid(format!(
            "failed to act on alias `{alias}`: the action is not known"
        ))
        .hint("write {alias}:rollback")
        .into());
    };
    Ok(Json(model_history::roll_back(&ctx, &ws, &name, alias).await?))
}
