//! Host and Origin: a web page from elsewhere must not reach a server on loopback.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tidemill_app::Error;

use crate::Server;
use crate::problem::ApiError;

/// Refuses a request whose `Host` is not one of ours (DNS rebinding), and a change whose `Origin` is not its `Host`
/// (a form or script of another site).
pub async fn host(State(server): State<Server>, request: Request, next: Next) -> Response {
    match check(&server, request.method(), request.headers(), request.uri().host()) {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError(error).into_response(),
    }
}

fn check(server: &Server, method: &Method, headers: &HeaderMap, uri_host: Option<&str>) -> Result<(), Error> {
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .or(uri_host)
        .unwrap_or_default();
    let listen = server.options.listen;
    let name = without_port(host);
    let known = ["localhost", "127.0.0.1", "[::1]"].contains(&name)
        || name == listen.ip().to_string()
        || server
            .options
            .allowed_hosts
            .iter()
            .any(|allowed| allowed == name || allowed == host);
    // On an address that others reach, everyone signs in, so that a rebound name gains nothing.
    if listen.ip().is_loopback() && !known {
        return Err(Error::forbidden(format!(
            "failed to serve host `{host}`: this server answers to loopback names"
        ))
        .hint("add the name with --allowed-host"));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let origin_host = origin.split_once("://").map_or(origin, |(_, host)| host);
    if !reads && origin_host != host {
        return Err(Error::forbidden(format!(
            "failed to change anything for origin `{origin}`: only pages of `{host}` may"
        )));
    }
    Ok(())
}

fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host[colon..].contains(']') => &host[..colon],
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_not_part_of_the_name() {
        for (host, name) in [
            ("a:80", "a"),
            ("a", "a"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
