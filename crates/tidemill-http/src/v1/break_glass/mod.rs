//! Break-glass over REST.

mod act;
mod list;
mod open;

use tidemill_api::break_glass::BreakGlass;
use tidemill_app::OpContext;
use tidemill_app::release::break_glass::{Row, state};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list, open::open))
        .routes(routes!(act::act))
}

fn view(ctx: &OpContext, row: Row) -> BreakGlass {
    let state = state(&row, ctx.now_ms()).to_owned();
    let Row {
        id,
        workspace,
        reason,
        asked_by,
        asked_at,
        minutes,
        approved_by,
        approved_at,
        expires_at,
        closed_by,
        uses,
    } = row;
    BreakGlass {
        id,
        workspace,
        state,
        reason,
        minutes,
        asked_by,
        approved_by,
        closed_by,
        uses,
        asked_at,
        approved_at,
        expires_at,
    }
}
