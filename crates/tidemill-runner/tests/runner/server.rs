//! The server's side of the contract, in memory.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tidemill_api::runner::{Assignment, EnvironmentReport, Finish, LogAck, Orders, Progress};
use tokio::sync::Notify;

pub const TOKEN: &str = "token-of-this-attempt";

/// What the server has heard and shall answer.
#[derive(Default)]
pub struct Heard {
    pub assignment: Option<Assignment>,
    pub calls: Vec<(String, Instant)>,
    pub progress: Vec<Progress>,
    pub logs: BTreeMap<String, Vec<u8>>,
    pub environment: Option<EnvironmentReport>,
    pub finish: Option<Finish>,
    /// Answered to every call instead of what it asks for.
    pub status: Option<StatusCode>,
    pub cancel: bool,
    /// Log bytes that are forgotten once, as a server that was killed would.
    pub forget: usize,
    /// Log bytes are counted, not kept.
    pub count_only: bool,
    pub counted: u64,
}

#[derive(Clone, Default)]
pub struct Server {
    heard: Arc<Mutex<Heard>>,
    changed: Arc<Notify>,
    pub url: String,
}

impl Server {
    /// Starts to listen on a free port of the loopback.
    pub async fn start(assignment: Assignment) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let server = Self {
            url,
            ..Self::default()
        };
        server.heard().assignment = Some(assignment);
        let app = Router::new()
            .route("/api/v1/runner/assignment", get(assignment_call))
            .route("/api/v1/runner/progress", post(progress))
            .route("/api/v1/runner/heartbeat", post(heartbeat))
            .route("/api/v1/runner/logs", post(logs))
            .route("/api/v1/runner/environment", post(environment))
            .route("/api/v1/runner/finish", post(finish))
            .route(
                "/files/tide.csv",
                get(|| async { ([("etag", "\"1\"")], "high,low\n") }),
            )
            .layer(DefaultBodyLimit::max(tidemill_api::runner::LOG_CHUNK_BYTES))
            .layer(from_fn_with_state(server.clone(), guard))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("no test panics while it holds this")
    }

    /// Waits until what was heard is so.
    pub async fn until(&self, what: impl Fn(&Heard) -> bool) {
        let waiting = async {
            loop {
                let changed = self.changed.notified();
                if what(&self.heard()) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .expect("it comes to be in time");
    }

    pub fn log(&self, name: &str) -> String {
        String::from_utf8_lossy(self.heard().logs.get(name).map_or(&[][..], Vec::as_slice)).into_owned()
    }

    fn orders(&self) -> Json<Orders> {
        Json(Orders {
            cancel: self.heard().cancel,
        })
    }
}

async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    let signed = request
        .headers()
        .get("authorization")
        .is_some_and(|value| value == &format!("Bearer {TOKEN}"));
    let name = request
        .uri()
        .path()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    if !signed && !request.uri().path().starts_with("/files/") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some(status) = server.heard().status {
        return status.into_response();
    }
    server.heard().calls.push((name, Instant::now()));
    let response = next.run(request).await;
    server.changed.notify_waiters();
    response
}

async fn assignment_call(State(server): State<Server>) -> Json<Assignment> {
    Json(server.heard().assignment.clone().expect("given at the start"))
}

async fn progress(State(server): State<Server>, Json(progress): Json<Progress>) -> Json<Orders> {
    server.heard().progress.push(progress);
    server.orders()
}

async fn heartbeat(State(server): State<Server>) -> Json<Orders> {
    server.orders()
}

async fn environment(State(server): State<Server>, Json(report): Json<EnvironmentReport>) -> Json<Orders> {
    server.heard().environment = Some(report);
    server.orders()
}

async fn logs(
    State(server): State<Server>,
    Query(query): Query<BTreeMap<String, String>>,
    piece: Bytes,
) -> Json<LogAck> {
    let offset: usize = query["offset"].parse().expect("a number");
    let mut heard = server.heard();
    if heard.count_only {
        assert_eq!(
            offset as u64, heard.counted,
            "each piece starts where the last ended"
        );
        heard.counted += piece.len() as u64;
        return Json(LogAck {
            next_offset: heard.counted,
        });
    }
    let forget = std::mem::take(&mut heard.forget);
    let log = heard.logs.entry(query["file"].clone()).or_default();
    if offset == log.len() {
        log.extend_from_slice(&piece);
    }
    log.truncate(log.len().saturating_sub(forget));
    Json(LogAck {
        next_offset: log.len() as u64,
    })
}

async fn finish(State(server): State<Server>, Json(finish): Json<Finish>) {
    server.heard().finish = Some(finish);
}
