//! The gateway: requests for endpoints, on their way to an instance and back.
//!
//! `/endpoints/{workspace}/{endpoint}/score`, and every other path behind an endpoint, is passed on as it is.

mod answer;
mod body;
mod connection;
mod forward;
mod grpc;
mod headers;
mod mirror;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header;
use axum::response::Response;
use axum::routing::any;
use tidemill_app::context::Origin;

use crate::auth::RequestId;
use crate::{Server, workspace_name};
use answer::{Trouble, refuse};
pub(crate) use forward::{Call, forward};

/// The most bytes of a request's body; one that is larger is answered with 413.
pub const BODY_LIMIT_BYTES: u64 = 256 << 20;

/// Every path behind every endpoint.
pub fn router() -> Router<Server> {
    Router::new()
        .route("/endpoints/{ws}/{endpoint}/{*path}", any(call))
        .merge(grpc::router())
}

async fn call(
    State(server): State<Server>,
    Path((workspace, endpoint, path)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let (workspace, id) = (workspace_name::named(workspace), id(&request));
    let Some(route) = server.app.gateway.route(&workspace, &endpoint) else {
        return refuse(Trouble::NoEndpoint(&endpoint), None);
    };
    let caller = match token(&request) {
        Some(token) => {
            let place = (workspace.as_str(), endpoint.as_str());
            route.caller(&server.app, place, token, origin(&request)).await
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
        grpc: false,
    };
    forward(&server, &route, call, request).await
}

/// Where a request comes from.
fn origin(request: &Request) -> Origin {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    Origin {
        peer: peer.map(|info| info.0.ip()),
        surface: "gateway".into(),
        ..Origin::default()
    }
}

/// The id of a request.
fn id(request: &Request) -> String {
    let id = request.extensions().get::<RequestId>();
    id.map(|id| id.0.clone()).unwrap_or_default()
}

/// What a caller shows behind `Bearer`.
fn token(request: &Request) -> Option<&str> {
    let shown = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
