//! `GET /workspaces/{ws}/break-glass`: when the last stage was changed without a release, why, and who agreed.

use axum::Json;
use axum::extract::Path;
use tidemill_api::break_glass::BreakGlasses;
use tidemill_api::problem::Problem;
use tidemill_app::release::break_glass;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// When a workspace was changed without a release, why, and who agreed; newest first.
#[utoipa::path(get, path = "/workspaces/{ws}/break-glass", operation_id = "break_glass_list", tag = "release",
    params(("ws" = String, Path)),
    responses((status = OK, body = BreakGlasses), (status = "default", body = Problem)))]
pub(super) async fn list(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<Json<BreakGlasses>, ApiError> {
    let rows = break_glass::list(&ctx, &ws).await?;
    Ok(Json(BreakGlasses {
        items: rows.into_iter().map(|row| super::view(&ctx, row)).collect(),
    }))
}
