//! `GET /session/callback`: the browser is back from a provider; a session begins, or a page says why not.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tidemill_api::access::SignInReturn;
use tidemill_app::session::SESSION_MS;
use tidemill_app::sign_in::{Returned, finish};

use crate::Server;
use crate::extract::From;
use crate::problem::ApiError;

/// Finish a sign-in with an account elsewhere. The answer is a page that leads on: a browser that follows a redirect from another
/// site would leave the new cookie behind.
#[utoipa::path(get, path = "/session/callback", operation_id = "session_callback", tag = "session", params(SignInReturn),
    responses((status = OK, description = "A page that leads to the studio.", content_type = "text/html"),
        (status = UNAUTHORIZED, description = "A page that says why not.", content_type = "text/html")))]
pub(super) async fn callback(
    State(server): State<Server>,
    From(origin): From,
    Query(query): Query<SignInReturn>,
    headers: HeaderMap,
) -> Response {
    let SignInReturn {
        state,
        code,
        error,
        error_description,
        iss,
    } = query;
    let returned = Returned {
        state,
        code,
        error,
        error_description,
        issuer: iss,
    };
    let secure = super::is_secure(&headers);
    let mut response = match finish(&server.app, returned, super::browser(&headers), &origin).await {
        Ok(done) => {
            let page = escaped(&done.page);
            let mut response = page_of(
                "Signed in",
                &format!("<meta http-equiv=\"refresh\" content=\"0;url={page}\">"),
                &format!("<p>Signed in. <a href=\"{page}\">Go on</a></p>"),
            );
            if let Some(cookie) = super::cookie(&done.session, SESSION_MS / 1000, secure) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => {
            let message = escaped(&error.message);
            let hint = error.hint.as_deref().map(escaped).unwrap_or_default();
            let status = ApiError(error).into_response().status();
            let mut response = page_of(
                "Not signed in",
                "",
                &format!(
                    "<h1>Not signed in</h1><p>{message}</p><p>{hint}</p><p><a href=\"/ui/\">Back to the sign-in</a></p>"
                ),
            );
            *response.status_mut() = if status.is_server_error() {
                status
            } else {
                StatusCode::UNAUTHORIZED
            };
            response
        }
    };
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    fields.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    response
}

fn page_of(title: &str, head: &str, body: &str) -> Response {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Tidemill</title>{head}</head><body>{body}</body></html>"
    ))
    .into_response()
}

/// Text in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
