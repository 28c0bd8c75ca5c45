//! HTTP: Azure's scoring contract, and what every request to it passes.

mod access;
pub(crate) mod answer;
pub(crate) mod body;
mod cors;
mod health;
mod ids;
mod invocations;
pub(crate) mod paths;
mod score;
mod swagger;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on};

pub use cors::Origins;

use crate::azure;
use crate::config::Config;
use crate::log::Log;
use crate::oip::{self, Problem, ProblemKind, Repository, Served};
use crate::worker::Pool;

/// What is answered until the model is ready.
const STARTING: &str = "The model is being made ready.";

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Arc<Config>,
    azure: azure::Settings,
    log: Log,
    ready: OnceLock<Ready>,
}

/// A model that is ready.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The workers that run it; none for ONNX.
    pub pool: Option<Pool>,
    /// The models of the Open Inference Protocol; none for a scoring script.
    pub repository: Repository,
    /// MLflow's version, where the model is one of MLflow's.
    pub mlflow: Option<String>,
}

impl App {
    pub(crate) fn new(config: Arc<Config>, azure: azure::Settings, log: Log) -> Self {
        let ready = OnceLock::new();
        let inner = Inner {
            config,
            azure,
            log,
            ready,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// From now on requests are answered by this model.
    pub(crate) fn set_ready(&self, ready: Ready) {
        // A server becomes ready once.
        let _ = self.inner.ready.set(ready);
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn log(&self) -> &Log {
        &self.inner.log
    }

    fn azure(&self) -> &azure::Settings {
        &self.inner.azure
    }

    /// How long a request may take.
    pub(crate) fn timeout_ms(&self) -> u64 {
        u64::try_from(self.config().request_timeout.as_millis()).unwrap_or(u64::MAX)
    }

    /// Why requests cannot be answered; `None` while they can.
    pub(crate) fn not_ready(&self) -> Option<String> {
        let Some(Ready { pool, repository, .. }) = self.inner.ready.get() else {
            return Some(String::from(STARTING));
        };
        let down = pool
            .as_ref()
            .and_then(|pool| Some(format!("No worker runs: {}", pool.down()?)));
        down.or_else(|| repository.not_ready())
    }

    /// The models of the Open Inference Protocol.
    pub(crate) fn repository(&self) -> Result<&Repository, Problem> {
        let ready = self.inner.ready.get();
        let ready = ready.ok_or_else(|| Problem::new(ProblemKind::Unavailable, STARTING))?;
        Ok(&ready.repository)
    }

    /// The model that a path names by `model` and perhaps `version`.
    pub(crate) fn model(&self, at: &HashMap<String, String>) -> Result<Arc<Served>, Problem> {
        let part = |name: &str| at.get(name).map_or("", String::as_str);
        self.repository()?.get(part("model"), part("version"))
    }

    fn is_mlflow(&self) -> bool {
        self.config().model == crate::config::Model::Mlflow
    }

    fn mlflow_version(&self) -> Option<String> {
        self.inner.ready.get()?.mlflow.clone()
    }

    /// The model, or the answer until there is one.
    #[expect(clippy::result_large_err, reason = "the answer is sent as it is")]
    fn ready(&self) -> Result<&Ready, Response> {
        self.inner
            .ready
            .get()
            .ok_or_else(|| answer::retry(StatusCode::SERVICE_UNAVAILABLE, STARTING))
    }
}

/// All routes.
pub(crate) fn router(app: App) -> Router {
    // HEAD and OPTIONS of `/score` are for the script's contract to answer, not for the router.
    let scored = MethodFilter::GET
        .or(MethodFilter::POST)
        .or(MethodFilter::HEAD)
        .or(MethodFilter::OPTIONS);
    Router::new()
        .route("/", get(health::get).options(health::options))
        .route("/score", on(scored, score::score))
        .route("/swagger.json", get(swagger::get).options(health::options))
        .route("/invocations", axum::routing::post(invocations::invocations))
        .route("/ping", get(invocations::ping))
        .route("/health", get(invocations::ping))
        .route("/version", get(invocations::version))
        .merge(oip::rest::router())
        .route(
            "/inference.GRPCInferenceService/{method}",
            axum::routing::post(grpc),
        )
        .method_not_allowed_fallback(not_allowed)
        .fallback(not_found)
        .with_state(app)
}

/// gRPC without TLS: it is told from the rest by its path, so that one address serves both.
async fn grpc(State(app): State<App>, request: Request) -> Response {
    let answered = oip::grpc::route(app, request.map(tonic::body::Body::new)).await;
    answered.map(axum::body::Body::new)
}

async fn not_found() -> Response {
    answer::error(
        StatusCode::NOT_FOUND,
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
        false,
    )
}

async fn not_allowed(_: Method) -> Response {
    answer::error(
        StatusCode::METHOD_NOT_ALLOWED,
        "The method is not allowed for the requested URL.",
        false,
    )
}
