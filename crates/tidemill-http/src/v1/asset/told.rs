//! Work that reads bytes: a plain answer at its end, or events on the way for a client that asks for them.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidemill_api::asset::{AssetProgress, AssetVersion};
use tidemill_app::Error;
use tidemill_objects::Progress;

use crate::problem::{ApiError, problem};

/// How often progress is told.
const EVERY: Duration = Duration::from_millis(200);

/// What is done so far.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Progress for Counter {
    fn advance(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Counter {
    fn now(&self) -> AssetProgress {
        AssetProgress {
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// Answers with what the work makes. To `Accept: text/event-stream` come the events `progress`, then `done` or
/// `problem`. A client that goes away stops the work.
pub(crate) async fn told<F, W>(headers: &HeaderMap, work: F) -> Result<Response, ApiError>
where
    F: FnOnce(Arc<Counter>) -> W,
    W: Future<Output = Result<AssetVersion, Error>> + Send + 'static,
{
    let counter = Arc::new(Counter::default());
    let work = work(counter.clone());
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !accepts.contains("text/event-stream") {
        return Ok(Json(work.await?).into_response());
    }
    let events = async_stream::stream! {
        let mut work = Box::pin(work);
        let mut last = None;
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                () = tokio::time::sleep(EVERY) => {
                    let now = counter.now();
                    if last.as_ref() != Some(&now) {
                        yield Ok::<_, Infallible>(event("progress", &now));
                        last = Some(now);
                    }
                }
            }
        };
        match done {
            Ok(view) => {
                yield Ok(event("progress", &counter.now()));
                yield Ok(event("done", &view));
            }
            Err(error) => yield Ok(event("problem", &problem(error))),
        }
    };
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

fn event(name: &str, data: &impl Serialize) -> Event {
    let text = serde_json::to_string(data).expect("wire types are made of strings, numbers and maps");
    Event::default().event(name).data(text)
}
