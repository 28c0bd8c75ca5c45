//! `POST /workspaces/{ws}/break-glass`: asks to change the last stage without a release.

use axum::Json;
use axum::extract::Path;
use tidemill_api::break_glass::{BreakGlass, OpenBreakGlass};
use tidemill_api::problem::Problem;
use tidemill_app::release::break_glass;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// How long it counts where nothing is said.
const MINUTES: i64 = 60;

/// Ask to change a workspace of the last stage without a release. Somebody else has to agree.
#[utoipa::path(post, path = "/workspaces/{ws}/break-glass", operation_id = "break_glass_open", tag = "release",
    params(("ws" = String, Path)),
    request_body(content = OpenBreakGlass),
    responses((status = OK, body = BreakGlass), (status = "default", body = Problem)))]
pub(super) async fn open(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(asked): Body<OpenBreakGlass>,
) -> Result<Json<BreakGlass>, ApiError> {
    let row = break_glass::open(&ctx, &ws, &asked.reason, asked.minutes.unwrap_or(MINUTES)).await?;
    Ok(Json(super::view(&ctx, row)))
}
