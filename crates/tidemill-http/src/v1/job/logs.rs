//! `GET /workspaces/{ws}/jobs/{name}/logs`: logs and states of a job and its steps, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tidemill_api::problem::Problem;
use tidemill_app::job::{self, LogEvent};
use utoipa::IntoParams;

use crate::extract::Ctx;
use crate::problem::ApiError;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// Go on until the job ends; else what there is now.
    #[serde(default)]
    follow: bool,
}

/// Follow the logs and states of a job and its steps: events `log`, `status`, `progress` and, at last, `end`. Each log
/// event says where in its file it starts, so that a client that connects again can leave out what it has.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}/logs", operation_id = "job_logs", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path), LogQuery),
    responses((status = OK, content_type = "text/event-stream", body = String), (status = "default", body = Problem)))]
pub(super) async fn logs(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let events = job::follow(&ctx, &ws, &name, query.follow).await?;
    let stream = events.map(|event| {
        let (kind, data) = wire(event);
        Ok(Event::default().event(kind).data(data.to_string()))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

fn wire(event: LogEvent) -> (&'static str, Value) {
    match event {
        LogEvent::Log {
            job,
            node,
            file,
            offset,
            next_offset,
            text,
        } => (
            "log",
            json!({ "job": job, "node": node, "file": file, "offset": offset, "next_offset": next_offset, "text": text }),
        ),
        LogEvent::Status {
            job,
            node,
            status,
            reason,
            reused_from,
        } => (
            "status",
            json!({ "job": job, "node": node, "status": status, "reason": reason, "reused_from": reused_from }),
        ),
        LogEvent::Progress { job, node, message } => (
            "progress",
            json!({ "job": job, "node": node, "message": message }),
        ),
        LogEvent::End { status } => ("end", json!({ "status": status })),
    }
}
