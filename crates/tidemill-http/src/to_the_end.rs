//! A change runs to its end although its client has gone: half of one would leave waiting whoever was to be told.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Runs all but reads in a task of their own, which nothing that happens to the connection ends.
pub async fn to_the_end(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        || only_reads(request.uri().path())
    {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a handler broke off");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What is posted for the size of its body alone, and changes nothing: it ends when its client goes.
fn only_reads(path: &str) -> bool {
    path.ends_with("/data:query") || path.ends_with("/data:diff")
}
