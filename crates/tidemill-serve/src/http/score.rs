//! `/score`: one request to the scoring script.

use std::net::SocketAddr;
use std::str::FromStr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::{App, Ready, answer, body};
use crate::log::Level;
use crate::worker::{Ask, Kind, Pool, Refused, Reply};

pub(super) async fn score(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, content) = request.into_parts();
    let (access, refused) = Access::begin(parts, &app);
    let response = match refused {
        Some(response) => response,
        None => match run(&app, &access, peer, content).await {
            Ok(response) | Err(response) => response,
        },
    };
    access.end(response, &app)
}

/// What a worker is told of a request.
#[derive(Debug, Serialize)]
pub(super) struct Meta<'a> {
    id: &'a str,
    method: &'a str,
    path: &'a str,
    query: &'a str,
    r#type: &'a str,
    timeout_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<(&'a str, String)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
}

impl<'a> Meta<'a> {
    /// Of a request whose headers the worker does not need.
    pub(super) fn of(access: &'a Access, kind: &'a str, timeout_ms: u64) -> Vec<u8> {
        let meta = Self {
            id: access.ids.logged(),
            method: access.parts.method.as_str(),
            path: access.parts.uri.path(),
            query: access.parts.uri.query().unwrap_or_default(),
            r#type: kind,
            timeout_ms,
            headers: None,
            peer: None,
        };
        // Texts and a number are always JSON.
        serde_json::to_vec(&meta).unwrap_or_default()
    }
}

/// The workers of the model; an ONNX model has none.
#[expect(clippy::result_large_err, reason = "the answer is sent as it is")]
fn workers<'a>(app: &App, ready: &'a Ready) -> Result<&'a Pool, Response> {
    ready.pool.as_ref().ok_or_else(|| {
        let name = &app.config().name;
        let message =
            format!("This model is served by the Open Inference Protocol: POST /v2/models/{name}/infer");
        answer::error(StatusCode::NOT_FOUND, &message, false)
    })
}

async fn run(app: &App, access: &Access, peer: SocketAddr, content: Body) -> Result<Response, Response> {
    let ready = app.ready()?;
    let (parts, config) = (&access.parts, app.config());
    let facts = workers(app, ready)?.facts_of_requests();
    let body = body::read(&parts.headers, content, config.max_body_bytes).await?;
    if !facts.raw && parts.method == Method::OPTIONS {
        let mut response = answer::json(StatusCode::OK, Bytes::new(), false);
        response.headers_mut().insert(header::CONTENT_TYPE, answer::HTML);
        return Ok(response);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let meta = Meta {
        id: access.ids.logged(),
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        r#type: kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default(),
        timeout_ms: app.timeout_ms(),
        headers: facts.wants_headers.then(|| texts(&parts.headers)),
        peer: facts.wants_headers.then(|| peer.ip().to_string()),
    };
    let meta = serde_json::to_vec(&meta).map_err(|error| internal(&error.to_string()))?;
    ask(app, access, Ask::Score, &meta, body).await
}

/// Asks a worker; its answer becomes the request's, and so does its death.
pub(super) async fn ask(
    app: &App,
    access: &Access,
    ask: Ask,
    meta: &[u8],
    body: Bytes,
) -> Result<Response, Response> {
    let ready = app.ready()?;
    let size = body.len();
    let answered = workers(app, ready)?.ask(ask, meta, body).await;
    answered.map(response).map_err(|why| {
        if let Refused::Died(pid) | Refused::Hung(pid) = &why {
            let what = match why {
                Refused::Died(_) => "died",
                _ => "did not stop when its time was up, and was ended",
            };
            let (method, path) = (&access.parts.method, access.parts.uri.path());
            let told =
                format_args!("Worker with pid {pid} {what} while it ran {method} {path} with {size} bytes");
            app.log().line(Level::Error, Some(access.ids.logged()), told);
        }
        refusal(&why, app)
    })
}

/// Headers as texts; bytes that are no ASCII are read as Latin-1, as WSGI does.
fn texts(headers: &HeaderMap) -> Vec<(&str, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect()
}

/// The bytes of a text in a header: Latin-1, as WSGI sends it, and UTF-8 where that has not got a letter.
fn latin(text: &str) -> Vec<u8> {
    let bytes: Result<Vec<u8>, _> = text
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)))
        .collect();
    bytes.unwrap_or_else(|_| text.as_bytes().to_vec())
}

fn refusal(why: &Refused, app: &App) -> Response {
    let config = app.config();
    match why {
        Refused::Full => {
            let (queue, workers) = (config.max_queue, config.workers);
            let message =
                format!("Too many requests: {queue} wait already for {workers} workers. Try again later.");
            answer::retry(StatusCode::TOO_MANY_REQUESTS, &message)
        }
        Refused::Late => {
            let waited_ms = config.request_timeout.as_millis();
            let message =
                format!("Too many requests: no worker was free within {waited_ms} ms. Try again later.");
            answer::retry(StatusCode::TOO_MANY_REQUESTS, &message)
        }
        Refused::Down(why) => {
            answer::retry(StatusCode::SERVICE_UNAVAILABLE, &format!("No worker runs: {why}"))
        }
        Refused::Died(_) => {
            let message = "The worker that ran this request died. Check the logs for more info.";
            answer::error(StatusCode::BAD_GATEWAY, message, true)
        }
        Refused::Hung(_) => {
            let message = "run() did not stop when its time was up, so its worker was ended.";
            answer::error(StatusCode::GATEWAY_TIMEOUT, message, true)
        }
    }
}

fn internal(_: &str) -> Response {
    answer::error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "An unexpected internal error occurred. Check the logs for more info.",
        false,
    )
}

fn response(reply: Reply) -> Response {
    match reply.kind {
        Kind::Json => {
            let mut response = answer::json(StatusCode::OK, reply.body, false);
            if let Ok(took) = HeaderValue::from_maybe_shared(reply.meta) {
                response.headers_mut().insert(answer::TOOK, took);
            }
            response
        }
        Kind::Raw => raw(&reply.meta, reply.body).unwrap_or_else(|error| internal(&error)),
        Kind::Error => failed(&reply.meta).unwrap_or_else(|error| internal(&error.to_string())),
        Kind::Inferred | Kind::Ready | Kind::Failed => internal("an answer out of place"),
    }
}

fn failed(meta: &[u8]) -> Result<Response, serde_json::Error> {
    #[derive(Deserialize)]
    struct Failed {
        status: u16,
        message: String,
        failed: bool,
    }
    let Failed {
        status,
        message,
        failed,
    } = serde_json::from_slice(meta)?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok(answer::error(status, &message, failed))
}

/// An answer that a script made itself. What cannot stand in HTTP is an error of the script.
fn raw(meta: &[u8], body: Bytes) -> Result<Response, String> {
    #[derive(Deserialize)]
    struct Raw {
        status: u16,
        headers: Vec<(String, String)>,
        ms: Option<String>,
    }
    let Raw { status, headers, ms } = serde_json::from_slice(meta).map_err(|error| error.to_string())?;
    let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
    let empty =
        status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED || status.is_informational();
    let mut response = Response::new(if empty { Body::empty() } else { Body::from(body) });
    *response.status_mut() = status;
    let own = headers
        .into_iter()
        .chain(ms.map(|ms| (answer::TOOK.to_string(), ms)));
    for (name, value) in own {
        let name = HeaderName::from_str(&name).map_err(|error| error.to_string())?;
        let value = HeaderValue::from_bytes(&latin(&value)).map_err(|error| error.to_string())?;
        // The length is that of the body, and the connection is the server's.
        if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING && name != header::CONNECTION {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}
