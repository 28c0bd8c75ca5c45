//! Computes over REST.

mod act;
mod delete;
mod get;
mod list;
mod put;

use tidemill_api::compute::Compute;
use tidemill_app::compute::Compute as Row;
use tidemill_app::compute_power::{self, Power};
use tidemill_app::{Error, OpContext};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(
        put::put,
        get::get,
        delete::delete,
        act::act
    ))
}

/// One compute with its state.
async fn shown(ctx: &OpContext, row: Row) -> Result<Compute, Error> {
    let mut states = compute_power::states(ctx.app(), std::slice::from_ref(&row)).await?;
    let power = states.remove(&row.name);
    Ok(view(row, power))
}

fn view(row: Row, power: Option<Power>) -> Compute {
    let Row {
        workspace: _,
        name,
        kind,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Compute {
        name,
        r#type: kind,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        state: power.as_ref().map(|power| power.state.to_owned()),
        state_reason: power.and_then(|power| power.why),
        etag: revision.to_string(),
        created_at,
        updated_at,
    }
}
