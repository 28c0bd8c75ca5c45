//! Runs over REST v1: what MLflow's surface has no words for.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which metric, and how finely.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeriesQuery {
    /// The metric.
    pub key: String,
    /// Stretches at most, 1 to 10,000; 500 when not given. A chart needs about one a pixel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buckets: Option<usize>,
    /// Only from this step on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_step: Option<i64>,
    /// Only up to this step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_step: Option<i64>,
    /// UTC milliseconds: only from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    /// UTC milliseconds: only up to this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
}

/// A metric of a run, reduced for a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricSeries {
    /// The metric.
    pub key: String,
    /// Points between the steps and times that were asked for.
    pub points_total: usize,
    /// Stretches of as many points each, by step and time. With few points, one point each.
    pub buckets: Vec<MetricBucket>,
}

/// A stretch of points. A line through first, min, max and last looks like a line through all of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricBucket {
    /// The first step.
    pub step_min: i64,
    /// The last step.
    pub step_max: i64,
    /// UTC milliseconds: the earliest point.
    pub time_min: i64,
    /// UTC milliseconds: the latest point.
    pub time_max: i64,
    /// The first value that is a number; absent when all are NaN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<f64>,
    /// The last value that is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<f64>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Points, NaN included.
    pub count: usize,
    /// Points that are NaN.
    pub nan: usize,
}
