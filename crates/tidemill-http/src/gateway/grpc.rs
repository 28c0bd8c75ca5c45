//! gRPC on its way to an instance: the Open Inference Protocol, on the server's own address, without TLS or behind a proxy that ends it.
//!
//! A gRPC path has no room for an endpoint. It is named by the metadata `tidemill-endpoint: WORKSPACE/ENDPOINT`, or by the key itself.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::post;

use super::answer::{DEPLOYMENT, Trouble};
use super::{Call, forward, id, origin, token};
use crate::{Server, workspace_name};

/// The metadata that names the endpoint.
const ENDPOINT: &str = "tidemill-endpoint";
/// The service of the protocol.
const SERVICE: &str = "inference.GRPCInferenceService";

/// The one service that passes.
pub(super) fn router() -> Router<Server> {
    Router::new().route("/inference.GRPCInferenceService/{method}", post(call))
}

async fn call(State(server): State<Server>, Path(method): Path<String>, request: Request) -> Response {
    let gateway = &server.app.gateway;
    let named = request
        .headers()
        .get(ENDPOINT)
        .and_then(|value| value.to_str().ok());
    let shown = token(&request).unwrap_or_default().to_owned();
    let place = match named {
        Some(name) => {
            let (workspace, endpoint) = name.split_once('/').unwrap_or(("default", name));
            Some((workspace_name::named(workspace.to_owned()), endpoint.to_owned()))
        }
        None => gateway.place_of(&server.app, &shown),
    };
    let Some((workspace, endpoint)) = place else {
        return refuse(Trouble::WhichEndpoint, None);
    };
    let Some(route) = gateway.route(&workspace, &endpoint) else {
        return refuse(Trouble::NoEndpoint(&endpoint), None);
    };
    let origin = origin(&request);
    let caller = route
        .caller(&server.app, (&workspace, &endpoint), &shown, origin)
        .await;
    let Some(caller) = caller else {
        return refuse(Trouble::WhoAreYou(&endpoint), None);
    };
    let call = Call {
        workspace,
        endpoint,
        path: format!("{SERVICE}/{method}"),
        id: id(&request),
        caller: caller.word().to_owned(),
        grpc: true,
    };
    forward(&server, &route, call, request).await
}

/// The answer for a call that no instance answers: trailers alone, as gRPC has it.
pub(super) fn refuse(trouble: Trouble<'_>, deployment: Option<&str>) -> Response {
    let code = match trouble.status() {
        StatusCode::UNAUTHORIZED => 16,
        StatusCode::NOT_FOUND => 5,
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::TOO_MANY_REQUESTS => 8,
        StatusCode::BAD_REQUEST => 3,
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => 4,
        _ => 14,
    };
    let (_, message) = trouble.said();
    let message = percent_encoding::utf8_percent_encode(&message, percent_encoding::CONTROLS).to_string();
    let mut answer = Response::new(Body::empty());
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from(code));
    let told = [
        ("grpc-message", Some(message)),
        (DEPLOYMENT, deployment.map(str::to_owned)),
    ];
    for (name, text) in told {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
    answer
}

/// The status of HTTP that says what a call's answer says, for figures and the log of requests. One that is only known
/// at the end of a stream counts as answered; an answer that is none of gRPC counts as what it is.
pub(super) fn status(answer: StatusCode, headers: &HeaderMap) -> StatusCode {
    let code = headers.get("grpc-status").and_then(|value| value.to_str().ok());
    match code {
        None => answer,
        Some("0") => StatusCode::OK,
        Some("3" | "9" | "11") => StatusCode::BAD_REQUEST,
        Some("4") => StatusCode::GATEWAY_TIMEOUT,
        Some("5") => StatusCode::NOT_FOUND,
        Some("7") => StatusCode::FORBIDDEN,
        Some("8") => StatusCode::TOO_MANY_REQUESTS,
        Some("12") => StatusCode::NOT_IMPLEMENTED,
        Some("14") => StatusCode::SERVICE_UNAVAILABLE,
        Some("16") => StatusCode::UNAUTHORIZED,
        Some(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_trailers_and_counted_as_what_it_is() {
        for (trouble, code, counted) in [
            (Trouble::WhoAreYou("iris"), "16", 401),
            (Trouble::NoDeployment("blue"), "5", 404),
            (Trouble::Busy("blue"), "8", 429),
            (Trouble::NoInstance("blue"), "14", 503),
            (Trouble::TooLarge, "8", 429),
        ] {
            let answer = refuse(trouble, Some("blue"));
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()["grpc-status"], code);
            assert_eq!(answer.headers()[DEPLOYMENT], "blue");
            assert_eq!(status(answer.status(), answer.headers()).as_u16(), counted);
        }
        for plain in [StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY] {
            assert_eq!(status(plain, &HeaderMap::new()), plain);
        }
    }
}
