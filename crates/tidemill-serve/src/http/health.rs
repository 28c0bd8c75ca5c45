//! `/`: whether the model is ready and somebody is there to run it.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

use super::access::Access;
use super::{App, answer};

pub(super) async fn get(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let (access, refused) = Access::begin(parts, &app);
    let response = refused.unwrap_or_else(|| healthy(&app));
    access.quiet().end(response, &app)
}

fn healthy(app: &App) -> Response {
    match app.not_ready() {
        None => answer::content(StatusCode::OK, answer::HTML, Bytes::from_static(b"Healthy")),
        Some(why) => answer::retry(StatusCode::SERVICE_UNAVAILABLE, &why),
    }
}

pub(super) async fn options(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let (access, refused) = Access::begin(parts, &app);
    let response = refused.unwrap_or_else(|| {
        let mut response = answer::content(StatusCode::OK, answer::HTML, Bytes::new());
        let allowed = HeaderValue::from_static("GET, HEAD, OPTIONS");
        response.headers_mut().insert(header::ALLOW, allowed);
        response
    });
    access.quiet().end(response, &app)
}
