//! A workspace has one name, and Azure's way to write it (`My_Team`) means the same one (`my-team`): in every URL, before anything looks at it.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// What stands before the name of a workspace in a URL of REST.
const BEFORE: &str = "/api/v1/workspaces/";

/// The same request, with the name under which its workspace is known. A request that makes or acts on the workspace itself keeps what
/// it says: the name as it was given is shown to people.
pub fn known(mut request: Request) -> Request {
    if let Some(uri) = rewritten(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn rewritten(uri: &Uri) -> Option<Uri> {
    let (given, rest) = uri.path().strip_prefix(BEFORE)?.split_once('/')?;
    let is_other = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'%');
    if !given.bytes().any(is_other) {
        return None;
    }
    let name = percent_encoding::percent_decode_str(given).decode_utf8().ok()?;
    let name = plain(&name)?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{BEFORE}{name}/{rest}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

/// The name under which a workspace is known, whichever way it is written; none of what is no name of one.
fn plain(given: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let name = !given.is_empty() && given.bytes().all(is_plain);
    name.then(|| given.to_ascii_lowercase().replace('_', "-"))
}

/// The same, where the name stands by itself: what is no name stays, and is found nowhere.
pub fn named(given: String) -> String {
    let is_other = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    match given.bytes().any(is_other) {
        true => plain(&given).unwrap_or(given),
        false => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_by_itself_is_the_one_that_is_known() {
        for (given, wanted) in [
            ("My_Team", "my-team"),
            ("my-team", "my-team"),
            ("A/b", "A/b"),
            ("", ""),
        ] {
            assert_eq!(named(given.into()), wanted);
        }
    }

    #[test]
    fn a_name_as_azure_has_it_is_the_one_that_is_known_and_everything_else_stays() {
        for (given, wanted) in [
            (
                "/api/v1/workspaces/My_Team/computes?limit=1",
                Some("/api/v1/workspaces/my-team/computes?limit=1"),
            ),
            (
                "/api/v1/workspaces/%4Dy%5Fteam/jobs/A_b",
                Some("/api/v1/workspaces/my-team/jobs/A_b"),
            ),
            (
                "http://host/api/v1/workspaces/LAB/jobs/a%2Fb",
                Some("http://host/api/v1/workspaces/lab/jobs/a%2Fb"),
            ),
            ("/api/v1/workspaces/my-team/computes", None),
            ("/api/v1/workspaces/My_Team", None),
            ("/api/v1/workspaces/My_Team:archive", None),
            ("/api/v1/workspaces/%2e%2e/computes", None),
            ("/api/v1/workspaces/lab%2F..%2Fother/computes", None),
            ("/api/v1/workspaces//computes", None),
            ("/api/v1/groups/Eu_1/secrets", None),
            ("/workspaces/My_Team/api/2.0/mlflow/runs/get", None),
        ] {
            let uri: Uri = given.parse().expect("a URI");
            assert_eq!(
                rewritten(&uri).map(|uri| uri.to_string()).as_deref(),
                wanted,
                "{given}"
            );
        }
    }
}
