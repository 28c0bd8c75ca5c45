//! `POST /workspaces/{ws}/break-glass/{id}:approve` and `:close`.

use axum::Json;
use axum::extract::Path;
use tidemill_api::break_glass::BreakGlass;
use tidemill_api::problem::Problem;
use tidemill_app::Error;
use tidemill_app::release::break_glass;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on a break-glass: `{id}:approve` opens it for who asked, `:close` ends it before its time.
#[utoipa::path(post, path = "/workspaces/{ws}/break-glass/{name}", operation_id = "break_glass_act", tag = "release",
    params(("ws" = String, Path), ("name" = String, Path, description = "The id and the action, as in `01k…:approve`.")),
    responses((status = OK, body = BreakGlass), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, id_and_action)): Path<(String, String)>,
) -> Result<Json<BreakGlass>, ApiError> {
    let (id, action) = id_and_action.rsplit_once(':').unwrap_or((&id_and_action, ""));
    let row = match action {
        "approve" => break_glass::approve(&ctx, &ws, id).await?,
        "close" => break_glass::close(&ctx, &ws, id).await?,
        _ => {
            let message = format!("failed to act on break-glass `{id}`: there is no action `{action}`");
            return Err(Error::invalid(message)
                .hint("write {id}:approve or {id}:close")
                .into());
        }
    };
    Ok(Json(super::view(&ctx, row)))
}
