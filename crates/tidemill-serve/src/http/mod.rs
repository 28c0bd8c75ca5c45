//! HTTP: Azure's scoring contract, and what every request to it passes.

mod access;
mod answer;
mod body;
mod cors;
mod health;
mod ids;
mod score;
mod swagger;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on};

pub use cors::Origins;

use crate::azure;
use crate::config::Config;
use crate::log::Log;
use crate::worker::Pool;

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
    /// The workers that run it.
    pub pool: Pool,
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

    fn log(&self) -> &Log {
        &self.inner.log
    }

    fn azure(&self) -> &azure::Settings {
        &self.inner.azure
    }

    /// The model, or the answer until there is one.
    #[expect(clippy::result_large_err, reason = "the answer is sent as it is")]
    fn ready(&self) -> Result<&Ready, Response> {
        self.inner.ready.get().ok_or_else(|| {
            answer::retry(
                StatusCode::SERVICE_UNAVAILABLE,
                "The model is being made ready: init() runs.",
            )
        })
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
        .method_not_allowed_fallback(not_allowed)
        .fallback(not_found)
        .with_state(app)
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
