//! Traces on the wire: kept as they came, with what is searched by beside them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// `POST /api/3.0/mlflow/traces`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StartTrace {
    /// The trace.
    pub trace: Trace,
}

impl Request for StartTrace {
    const SCHEMA: Schema = &[("trace", &[Check::Required])];
}

/// A trace without its spans.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// `trace_id`, `trace_location`, `request_time`, `state`, `tags`, `trace_metadata`, …, as the client sent them.
    pub trace_info: Map<String, Value>,
}

/// One trace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TraceResponse {
    /// The trace.
    pub trace: Trace,
}

/// `POST /api/3.0/mlflow/traces/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchTraces {
    /// In these experiments.
    pub locations: Vec<TraceLocation>,
    /// A filter.
    pub filter: Option<String>,
    /// At most this many, 100 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Orderings.
    pub order_by: Vec<String>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for SearchTraces {
    const SCHEMA: Schema = &[
        ("locations", &[Check::Array, Check::Required]),
        ("filter", &[Check::Text]),
        ("max_results", &[Check::Int, Check::AtMost(500)]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("page_token", &[Check::Text]),
    ];
}

/// Where a trace is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceLocation {
    /// The experiment.
    pub mlflow_experiment: ExperimentLocation,
}

/// An experiment as a place of traces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExperimentLocation {
    /// Its id.
    pub experiment_id: String,
}

/// A page of traces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchTracesResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<Map<String, Value>>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `PATCH traces/{trace_id}/tags`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetTraceTag {
    /// Which trace.
    pub trace_id: String,
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl Request for SetTraceTag {
    const SCHEMA: Schema = &[
        ("key", &[Check::Text, Check::Required]),
        ("value", &[Check::Text]),
    ];
}

/// `DELETE traces/{trace_id}/tags`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteTraceTag {
    /// Which trace.
    pub trace_id: String,
    /// The key.
    pub key: String,
}

impl Request for DeleteTraceTag {
    const SCHEMA: Schema = &[("key", &[Check::Text, Check::Required])];
}
