//! Paths as clients write them: `//score`, which is an address with a slash and a path with one, is `/score`, and so is `/%73core`.

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
    if (request.uri().path().starts_with("//") || has_needless_escape(request.uri().path()))
        && let Some(uri) = with_one_slash(request.uri())
    {
        *request.uri_mut() = uri;
    }
    request
}

/// The letter that `%` and two digits stand for, where it needs no escape (RFC 3986, 2.3).
fn unreserved(escape: &str) -> Option<char> {
    let digits = escape.get(1..3).filter(|_| escape.starts_with('%'))?;
    let letter = char::from(u8::from_str_radix(digits, 16).ok()?);
    (letter.is_ascii_alphanumeric() || "-._~".contains(letter)).then_some(letter)
}

fn has_needless_escape(path: &str) -> bool {
    path.match_indices('%')
        .any(|(at, _)| unreserved(&path[at..]).is_some())
}

fn without_needless_escapes(path: &str) -> String {
    let (mut found, mut rest) = (String::with_capacity(path.len()), path);
    while let Some(at) = rest.find('%') {
        found.push_str(&rest[..at]);
        rest = &rest[at..];
        let letter = unreserved(rest);
        found.push(letter.unwrap_or('%'));
        rest = &rest[if letter.is_some() { 3 } else { 1 }..];
    }
    found + rest
}

fn with_one_slash(uri: &Uri) -> Option<Uri> {
    let target = uri.path_and_query()?.as_str();
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let path = without_needless_escapes(path);
    let target: PathAndQuery = format!("/{}{query}", path.trim_start_matches('/')).parse().ok()?;
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
            ("/%73co%72e?%61", "/score?%61"),
            ("/v2/models/a%2Fb%20c%", "/v2/models/a%2Fb%20c%"),
        ] {
            let request = Request::builder()
                .uri(given)
                .body(axum::body::Body::empty())
                .expect("a request");
            assert_eq!(trimmed(request).uri(), expected);
        }
    }
}
