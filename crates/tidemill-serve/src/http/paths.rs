//! Paths as clients write them: `//score`, which is an address with a slash and a path with one, is `/score`.

use axum::Router;
use axum::extract::Request;
use axum::http::uri::{PathAndQuery, Uri};
use tower::Layer as _;
use tower::util::{MapRequest, MapRequestLayer};

/// The router behind a look at the path.
pub(crate) fn one_slash(router: Router) -> MapRequest<Router, fn(Request) -> Request> {
    MapRequestLayer::new(trimmed as fn(Request) -> Request).layer(router)
}

fn trimmed(mut request: Request) -> Request {
    if request.uri().path().starts_with("//")
        && let Some(uri) = with_one_slash(request.uri())
    {
        *request.uri_mut() = uri;
    }
    request
}

fn with_one_slash(uri: &Uri) -> Option<Uri> {
    let target = uri.path_and_query()?.as_str();
    let target: PathAndQuery = format!("/{}", target.trim_start_matches('/')).parse().ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_beginning_are_one() {
        for (given, expected) in [
            ("//score?a=//b", "/score?a=//b"),
            ("///", "/"),
            ("/score", "/score"),
            ("/a//b", "/a//b"),
        ] {
            let request = Request::builder()
                .uri(given)
                .body(axum::body::Body::empty())
                .expect("a request");
            assert_eq!(trimmed(request).uri(), expected);
        }
    }
}
