//! One request: which deployment, whose turn, there and back, and what is noted of it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode, Uri};
use axum::response::Response;
use hyper::body::Incoming;
use tidemill_app::gateway::{Backend, Entry, Lease, NoTurn, Pick, Route, Turn};

use super::answer::{DEPLOYMENT, Trouble, refuse, status_for};
use super::body::{Held, Ready, ready, streaming};
use super::connection::{Connection, Failed, send, send_over_h2};
use super::{grpc, headers, mirror};
use crate::Server;

/// How long at least another instance is tried when one was not reached: until then its end has been noticed.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What is known of a request beside itself.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The workspace.
    pub(crate) workspace: String,
    /// The endpoint.
    pub(crate) endpoint: String,
    /// The path behind it, without its first slash.
    pub(crate) path: String,
    /// The id of the request.
    pub(crate) id: String,
    /// Who calls.
    pub(crate) caller: String,
    /// By gRPC.
    pub(crate) grpc: bool,
}

impl Call {
    /// The answer where no instance gives one.
    fn refuse(&self, trouble: Trouble<'_>, deployment: Option<&str>) -> Response {
        match self.grpc {
            true => grpc::refuse(trouble, deployment),
            false => refuse(trouble, deployment),
        }
    }
}

/// What is noted of a request.
#[derive(Debug, Default)]
struct Noted {
    instance: Option<i64>,
    model_status: Option<u16>,
    waited: Duration,
}

/// Passes a request on to an instance of the deployment that is picked, and its answer back.
pub(crate) async fn forward(server: &Server, route: &Route, call: Call, request: Request) -> Response {
    let started = Instant::now();
    let named = request
        .headers()
        .get(DEPLOYMENT)
        .and_then(|value| value.to_str().ok());
    let deployment = match route.pick(named, rand::random()) {
        Pick::Deployment(name) => name,
        Pick::Unknown(name) => return call.refuse(Trouble::NoDeployment(&name), None),
        Pick::Nothing => return call.refuse(Trouble::NoTraffic(&call.endpoint), None),
    };
    let Some(backend) = server
        .app
        .gateway
        .backend(&call.workspace, &call.endpoint, &deployment)
    else {
        return call.refuse(Trouble::NoInstance(&deployment), Some(&deployment));
    };
    let copied = named.is_none().then(|| route.mirror(rand::random())).flatten();
    let copied = copied.filter(|name| *name != deployment).map(str::to_owned);
    let mut noted = Noted::default();
    let method = request.method().to_string();
    let answer = match pass(
        server,
        route,
        &call,
        &backend,
        request,
        copied.as_deref(),
        &mut noted,
    )
    .await
    {
        Ok(answer) => answer,
        Err(trouble) => call.refuse(trouble, Some(&deployment)),
    };
    let took = started.elapsed();
    let status = match call.grpc {
        true => grpc::status(answer.status(), answer.headers()),
        false => answer.status(),
    };
    let status = status.as_u16();
    backend.figures.count(status, took);
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let entry = Entry {
        at: server.app.clock.now_ms(),
        request_id: call.id,
        instance: noted.instance,
        method,
        path: format!("/{}", call.path),
        status,
        model_status: noted.model_status,
        took_us: micros(took),
        waited_us: micros(noted.waited),
        caller: call.caller,
        mirrored: false,
    };
    server
        .app
        .gateway
        .requests
        .note(&call.workspace, &call.endpoint, &deployment, entry);
    answer
}

async fn pass<'b>(
    server: &Server,
    route: &Route,
    call: &Call,
    backend: &'b Backend,
    request: Request,
    copied: Option<&str>,
    noted: &mut Noted,
) -> Result<Response, Trouble<'b>> {
    let deployment = backend.deployment.as_str();
    let (parts, body) = request.into_parts();
    // A caller that sends slowly must not take forever either.
    let settings = backend.settings();
    let limit = Duration::from_millis(settings.timeout_ms);
    let slow = Trouble::TooSlow {
        deployment,
        timeout_ms: settings.timeout_ms,
        kubernetes: route.kubernetes,
    };
    let mut body = match call.path.ends_with("/ModelStreamInfer") && call.grpc {
        // Its end comes when the answers have been read.
        true => streaming(body, Vec::new(), 0),
        false => ready(body, &parts.headers, copied.is_some()).await?,
    };
    if let (Some(name), Ready::Whole(bytes)) = (copied, &body) {
        mirror::copy(server, call, name, &parts, bytes.clone());
    }
    let mut until = None;
    loop {
        let Turn { lease, waited } = backend.turn().await.map_err(|why| match why {
            NoTurn::Busy => Trouble::Busy(deployment),
            NoTurn::NoInstance => Trouble::NoInstance(deployment),
        })?;
        noted.waited += waited;
        noted.instance = Some(lease.target.number);
        let (sent, too_large) = match body {
            Ready::Whole(ref bytes) => (Body::from(bytes.clone()), None),
            Ready::Streams(stream, flag) => {
                body = Ready::Whole(axum::body::Bytes::new());
                (stream, Some(flag))
            }
        };
        let streamed = too_large.is_some();
        let request = prepared(&parts, &lease, call, sent);
        let sent = async {
            match call.grpc {
                true => send_over_h2(&lease.target, request).await,
                false => send(&lease.target, request).await,
            }
        };
        match tokio::time::timeout(limit, sent).await {
            Err(_) => return Err(slow),
            Ok(Ok((answer, connection))) => {
                let model = match call.grpc {
                    true => grpc::status(answer.status(), answer.headers()),
                    false => answer.status(),
                };
                noted.model_status = Some(model.as_u16());
                return Ok(passed_back(answer, connection, lease, route, deployment));
            }
            Ok(Err(Failed::Unsent(unsent))) => {
                // It has just ended, and will be seen to; another one may answer, if the body is still there.
                tracing::debug!(
                    deployment,
                    instance = lease.target.number,
                    "an instance was not reached"
                );
                if streamed {
                    match unsent {
                        Some(request) => {
                            body = Ready::Streams(request.into_body(), too_large.unwrap_or_default())
                        }
                        None => return Err(Trouble::Broken(deployment)),
                    }
                }
                let wait = Duration::from_millis(settings.queue_wait_ms).max(LOOK_AGAIN);
                if Instant::now() > *until.get_or_insert_with(|| Instant::now() + wait) {
                    return Err(Trouble::NoInstance(deployment));
                }
                // Its place is kept until the pause is over, so that the next turn is at another one.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(Err(Failed::Broken(error))) => {
                if too_large.is_some_and(|flag| flag.load(Ordering::Acquire)) {
                    return Err(Trouble::TooLarge);
                }
                tracing::info!(deployment, instance = lease.target.number, %error, "an instance broke off");
                return Err(Trouble::Broken(deployment));
            }
        }
    }
}

/// The request as an instance gets it.
pub(super) fn prepared(
    parts: &axum::http::request::Parts,
    lease: &Lease,
    call: &Call,
    body: Body,
) -> axum::http::Request<Body> {
    let mut request = axum::http::Request::new(body);
    *request.method_mut() = parts.method.clone();
    let query = parts
        .uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    *request.uri_mut() = format!("/{}{query}", encoded(&call.path))
        .parse()
        .unwrap_or_else(|_| Uri::from_static("/"));
    *request.headers_mut() = parts.headers.clone();
    headers::to_instance(request.headers_mut(), &call.id, &lease.target.address.to_string());
    request
}

/// A path as it stands in a request line.
fn encoded(path: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}');
    percent_encoding::utf8_percent_encode(path, KEPT).to_string()
}

fn passed_back(
    answer: HttpResponse<Incoming>,
    connection: Connection,
    lease: Lease,
    route: &Route,
    deployment: &str,
) -> Response {
    let model = answer.status();
    let status = status_for(model, route.kubernetes);
    let (mut parts, body) = answer.into_parts();
    parts.status = status;
    headers::to_caller(&mut parts.headers, deployment);
    if status == StatusCode::FAILED_DEPENDENCY {
        let reason = model.canonical_reason().unwrap_or("the model failed");
        parts
            .headers
            .insert("ms-azureml-model-error-statuscode", model.as_u16().into());
        parts
            .headers
            .insert("ms-azureml-model-error-reason", HeaderValue::from_static(reason));
    }
    // The turn is over when the answer has been passed on; the connection serves the next one only if it came to its end.
    let body = Held::new(body, (connection, lease), |(connection, lease)| {
        connection.put_back();
        drop(lease);
    });
    Response::from_parts(parts, Body::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_comes_out_as_it_went_in() {
        assert_eq!(encoded("v2/models/a b/infer"), "v2/models/a%20b/infer");
        assert_eq!(encoded("a%2Fb"), "a%252Fb");
    }
}
