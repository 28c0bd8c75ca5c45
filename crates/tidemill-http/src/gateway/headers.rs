//! Which headers go on to an instance, and which come back.

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::answer::DEPLOYMENT;

/// Headers that are between two neighbours, and no more.
const OF_THE_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

fn drop_of_the_connection(headers: &mut HeaderMap) {
    // A connection may name more that are its own.
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_THE_CONNECTION).chain([&KEEP_ALIVE]) {
        headers.remove(name);
    }
}

/// Makes the headers of a request those that an instance gets: without the key of the caller, with the id of the request.
pub(super) fn to_instance(headers: &mut HeaderMap, id: &str, host: &str) {
    drop_of_the_connection(headers);
    headers.remove(header::AUTHORIZATION);
    headers.remove(header::COOKIE);
    if let Ok(host) = HeaderValue::from_str(host) {
        headers.insert(header::HOST, host);
    }
    // `x-ms-request-id` is left to callers: Azure's server warns of each request that comes with it, and tells this id in its place.
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// Headers that speak for the whole of this address, which is the studio's too.
const OF_THE_SITE: [HeaderName; 2] = [
    header::STRICT_TRANSPORT_SECURITY,
    HeaderName::from_static("clear-site-data"),
];

/// Makes the headers of an instance's answer those that a caller gets.
pub(super) fn to_caller(headers: &mut HeaderMap, deployment: &str) {
    drop_of_the_connection(headers);
    for name in &OF_THE_SITE {
        headers.remove(name);
    }
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies.into_iter().filter(|cookie| !is_ours(cookie)) {
        headers.append(header::SET_COOKIE, cookie);
    }
    if let Ok(name) = HeaderValue::from_str(deployment) {
        headers.insert(DEPLOYMENT, name);
    }
}

/// Whether a cookie is one of the studio's, in which a scoring script has no say. A browser takes one without a name as it stands, so that
/// its value may hold the name.
fn is_ours(cookie: &HeaderValue) -> bool {
    let text = String::from_utf8_lossy(cookie.as_bytes());
    let pair = text.split(';').next().unwrap_or_default();
    pair.contains("tidemill")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_with_the_gateway_and_what_belongs_to_a_connection_there() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer secret"),
            ("cookie", "tidemill_session=x"),
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("keep-alive", "5"),
            ("transfer-encoding", "chunked"),
            ("content-type", "application/json"),
            ("x-ms-client-request-id", "c"),
            ("host", "mill.example.org"),
        ] {
            headers.insert(
                name.parse::<HeaderName>().expect("a name"),
                HeaderValue::from_static(value),
            );
        }
        to_instance(&mut headers, "id-1", "127.0.0.1:9");
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            ["content-type", "host", "x-ms-client-request-id", "x-request-id"]
        );
        assert_eq!(headers["host"], "127.0.0.1:9");
    }

    #[test]
    fn a_scoring_script_has_no_say_in_the_cookies_of_the_studio() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("set-cookie", "tidemill_session=of-somebody-else"),
            ("clear-site-data", "\"*\""),
            ("x-mine", "1"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        for cookie in ["=tidemill_session=nameless", "own=1; Path=/tidemill", "more=2"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        to_caller(&mut headers, "blue");
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["own=1; Path=/tidemill", "more=2"]);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["azureml-model-deployment", "set-cookie", "x-mine"]);
    }
}
