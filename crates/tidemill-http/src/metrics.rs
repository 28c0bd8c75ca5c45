//! Figures for Prometheus: requests by route and status, how long they took, and commits of the database.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tidemill_app::App;
use tidemill_app::gateway::BUCKETS_S;

use crate::Server;

/// Labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

/// All figures.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
}

impl Metrics {
    /// The figures of an application, with no request answered yet.
    pub fn new(app: Arc<App>) -> Self {
        let mut registry = Registry::with_prefix("tidemill");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let seconds = Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        registry.register(
            "http_request_seconds",
            "Time to the head of the answer",
            seconds.clone(),
        );
        registry.register_collector(Box::new(Commits(app.clone())));
        registry.register_collector(Box::new(Deployments(app)));
        Self {
            registry,
            requests,
            seconds,
        }
    }

    /// The figures in Prometheus' text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

/// What the store counts itself.
#[derive(Debug)]
struct Commits(Arc<App>);

impl Collector for Commits {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let commits = ConstCounter::new(self.0.store.commits());
        let help = "Transactions committed";
        commits.encode(encoder.encode_descriptor("store_commits", help, None, commits.metric_type())?)
    }
}

/// Labels of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeploymentLabels {
    workspace: String,
    endpoint: String,
    deployment: String,
}

/// Labels of what became of requests: `good`, `client` (another 4xx), `model` (424), `busy` (429), `failed` (408, 5xx) or
/// `mirrored`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    workspace: String,
    endpoint: String,
    deployment: String,
    outcome: String,
}

/// What the gateway counts itself, by deployment.
#[derive(Debug)]
struct Deployments(Arc<App>);

impl Collector for Deployments {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let backends = self.0.gateway.backends();
        if backends.is_empty() {
            return Ok(());
        }
        let requests = Family::<OutcomeLabels, Counter>::default();
        let loads = [(); 3].map(|()| Family::<DeploymentLabels, Gauge>::default());
        let seconds = Family::<DeploymentLabels, Counter<f64, AtomicU64>>::default();
        let within = Family::<WithinLabels, Counter>::default();
        for backend in &backends {
            let labels = DeploymentLabels {
                workspace: backend.workspace.clone(),
                endpoint: backend.endpoint.clone(),
                deployment: backend.deployment.clone(),
            };
            let now = backend.figures.snapshot();
            for (outcome, count) in [
                ("good", now.good),
                ("client", now.client),
                ("model", now.model),
                ("busy", now.busy),
                ("failed", now.failed),
                ("mirrored", now.mirrored),
            ] {
                let labels = OutcomeLabels {
                    workspace: labels.workspace.clone(),
                    endpoint: labels.endpoint.clone(),
                    deployment: labels.deployment.clone(),
                    outcome: outcome.into(),
                };
                requests.get_or_create(&labels).inc_by(count);
            }
            let mut sum = 0;
            let bounds = BUCKETS_S
                .iter()
                .map(ToString::to_string)
                .chain(["+Inf".to_owned()]);
            for (le, count) in bounds.zip(&now.buckets) {
                sum += count;
                let labels = WithinLabels {
                    workspace: labels.workspace.clone(),
                    endpoint: labels.endpoint.clone(),
                    deployment: labels.deployment.clone(),
                    le,
                };
                within.get_or_create(&labels).inc_by(sum);
            }
            seconds.get_or_create(&labels).inc_by(now.took_us as f64 / 1e6);
            let (ready, in_flight, waiting) = backend.load();
            for (family, value) in loads.iter().zip([ready, in_flight, waiting]) {
                family
                    .get_or_create(&labels)
                    .set(i64::try_from(value).unwrap_or(i64::MAX));
            }
        }
        let mut put = |name: &str, help: &str, metric: &dyn Encoded| metric.put(&mut encoder, name, help);
        put(
            "endpoint_requests",
            "Requests of deployments, by what became of them",
            &requests,
        )?;
        put(
            "endpoint_seconds",
            "Time to the head of the answer, of all requests together",
            &seconds,
        )?;
        put(
            "endpoint_requests_within",
            "Requests answered within this many seconds",
            &within,
        )?;
        put(
            "endpoint_instances_ready",
            "Instances that take requests",
            &loads[0],
        )?;
        put(
            "endpoint_in_flight",
            "Requests that are with instances",
            &loads[1],
        )?;
        put("endpoint_waiting", "Requests that wait for their turn", &loads[2])
    }
}

/// Labels of how many were answered within a time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WithinLabels {
    workspace: String,
    endpoint: String,
    deployment: String,
    le: String,
}

/// A metric of any type, as a collector writes it.
trait Encoded {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str)
    -> Result<(), std::fmt::Error>;
}

impl<M: EncodeMetric> Encoded for M {
    fn put(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
    ) -> Result<(), std::fmt::Error> {
        self.encode(encoder.encode_descriptor(name, help, None, self.metric_type())?)
    }
}

/// Counts and times each request, by route and not by path.
pub async fn observe(State(server): State<Server>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().to_string();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", |path| path.as_str())
        .to_owned();
    let response = next.run(request).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    tracing::debug!(method, route, status, took_us = took.as_micros(), "request");
    server
        .metrics
        .requests
        .get_or_create(&RequestLabels {
            method,
            route,
            status,
        })
        .inc();
    server.metrics.seconds.observe(took.as_secs_f64());
    response
}
