//! The studio: the web page below `/ui`, embedded in the binary. It is a client of the public API like any other.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::Server;

/// What `ui/dist` held when this was built; without it, a page that says how to build it.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/studio"]
struct Dist;

/// Scripts come from here alone; styles may also be set inline, for Mantine and the charts write theirs that way.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/`, which leads to the studio, and everything below `/ui`. MLflow's own links, `/#/experiments/…`, come along: a browser
/// keeps what follows the `#`.
pub(crate) fn router() -> Router<Server> {
    Router::new()
        .route("/", get(async || found("/ui/")))
        .route("/workspaces/{workspace}", get(of_workspace))
        .route("/workspaces/{workspace}/", get(of_workspace))
        .route("/ui", get(async || found("/ui/")))
        .route("/ui/", get(async || page()))
        .route("/ui/{*path}", get(file))
}

/// Where a workspace is the tracking URI, its links begin with it.
async fn of_workspace(Path(workspace): Path<String>) -> Response {
    let plain = workspace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { found(&format!("/ui/workspaces/{workspace}")) } else { StatusCode::NOT_FOUND.into_response() }
}

/// A file of the build; for every other path the page, which finds its way by the path.
async fn file(Path(path): Path<String>) -> Response {
    match Dist::get(&path) {
        Some(_) if path == "index.html" => page(),
        // Names below assets/ carry a hash of what they hold.
        Some(found) if path.starts_with("assets/") => {
            answer(kind(&path), found.data, "public, max-age=31536000, immutable")
        }
        Some(found) => answer(kind(&path), found.data, "no-cache"),
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => page(),
    }
}

fn page() -> Response {
    match Dist::get("index.html") {
        Some(found) => answer("text/html; charset=utf-8", found.data, "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(kind: &'static str, data: Cow<'static, [u8]>, caching: &'static str) -> Response {
    let body = match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, body).into_response()
}

fn found(to: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else { return StatusCode::NOT_FOUND.into_response() };
    (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(path: &str) -> (u16, String) {
        let response = file(Path(path.to_owned())).await;
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        (response.status().as_u16(), kind.unwrap_or_default().to_owned())
    }

    #[tokio::test]
    async fn every_deep_link_is_the_page() {
        let page = (200, "text/html; charset=utf-8".to_owned());
        for path in ["index.html", "workspaces/default", "workspaces/default/jobs/calm_tide.v1"] {
            assert_eq!(asked(path).await, page, "{path}");
        }
    }

    #[tokio::test]
    async fn a_file_of_another_build_is_not_the_page() {
        assert_eq!(asked("assets/index-gone.js").await.0, 404);
    }

    #[tokio::test]
    async fn a_workspace_leads_to_its_page_and_nowhere_else() {
        for (name, status) in [("credit-risk", 302), ("a/b", 404), ("a\r\nb", 404)] {
            assert_eq!(of_workspace(Path(name.to_owned())).await.status().as_u16(), status, "{name}");
        }
    }
}
