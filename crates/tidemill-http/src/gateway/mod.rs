//! The gateway: requests for endpoints, on their way to an instance and back.
//!
//! `/endpoints/{workspace}/{endpoint}/score`, and every other path behind an endpoint, is passed on as it is.

mod answer;
mod body;
mod connection;
mod forward;
mod headers;
mod mirror;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header;
use axum::response::Response;
use axum::routing::any;
use tidemill_app::context::Origin;

use crate::Server;
use crate::auth::RequestId;
use answer::{Trouble, refuse};
pub(crate) use forward::{Call, forward};

/// The most bytes of a request's body; one that is larger is answered with 413.
pub const BODY_LIMIT_BYTES: u64 = 256 << 20;

/// Every path behind every endpoint.
pub fn router() -> Router<Server> {
    Router::new().route("/endpoints/{ws}/{endpoint}/{*path}", any(call))
}

async fn call(
    State(server): State<Server>,
    Path((workspace, endpoint, path)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let origin = Origin {
        peer: peer.map(|info| info.0.ip()),
        surface: "gateway".into(),
        ..Origin::default()
    };
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default();
    let Some(route) = server.app.gateway.route(&workspace, &endpoint) else {
        return refuse(Trouble::NoEndpoint(&endpoint), None);
    };
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = shown
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let caller = match token {
        Some((_, token)) => {
            let place = (workspace.as_str(), endpoint.as_str());
            route.caller(&server.app, place, token.trim(), origin).await
        }
        None => None,
    };
    let Some(caller) = caller else {
        return refuse(Trouble::WhoAreYou(&endpoint), None);
    };
    let call = Call {
        workspace,
        endpoint,
        path,
        id,
        caller: caller.word().to_owned(),
    };
    forward(&server, &route, call, request).await
}
