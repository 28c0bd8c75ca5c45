//! `POST /workspaces/{ws}/releases/{name}:promote`, `:approve`, `:reject` and `:rollback`.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::release::{Release, ReleaseAct};
use tidemill_app::{Error, release};

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Act on a release: `{name}:promote` brings it into a stage, `:approve` and `:reject` say what somebody thinks of that,
/// `:rollback` takes it back out of a stage in which it answers.
#[utoipa::path(post, path = "/workspaces/{ws}/releases/{name}", operation_id = "release_act", tag = "release",
    params(("ws" = String, Path), ("name" = String, Path, description = "The release's name and the action, as in `flights:promote`.")),
    request_body(content = ReleaseAct),
    responses((status = OK, body = Release), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, name_and_action)): Path<(String, String)>,
    Body(asked): Body<ReleaseAct>,
) -> Result<Json<Release>, ApiError> {
    let (name, action) = name_and_action.rsplit_once(':').unwrap_or((&name_and_action, ""));
    let ReleaseAct {
        number,
        stage,
        comment,
    } = asked;
    let shown = match action {
        "promote" => release::promote(&ctx, &ws, name, number, stage.as_deref()).await?,
        "approve" => release::approve(&ctx, &ws, name, number, comment).await?,
        "reject" => release::reject(&ctx, &ws, name, number, comment).await?,
        "rollback" => release::roll_back(&ctx, &ws, name, number, stage.as_deref(), comment).await?,
        _ => {
            let message = format!("failed to act on release `{name}`: there is no action `{action}`");
            return Err(Error::invalid(message)
                .hint("write {name}:promote, {name}:approve, {name}:reject or {name}:rollback")
                .into());
        }
    };
    Ok(Json(super::view(shown)))
}
