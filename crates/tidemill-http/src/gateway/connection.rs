//! Open connections to an instance, used one after the other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tidemill_app::gateway::Target;
use tokio::net::TcpStream;

/// Connections that wait for a request, of one instance.
const MOST_IDLE: usize = 512;
/// How long one may wait for the next request.
const LONGEST_IDLE: Duration = Duration::from_secs(20);
/// How long an instance on this machine may take to answer the phone.
const CONNECT: Duration = Duration::from_secs(2);

/// The connections of one instance that wait.
#[derive(Default)]
pub(super) struct Connections {
    idle: Mutex<Vec<(Instant, SendRequest<Body>)>>,
    /// The one that many calls of gRPC share.
    shared: tokio::sync::Mutex<Option<http2::SendRequest<Body>>>,
}

/// Why an instance did not answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was not reached, and has seen nothing of the request, which is given back where it still is.
    Unsent(Option<Box<Request<Body>>>),
    /// It broke off.
    Broken(hyper::Error),
}

/// A connection that is in use.
pub(super) struct Connection {
    /// None where it is shared, and nothing is to be put back.
    sender: Option<SendRequest<Body>>,
    home: Arc<Connections>,
}

impl Connection {
    /// Lets the next request have it.
    pub(super) fn put_back(self) {
        let Self { sender, home } = self;
        let Some(sender) = sender.filter(|sender| !sender.is_closed()) else {
            return;
        };
        let mut idle = home.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push((Instant::now(), sender));
        }
    }
}

/// The connections of an instance, kept with it.
pub(super) fn of(target: &Target) -> Arc<Connections> {
    let kept = target
        .connections
        .get_or_init(|| Arc::new(Connections::default()))
        .clone();
    // Nobody else keeps anything there.
    kept.downcast().unwrap_or_default()
}

impl Connections {
    fn waiting(&self) -> Option<SendRequest<Body>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, sender)) = idle.pop() {
            if since.elapsed() < LONGEST_IDLE && !sender.is_closed() {
                return Some(sender);
            }
            if since.elapsed() >= LONGEST_IDLE {
                // Those below have waited longer.
                idle.clear();
            }
        }
        None
    }
}

/// Sends a request over a connection that waits, or over a new one.
///
/// # Errors
/// [`Failed`]: whether the instance may have seen it.
pub(super) async fn send(
    target: &Target,
    mut request: Request<Body>,
) -> Result<(Response<Incoming>, Connection), Failed> {
    let home = of(target);
    // One that has waited may have been closed just now: then the request is still here, and the next one is tried.
    while let Some(mut sender) = home.waiting() {
        if sender.ready().await.is_err() {
            continue;
        }
        match sender.try_send_request(request).await {
            Ok(answer) => {
                let sender = Some(sender);
                return Ok((answer, Connection { sender, home }));
            }
            Err(mut error) => match error.take_message() {
                Some(unsent) => request = unsent,
                None => return Err(Failed::Broken(error.into_error())),
            },
        }
    }
    let Some(mut sender) = open(target).await else {
        return Err(Failed::Unsent(Some(Box::new(request))));
    };
    match sender.try_send_request(request).await {
        Ok(answer) => {
            let sender = Some(sender);
            Ok((answer, Connection { sender, home }))
        }
        Err(mut error) => match error.take_message() {
            Some(unsent) => Err(Failed::Unsent(Some(Box::new(unsent)))),
            None => Err(Failed::Broken(error.into_error())),
        },
    }
}

/// Sends a call of gRPC over the connection that all of them share.
///
/// # Errors
/// [`Failed`]: whether the instance may have seen it.
pub(super) async fn send_over_h2(
    target: &Target,
    mut request: Request<Body>,
) -> Result<(Response<Incoming>, Connection), Failed> {
    let home = of(target);
    *request.version_mut() = Version::HTTP_2;
    request.headers_mut().remove(header::HOST);
    request
        .headers_mut()
        .insert(header::TE, HeaderValue::from_static("trailers"));
    let path = request.uri().path();
    if let Ok(uri) = format!("http://{}{path}", target.address).parse() {
        *request.uri_mut() = uri;
    }
    let Some(mut sender) = home.shared(target).await else {
        return Err(Failed::Unsent(Some(Box::new(request))));
    };
    match sender.try_send_request(request).await {
        Ok(answer) => Ok((answer, Connection { sender: None, home })),
        Err(mut error) => match error.take_message() {
            Some(unsent) => Err(Failed::Unsent(Some(Box::new(unsent)))),
            None => Err(Failed::Broken(error.into_error())),
        },
    }
}

impl Connections {
    /// The connection that calls share; opened anew where it has ended.
    async fn shared(&self, target: &Target) -> Option<http2::SendRequest<Body>> {
        let mut kept = self.shared.lock().await;
        if let Some(sender) = kept.as_ref().filter(|sender| !sender.is_closed()) {
            return Some(sender.clone());
        }
        let stream = reach(target).await?;
        let mut settings = http2::Builder::new(TokioExecutor::new());
        let opened = settings.adaptive_window(true).handshake(TokioIo::new(stream));
        let (sender, connection) = opened.await.ok()?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to an instance ended");
            }
        });
        *kept = Some(sender.clone());
        Some(sender)
    }
}

async fn reach(target: &Target) -> Option<TcpStream> {
    let stream = tokio::time::timeout(CONNECT, TcpStream::connect(target.address))
        .await
        .ok()?
        .ok()?;
    // An answer must not wait for the next packet; without the option it is only slower.
    let _ = stream.set_nodelay(true);
    Some(stream)
}

async fn open(target: &Target) -> Option<SendRequest<Body>> {
    let stream = reach(target).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to an instance ended");
        }
    });
    Some(sender)
}
