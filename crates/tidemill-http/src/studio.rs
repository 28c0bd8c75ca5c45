//! The studio: the web page below `/ui`, embedded in the binary. It is a client of the public API like any other.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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
    font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The frame in which HTML that a run logged is shown. It may run scripts, for reports draw with them, but in an origin of
/// its own: it sees neither the page nor the API, and reaches nothing over the network.
const FRAME: &str = "frame.html";
const FRAME_POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; \
    worker-src blob:; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Files that the build packed, by the name of their packing in `Accept-Encoding`, the best first.
const PACKINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// `/`, which leads to the studio, and everything below `/ui`. MLflow's own links, `/#/experiments/…`, come along: a browser
/// keeps what follows the `#`.
pub(crate) fn router() -> Router<Server> {
    Router::new()
        .route("/", get(async || found("/ui/")))
        .route("/workspaces/{workspace}", get(of_workspace))
        .route("/workspaces/{workspace}/", get(of_workspace))
        .route("/ui", get(async || found("/ui/")))
        .route("/ui/", get(async |headers: HeaderMap| page(&headers)))
        .route("/ui/{*path}", get(file))
}

/// Where a workspace is the tracking URI, its links begin with it.
async fn of_workspace(Path(workspace): Path<String>) -> Response {
    let plain = workspace
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain {
        found(&format!("/ui/workspaces/{workspace}"))
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// A file of the build; for every other path the page, which finds its way by the path.
async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    // Names below assets/ carry a hash of what they hold.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    match answer(&path, caching, &headers) {
        Some(answer) => answer,
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => page(&headers),
    }
}

fn page(headers: &HeaderMap) -> Response {
    answer("index.html", "no-cache", headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// A file as the client can unpack it.
fn answer(path: &str, caching: &'static str, asked: &HeaderMap) -> Option<Response> {
    let plain = Dist::get(path)?;
    let (data, packing) = packed(path, asked).map_or((plain.data, None), |(data, name)| (data, Some(name)));
    let body = match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let headers: [(HeaderName, &'static str); 6] = [
        (header::CONTENT_TYPE, kind(path)),
        (header::CACHE_CONTROL, caching),
        (
            header::CONTENT_SECURITY_POLICY,
            if path == FRAME { FRAME_POLICY } else { POLICY },
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::VARY, "accept-encoding"),
    ];
    let mut response = (headers, body).into_response();
    if let Some(packing) = packing {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static(packing));
    }
    Some(response)
}

fn packed(path: &str, asked: &HeaderMap) -> Option<(Cow<'static, [u8]>, &'static str)> {
    let accepted = asked.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let takes = |name: &str| {
        accepted.split(',').any(|each| {
            let (coding, weight) = each.split_once(';').unwrap_or((each, ""));
            coding.trim() == name && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    };
    PACKINGS
        .iter()
        .filter(|(name, _)| takes(name))
        .find_map(|(name, ending)| Some((Dist::get(&format!("{path}{ending}"))?.data, *name)))
}

fn found(to: &str) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else {
        return StatusCode::NOT_FOUND.into_response();
    };
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
        let response = file(Path(path.to_owned()), HeaderMap::new()).await;
        let kind = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        (response.status().as_u16(), kind.unwrap_or_default().to_owned())
    }

    #[tokio::test]
    async fn every_deep_link_is_the_page() {
        let page = (200, "text/html; charset=utf-8".to_owned());
        for path in [
            "index.html",
            "workspaces/default",
            "workspaces/default/jobs/calm_tide.v1",
        ] {
            assert_eq!(asked(path).await, page, "{path}");
        }
    }

    #[tokio::test]
    async fn a_file_of_another_build_is_not_the_page() {
        assert_eq!(asked("assets/index-gone.js").await.0, 404);
    }

    #[tokio::test]
    async fn files_are_packed_for_who_can_unpack_them_and_no_page_is_framed() {
        let Some(script) = Dist::iter().find(|path| path.ends_with(".js.br")) else {
            return;
        };
        let path = script.trim_end_matches(".br").to_owned();
        for (accepts, packing) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, identity", None),
        ] {
            let headers =
                HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepts))]);
            let response = file(Path(path.clone()), headers).await;
            let found = response
                .headers()
                .get(header::CONTENT_ENCODING)
                .and_then(|name| name.to_str().ok());
            assert_eq!(found, packing, "{accepts}");
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "text/javascript; charset=utf-8"
            );
        }
    }

    #[tokio::test]
    async fn what_a_run_logged_is_framed_in_an_origin_of_its_own() {
        let policy = async |path: &str| {
            let response = file(Path(path.to_owned()), HeaderMap::new()).await;
            response.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .expect("it is ASCII")
                .to_owned()
        };
        if Dist::get(FRAME).is_some() {
            let policy = policy(FRAME).await;
            assert!(policy.starts_with("sandbox allow-scripts;") && !policy.contains("allow-same-origin"));
            assert!(!policy.contains("connect-src"), "{policy}");
        }
        assert!(!policy("index.html").await.contains("script-src 'self' 'unsafe"));
    }

    #[tokio::test]
    async fn a_workspace_leads_to_its_page_and_nowhere_else() {
        for (name, status) in [("credit-risk", 302), ("a/b", 404), ("a\r\nb", 404)] {
            assert_eq!(
                of_workspace(Path(name.to_owned())).await.status().as_u16(),
                status,
                "{name}"
            );
        }
    }
}
