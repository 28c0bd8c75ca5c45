//! Traces on the wire, of both versions of MLflow's API.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::assessment::Assessment;
use super::schema::{Check, Request, Schema};
use super::{KeyValue, lenient};

/// How a trace ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TraceState {
    /// Not said.
    #[default]
    Unspecified,
    /// Well.
    Ok,
    /// With an error.
    Error,
    /// It hasn't.
    InProgress,
}

lenient::proto_enum!(TraceState {
    0 => Unspecified = "STATE_UNSPECIFIED", 1 => Ok = "OK", 2 => Error = "ERROR", 3 => InProgress = "IN_PROGRESS"
});

/// The same in the first version of the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TraceStatus {
    /// Not said.
    #[default]
    Unspecified,
    /// Well.
    Ok,
    /// With an error.
    Error,
    /// It hasn't.
    InProgress,
}

lenient::proto_enum!(TraceStatus {
    0 => Unspecified = "TRACE_STATUS_UNSPECIFIED", 1 => Ok = "OK", 2 => Error = "ERROR", 3 => InProgress = "IN_PROGRESS"
});

/// Texts by key.
pub type Texts = IndexMap<String, String>;

/// What is known of a trace besides its spans.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceInfo {
    /// `tr-` and 32 hex digits.
    pub trace_id: String,
    /// As the caller knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_id: Option<String>,
    /// Its experiment.
    pub trace_location: TraceLocation,
    /// The beginning of what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_preview: Option<String>,
    /// The beginning of what was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_preview: Option<String>,
    /// RFC 3339, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_time: Option<String>,
    /// Seconds with their unit: `0.25s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_duration: Option<String>,
    /// How it ended.
    pub state: TraceState,
    /// What doesn't change.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub trace_metadata: Texts,
    /// What people and programs say of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assessments: Vec<Assessment>,
    /// What may change.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub tags: Texts,
}

/// Where a trace is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceLocation {
    /// `MLFLOW_EXPERIMENT`
    #[serde(rename = "type")]
    pub kind: Value,
    /// The experiment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mlflow_experiment: Option<ExperimentLocation>,
}

impl TraceLocation {
    /// The place of an experiment.
    pub fn experiment(experiment_id: String) -> Self {
        Self {
            kind: Value::from("MLFLOW_EXPERIMENT"),
            mlflow_experiment: Some(ExperimentLocation { experiment_id }),
        }
    }
}

/// An experiment as a place of traces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExperimentLocation {
    /// Its id.
    pub experiment_id: String,
}

/// A trace, with or without its spans.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// What is known of it.
    pub trace_info: TraceInfo,
    /// OpenTelemetry's spans, as protobuf writes them in JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Value>,
}

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

/// One trace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TraceResponse {
    /// The trace.
    pub trace: Trace,
}

/// `GET /api/3.0/mlflow/traces/{trace_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceId {
    /// Which trace.
    pub trace_id: String,
}

impl Request for TraceId {
    const SCHEMA: Schema = &[];
}

/// `GET /api/3.0/mlflow/traces/get`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetTrace {
    /// Which trace.
    pub trace_id: String,
    /// Also when not all of its spans are there.
    pub allow_partial: bool,
}

impl Request for GetTrace {
    const SCHEMA: Schema = &[
        ("trace_id", &[Check::Text, Check::Required]),
        ("allow_partial", &[Check::Bool]),
    ];
}

/// `GET traces/batchGet`, `POST traces/batchGetInfos`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchGetTraces {
    /// Which traces.
    pub trace_ids: Vec<String>,
    /// Only those of these experiments, when given.
    pub experiment_ids: Option<Vec<String>>,
}

impl Request for BatchGetTraces {
    const SCHEMA: Schema = &[
        ("trace_ids", &[Check::Array, Check::Required, Check::Texts]),
        ("experiment_ids", &[Check::Array, Check::Texts]),
    ];
}

/// Several traces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TracesResponse {
    /// Those that are there whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<Trace>,
}

/// What is known of several traces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TraceInfosResponse {
    /// Those that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace_infos: Vec<TraceInfo>,
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

/// A page of traces.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchTracesResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<TraceInfo>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `POST traces/delete-traces`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteTraces {
    /// Of which experiment.
    pub experiment_id: String,
    /// Not younger than this.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_timestamp_millis: Option<i64>,
    /// At most this many, the oldest.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_traces: Option<i64>,
    /// Only these.
    pub request_ids: Vec<String>,
}

impl Request for DeleteTraces {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Text, Check::Required]),
        ("max_timestamp_millis", &[Check::Int]),
        ("max_traces", &[Check::Int]),
        ("request_ids", &[Check::Array, Check::Texts]),
    ];
}

/// How many traces are gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteTracesResponse {
    /// How many.
    pub traces_deleted: i64,
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

/// `POST traces/link-to-run`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkTracesToRun {
    /// Which traces, 100 at most.
    pub trace_ids: Vec<String>,
    /// Which run.
    pub run_id: String,
}

impl Request for LinkTracesToRun {
    const SCHEMA: Schema = &[
        ("trace_ids", &[Check::Array, Check::Required, Check::Texts]),
        ("run_id", &[Check::Text, Check::Required]),
    ];
}

/// `POST traces/link-prompts`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkPromptsToTrace {
    /// Which trace.
    pub trace_id: String,
    /// Which versions of prompts.
    pub prompt_versions: Vec<PromptVersion>,
}

impl Request for LinkPromptsToTrace {
    const SCHEMA: Schema = &[
        ("trace_id", &[Check::Text, Check::Required]),
        ("prompt_versions", &[Check::Array, Check::Required]),
    ];
}

/// A version of a prompt.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PromptVersion {
    /// Its name.
    pub name: String,
    /// Its number.
    pub version: String,
}

/// A trace in the first version of the API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceInfoV2 {
    /// Its id.
    pub request_id: String,
    /// Its experiment.
    pub experiment_id: String,
    /// When it began, in milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int")]
    pub timestamp_ms: i64,
    /// How long it took.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::opt_int"
    )]
    pub execution_time_ms: Option<i64>,
    /// How it ended.
    pub status: TraceStatus,
    /// What doesn't change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_metadata: Vec<KeyValue>,
    /// What may change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
}

/// `POST /api/2.0/mlflow/traces`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StartTraceV2 {
    /// Its experiment.
    pub experiment_id: String,
    /// When it began, in milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int")]
    pub timestamp_ms: i64,
    /// What doesn't change.
    pub request_metadata: Vec<KeyValue>,
    /// What may change.
    pub tags: Vec<KeyValue>,
}

impl Request for StartTraceV2 {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Text]),
        ("timestamp_ms", &[Check::Int]),
        ("request_metadata", &[Check::Keyed]),
        ("tags", &[Check::Keyed]),
    ];
}

/// `PATCH /api/2.0/mlflow/traces/{request_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EndTraceV2 {
    /// Which trace.
    pub trace_id: String,
    /// When it ended, in milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int")]
    pub timestamp_ms: i64,
    /// How it ended.
    pub status: TraceStatus,
    /// More that doesn't change.
    pub request_metadata: Vec<KeyValue>,
    /// More tags.
    pub tags: Vec<KeyValue>,
}

impl Request for EndTraceV2 {
    const SCHEMA: Schema = &[
        ("timestamp_ms", &[Check::Int]),
        ("status", &[Check::Text]),
        ("request_metadata", &[Check::Keyed]),
        ("tags", &[Check::Keyed]),
    ];
}

/// One trace, in the first version of the API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TraceInfoV2Response {
    /// What is known of it.
    pub trace_info: TraceInfoV2,
}

/// `GET /api/2.0/mlflow/traces`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchTracesV2 {
    /// In these experiments.
    pub experiment_ids: Vec<String>,
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

impl Request for SearchTracesV2 {
    const SCHEMA: Schema = &[
        ("experiment_ids", &[Check::Array, Check::Texts, Check::Required]),
        ("filter", &[Check::Text]),
        ("max_results", &[Check::Int, Check::AtMost(500)]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("page_token", &[Check::Text]),
    ];
}

/// A page of traces, in the first version of the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchTracesV2Response {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<TraceInfoV2>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// What figures of traces are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricViewType {
    /// Traces.
    #[default]
    Traces,
    /// Spans.
    Spans,
    /// Assessments.
    Assessments,
}

lenient::proto_enum!(MetricViewType { 1 => Traces = "TRACES", 2 => Spans = "SPANS", 3 => Assessments = "ASSESSMENTS" });

/// How many values become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AggregationType {
    /// How many there are.
    #[default]
    Count,
    /// All together.
    Sum,
    /// Their mean.
    Avg,
    /// The value below which a share of them is.
    Percentile,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

lenient::proto_enum!(AggregationType {
    1 => Count = "COUNT", 2 => Sum = "SUM", 3 => Avg = "AVG", 4 => Percentile = "PERCENTILE", 5 => Min = "MIN",
    6 => Max = "MAX",
});

/// One figure that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricAggregation {
    /// How many values become one.
    pub aggregation_type: AggregationType,
    /// From 0 to 100, of a percentile alone.
    pub percentile_value: Option<f64>,
}

/// `POST traces/metrics`: figures of many traces, in groups.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct QueryTraceMetrics {
    /// Of which experiments.
    pub experiment_ids: Vec<String>,
    /// What they are about.
    pub view_type: MetricViewType,
    /// Such as `latency`.
    pub metric_name: String,
    /// The figures.
    pub aggregations: Vec<MetricAggregation>,
    /// What makes a group, such as `trace_name`.
    pub dimensions: Vec<String>,
    /// All of them hold: `trace.status = 'OK'`.
    pub filters: Vec<String>,
    /// A group for each such stretch of time.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub time_interval_seconds: Option<i64>,
    /// Milliseconds since 1970; from then on.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub start_time_ms: Option<i64>,
    /// Milliseconds since 1970; until then, and then too.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub end_time_ms: Option<i64>,
    /// At most this many groups; 1,000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Not used: there is one page.
    pub page_token: Option<String>,
}

impl Request for QueryTraceMetrics {
    const SCHEMA: Schema = &[
        ("experiment_ids", &[Check::Array, Check::Required, Check::Texts]),
        ("view_type", &[Check::Required]),
        ("metric_name", &[Check::Text, Check::Required]),
        ("aggregations", &[Check::Array, Check::Required]),
        ("dimensions", &[Check::Array, Check::Texts]),
        ("filters", &[Check::Array, Check::Texts]),
        ("time_interval_seconds", &[Check::Int]),
        ("start_time_ms", &[Check::Int]),
        ("end_time_ms", &[Check::Int]),
        ("max_results", &[Check::Int]),
        ("page_token", &[Check::Text]),
    ];
}

/// One group with its figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricDataPoint {
    /// What was measured.
    pub metric_name: String,
    /// Which group it is.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub dimensions: Texts,
    /// The figures, by `AVG`, `P99.0` and so on.
    pub values: IndexMap<String, f64>,
}

/// Groups with their figures.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct QueryTraceMetricsResponse {
    /// The groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_points: Vec<MetricDataPoint>,
}

/// `POST traces/calculate-filter-correlation`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CorrelateFilters {
    /// Of which experiments.
    pub experiment_ids: Vec<String>,
    /// One filter.
    pub filter_string1: String,
    /// The other one.
    pub filter_string2: String,
    /// What all traces that are looked at fit.
    pub base_filter: Option<String>,
}

impl Request for CorrelateFilters {
    const SCHEMA: Schema = &[
        ("experiment_ids", &[Check::Array, Check::Required]),
        ("filter_string1", &[Check::Required, Check::Text]),
        ("filter_string2", &[Check::Required, Check::Text]),
        ("base_filter", &[Check::Text]),
    ];
}

/// How far two filters go together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FilterCorrelation {
    /// From -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub npmi: Option<f64>,
    /// From -1 to 1, with half a trace more in each cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub npmi_smoothed: Option<f64>,
    /// Traces that fit the one.
    pub filter1_count: u64,
    /// Traces that fit the other.
    pub filter2_count: u64,
    /// Traces that fit both.
    pub joint_count: u64,
    /// All traces that were looked at.
    pub total_count: u64,
}
