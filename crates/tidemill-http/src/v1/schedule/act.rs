//! `POST /workspaces/{ws}/schedules/{name}:enable`, `:disable` and `:trigger`.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::schedule::Schedule;
use tidemill_app::{Error, schedule};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on a schedule: `{name}:enable` and `:disable` switch it on and off, `:trigger` submits its job now.
#[utoipa::path(post, path = "/workspaces/{ws}/schedules/{name}", operation_id = "schedule_act", tag = "schedule",
    params(("ws" = String, Path), ("name" = String, Path, description = "The schedule's name and the action, as in `nightly:trigger`.")),
    responses((status = OK, body = Schedule), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, name_and_action)): Path<(String, String)>,
) -> Result<Json<Schedule>, ApiError> {
    let (name, action) = name_and_action.rsplit_once(':').unwrap_or((&name_and_action, ""));
    match action {
        "enable" => drop(schedule::set_enabled(&ctx, &ws, name, true).await?),
        "disable" => drop(schedule::set_enabled(&ctx, &ws, name, false).await?),
        "trigger" => drop(schedule::trigger(&ctx, &ws, name).await?),
        _ => {
            let message = format!("failed to act on schedule `{name}`: there is no action `{action}`");
            return Err(Error::invalid(message)
                .hint("write {name}:enable, {name}:disable or {name}:trigger")
                .into());
        }
    }
    Ok(Json(super::view(schedule::get(&ctx, &ws, name).await?)))
}
