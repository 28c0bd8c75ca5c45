//! Metric points on the wire.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// One point of a metric.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metric {
    /// The metric's name.
    pub key: String,
    /// May be NaN; infinities come back as the greatest numbers there are.
    #[serde(deserialize_with = "lenient::float", serialize_with = "lenient::write_float")]
    pub value: f64,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int")]
    pub timestamp: i64,
    /// Which step of the training.
    #[serde(deserialize_with = "lenient::int")]
    pub step: i64,
    /// The dataset that it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// The digest of that dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
    /// The logged model that it says something about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The run that measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
}

/// `POST runs/log-metric`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogMetric {
    /// Which run.
    pub run_id: String,
    /// The point.
    #[serde(flatten)]
    pub metric: MetricPoint,
}

/// The fields of [`LogMetric`] that are the point.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricPoint {
    /// The metric's name.
    pub key: String,
    /// The value.
    #[serde(deserialize_with = "lenient::float")]
    pub value: f64,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int")]
    pub timestamp: i64,
    /// Which step of the training.
    #[serde(deserialize_with = "lenient::int")]
    pub step: i64,
    /// The logged model that it says something about.
    pub model_id: Option<String>,
    /// The dataset that it was measured on.
    pub dataset_name: Option<String>,
    /// The digest of that dataset.
    pub dataset_digest: Option<String>,
}

impl Request for LogMetric {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("key", &[Check::Required, Check::Text]),
        ("value", &[Check::Required, Check::Float]),
        ("timestamp", &[Check::Int, Check::Required]),
        ("step", &[Check::Int]),
        ("model_id", &[Check::Text]),
        ("dataset_name", &[Check::Text]),
        ("dataset_digest", &[Check::Text]),
    ];

    fn quick(body: &[u8]) -> Option<Self> {
        super::quick::point(body)
    }
}

/// `GET metrics/get-history`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMetricHistory {
    /// Which run.
    pub run_id: String,
    /// Which metric.
    pub metric_key: String,
    /// Where the page before ended.
    pub page_token: Option<String>,
    /// At most this many; all without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
}

impl Request for GetMetricHistory {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Text, Check::Required]),
        ("metric_key", &[Check::Text, Check::Required]),
        ("page_token", &[Check::Text]),
        ("max_results", &[Check::Int]),
    ];
}

/// A page of points, by time, step and value.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct GetMetricHistoryResponse {
    /// The points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `GET metrics/get-history-bulk`: one metric of several runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMetricHistoryBulk {
    /// Which runs, 100 at most.
    pub run_id: Vec<String>,
    /// Which metric.
    pub metric_key: Option<String>,
    /// At most this many, 25,000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
}

impl Request for GetMetricHistoryBulk {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Array]),
        ("metric_key", &[Check::Text]),
        ("max_results", &[Check::Int]),
    ];
}

/// `GET metrics/get-history-bulk-interval`: a sample of one metric of several runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetMetricHistoryBulkInterval {
    /// Which runs, 100 at most.
    pub run_ids: Vec<String>,
    /// Which metric.
    pub metric_key: String,
    /// From this step.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub start_step: Option<i64>,
    /// To this step.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub end_step: Option<i64>,
    /// Points of each run, 2500 at most.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
}

impl Request for GetMetricHistoryBulkInterval {
    const SCHEMA: Schema = &[
        ("run_ids", &[Check::Required, Check::Array, Check::Texts]),
        ("metric_key", &[Check::Required, Check::Text]),
        ("start_step", &[Check::Int]),
        ("end_step", &[Check::Int]),
        ("max_results", &[Check::Int]),
    ];
}

/// Points of several runs; each names its run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MetricsResponse {
    /// The points.
    pub metrics: Vec<Metric>,
}
