//! `GET /workspaces/{ws}/events`: what changes, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::Path;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use serde_json::json;
use tidemill_api::problem::Problem;
use tidemill_app::event;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Follow what changes in a workspace: events `changed` with the names of jobs and runs, gathered for a moment. They say
/// where to look, not what is there; with `all`, look at everything. What happened while nobody was connected is not told.
#[utoipa::path(get, path = "/workspaces/{ws}/events", operation_id = "event_follow", tag = "event",
    params(("ws" = String, Path)),
    responses((status = OK, content_type = "text/event-stream", body = String), (status = "default", body = Problem)))]
pub(super) async fn follow(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let changes = event::follow(&ctx, &ws).await?;
    let stream = changes.map(|changes| {
        let event::Changes { jobs, runs, all } = changes;
        let data = json!({ "jobs": jobs, "runs": runs, "all": all });
        Ok(Event::default().event("changed").data(data.to_string()))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
