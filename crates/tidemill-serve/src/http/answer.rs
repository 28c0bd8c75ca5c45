//! Answers of the contract: JSON, and errors as `{"message": …}`.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

/// Whether the script failed: `True` or `False`, as Python writes them.
pub(super) const FAILED: HeaderName = HeaderName::from_static("x-ms-run-function-failed");
/// How long `run()` took, in ms.
pub(super) const TOOK: HeaderName = HeaderName::from_static("x-ms-run-fn-exec-ms");
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A body with its type.
pub(crate) fn content(status: StatusCode, kind: HeaderValue, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// JSON that a script did not make.
pub(super) fn json(status: StatusCode, text: impl Into<Bytes>, failed: bool) -> Response {
    let mut response = content(status, JSON, text.into());
    response.headers_mut().insert(FAILED, python_bool(failed));
    response
}

/// An error.
pub(super) fn error(status: StatusCode, message: &str, failed: bool) -> Response {
    let message = serde_json::Value::from(message);
    json(status, format!("{{\"message\": {message}}}"), failed)
}

/// An error that is gone a second later.
pub(super) fn retry(status: StatusCode, message: &str) -> Response {
    let mut response = error(status, message, false);
    in_a_second(&mut response);
    response
}

/// Says when to come again.
pub(crate) fn in_a_second(response: &mut Response) {
    let second = HeaderValue::from_static("1");
    response.headers_mut().insert(header::RETRY_AFTER, second);
}

fn python_bool(value: bool) -> HeaderValue {
    HeaderValue::from_static(if value { "True" } else { "False" })
}
