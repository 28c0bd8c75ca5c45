//! Figures of many traces, spans or assessments, in groups: how many, how long, how many tokens, what they cost.
//!
//! What there is to measure, by which groups and with which figures, is MLflow 3.18's. A percentile lies between the two
//! values next to it, in proportion (Hyndman and Fan's method 7, as NumPy's and PostgreSQL's `percentile_cont`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::trace::{
    AggregationType, MetricAggregation, MetricDataPoint, MetricViewType, QueryTraceMetrics,
    QueryTraceMetricsResponse,
};
use tidemill_query::{MetricFilter, MetricKey, parse_metric_filter};
use tidemill_store::trace::{self, Measure, Measures, View};

use crate::rule::{at, limit, python_list};
use crate::{Error, OpContext, Result, Scope, action};

use AggregationType::{Avg, Count, Max, Min, Percentile, Sum};

/// What can be measured: its name, its figures, and its groups.
type Metric = (&'static str, &'static [AggregationType], &'static [&'static str]);

/// The most experiments of one request.
const MOST_EXPERIMENTS: usize = 1000;
const DURATION: &[AggregationType] = &[Avg, Max, Min, Percentile];
const AMOUNT: &[AggregationType] = &[Avg, Max, Min, Percentile, Sum];
const MODEL: &[&str] = &["span_model_name", "span_model_provider"];

const TRACES: &[Metric] = &[
    ("trace_count", &[Count], &["trace_name", "trace_status"]),
    ("session_count", &[Count], &[]),
    ("latency", DURATION, &["trace_name"]),
    ("input_tokens", AMOUNT, &["trace_name"]),
    ("output_tokens", AMOUNT, &["trace_name"]),
    ("total_tokens", AMOUNT, &["trace_name"]),
    ("cache_read_input_tokens", AMOUNT, &["trace_name"]),
    ("cache_creation_input_tokens", AMOUNT, &["trace_name"]),
];
const SPANS: &[Metric] = &[
    (
        "span_count",
        &[Count],
        &[
            "span_model_name",
            "span_model_provider",
            "span_name",
            "span_status",
            "span_type",
        ],
    ),
    ("latency", DURATION, &["span_name", "span_status"]),
    ("input_cost", AMOUNT, MODEL),
    ("output_cost", AMOUNT, MODEL),
    ("total_cost", AMOUNT, MODEL),
];
const ASSESSMENTS: &[Metric] = &[
    (
        "assessment_count",
        &[Count],
        &["assessment_name", "assessment_value"],
    ),
    ("assessment_value", DURATION, &["assessment_name"]),
];

/// Figures of traces, spans or assessments of experiments, a point a group.
///
/// # Errors
/// Invalid for what can't be measured or grouped so, and for a filter that can't be read.
pub async fn metrics(
    ctx: &OpContext,
    workspace: &str,
    request: QueryTraceMetrics,
) -> Result<QueryTraceMetricsResponse> {
    let QueryTraceMetrics {
        experiment_ids,
        view_type,
        metric_name,
        aggregations,
        dimensions,
        filters,
        time_interval_seconds,
        start_time_ms,
        end_time_ms,
        max_results,
        page_token: _,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let aggregations = named(&aggregations)?;
    checked(view_type, &metric_name, &aggregations, &dimensions)?;
    let interval_ms = time_interval_seconds
        .filter(|seconds| *seconds > 0)
        .map(|s| s.saturating_mul(1000));
    if interval_ms.is_some() && (start_time_ms.is_none() || end_time_ms.is_none()) {
        return Err(Error::invalid(
            "start_time_ms and end_time_ms are required if time_interval_seconds is set",
        ));
    }
    let most = limit(max_results, 1000, i64::MAX)?;
    let ids = experiment_ids
        .iter()
        .map(|id| rule::experiment_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let filters = filters
        .iter()
        .map(|text| filter(view_type, text))
        .collect::<Result<Vec<_>>>()?;
    let of_cost = view_type == MetricViewType::Spans && metric_name.ends_with("_cost");
    let which = Measures {
        workspace,
        experiment_ids: &ids,
        view: match view_type {
            MetricViewType::Traces => View::Traces,
            MetricViewType::Spans => View::Spans,
            MetricViewType::Assessments => View::Assessments,
        },
        filters: &filters,
        from_ms: start_time_ms,
        until_ms: end_time_ms,
        by_span_time: of_cost,
        content: of_cost || dimensions.iter().any(|name| MODEL.contains(&name.as_str())),
    };
    if ids.len() > MOST_EXPERIMENTS {
        return Err(Error::invalid(format!(
            "figures are made of {MOST_EXPERIMENTS} experiments at once at most, and these are {}",
            ids.len()
        )));
    }
    let mut groups: BTreeMap<(Option<i64>, Vec<String>), Group> = BTreeMap::new();
    if interval_ms.is_none() && dimensions.is_empty() {
        groups.insert((None, Vec::new()), Group::default());
    }
    let mut take = |measure: &Measure| {
        let read = Read::new(measure, which.content);
        let Some(value) = read.value(&metric_name) else {
            return;
        };
        let names: Option<Vec<String>> = dimensions.iter().map(|name| read.dimension(name)).collect();
        let Some(names) = names else { return };
        let bucket = interval_ms.map(|size| measure.time_ms.div_euclid(size).saturating_mul(size));
        let group = groups.entry((bucket, names)).or_default();
        match value {
            Counted::One => group.count += 1,
            Counted::Session(session) => {
                group.sessions.insert(session);
            }
            Counted::Number(number) => group.numbers.push(number),
        }
    };
    trace::measures(ctx.app().store.read(), which, &mut take).await?;
    let mut data_points = Vec::new();
    for ((bucket, names), mut group) in groups
        .into_iter()
        .take(usize::try_from(most).unwrap_or(usize::MAX))
    {
        group.numbers.sort_by(f64::total_cmp);
        let values: indexmap::IndexMap<String, f64> = aggregations
            .iter()
            .filter_map(|(name, how)| group.figure(how).map(|figure| (name.clone(), figure)))
            .collect();
        if values.is_empty() {
            continue;
        }
        let time = bucket.map(|ms| ("time_bucket".to_owned(), iso(ms)));
        data_points.push(MetricDataPoint {
            metric_name: metric_name.clone(),
            dimensions: time
                .into_iter()
                .chain(dimensions.iter().cloned().zip(names))
                .collect(),
            values,
        });
    }
    Ok(QueryTraceMetricsResponse { data_points })
}

/// The values of one group.
#[derive(Debug, Default)]
struct Group {
    count: u64,
    sessions: BTreeSet<String>,
    /// Sorted before figures are taken.
    numbers: Vec<f64>,
}

impl Group {
    /// `None` where there is nothing to take it of.
    fn figure(&self, how: &MetricAggregation) -> Option<f64> {
        let numbers = &self.numbers;
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let [count, many] = [
            self.count as f64 + self.sessions.len() as f64,
            numbers.len() as f64,
        ];
        match how.aggregation_type {
            Count => Some(count + many),
            _ if numbers.is_empty() => None,
            Sum => Some(numbers.iter().sum()),
            Avg => Some(numbers.iter().sum::<f64>() / many),
            Min => numbers.first().copied(),
            Max => numbers.last().copied(),
            Percentile => Some(percentile(numbers, how.percentile_value.unwrap_or_default())),
        }
    }
}

/// The value below which a share (0 to 100) of sorted numbers is; there is at least one.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let place = share / 100.0 * (sorted.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in the list"
    )]
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

/// What one measure adds to its group.
enum Counted {
    One,
    Session(String),
    Number(f64),
}

/// A measure with its JSON read.
struct Read<'m> {
    measure: &'m Measure,
    json: Value,
    is_content: bool,
}

impl<'m> Read<'m> {
    fn new(measure: &'m Measure, is_content: bool) -> Self {
        let json = measure
            .text
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        Self {
            measure,
            json: json.unwrap_or_default(),
            is_content,
        }
    }

    fn value(&self, metric: &str) -> Option<Counted> {
        Some(match metric {
            "trace_count" | "span_count" | "assessment_count" => Counted::One,
            "session_count" => Counted::Session(self.measure.session.clone()?),
            #[expect(clippy::cast_precision_loss, reason = "milliseconds are far below 2^53")]
            "latency" => Counted::Number(self.measure.took_ms? as f64),
            "assessment_value" => Counted::Number(number(&self.json)?),
            cost if cost.ends_with("_cost") => {
                Counted::Number(self.attribute("mlflow.llm.cost")?[cost].as_f64()?)
            }
            tokens => Counted::Number(self.json[tokens].as_f64()?),
        })
    }

    /// An attribute of the span, which is a text of JSON.
    fn attribute(&self, name: &str) -> Option<Value> {
        let value = self.json.get("attributes")?.get(name)?;
        let read = value.as_str().and_then(|text| serde_json::from_str(text).ok());
        Some(read.unwrap_or_else(|| value.clone()))
    }

    fn dimension(&self, name: &str) -> Option<String> {
        match name {
            "trace_status" | "span_status" => self.measure.status.clone(),
            "span_type" => self.measure.kind.clone(),
            "span_model_name" => self.attribute("mlflow.llm.model")?.as_str().map(str::to_owned),
            "span_model_provider" => self.attribute("mlflow.llm.provider")?.as_str().map(str::to_owned),
            "assessment_value" if !self.is_content => self.measure.text.clone(),
            _ => self.measure.name.clone(),
        }
    }
}

/// A value of an assessment as a number: yes is 1, no is 0.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        Value::Number(number) => number.as_f64().filter(|number| number.is_finite()),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "yes" => Some(1.0),
            "no" => Some(0.0),
            _ => None,
        },
        _ => None,
    }
}

/// The figures that are wanted, by the names under which they are told.
fn named(aggregations: &[MetricAggregation]) -> Result<Vec<(String, MetricAggregation)>> {
    let name = |how: &MetricAggregation| match (how.aggregation_type, how.percentile_value) {
        (Percentile, None) => Err(Error::invalid(
            "Percentile value is required for PERCENTILE aggregation",
        )),
        (Percentile, Some(share)) if !(0.0..=100.0).contains(&share) => Err(Error::invalid(format!(
            "Percentile value must be between 0 and 100, got {share:?}"
        ))),
        (Percentile, Some(share)) => Ok((format!("P{share:?}"), how.clone())),
        (other, Some(_)) => Err(Error::invalid(format!(
            "Percentile value is only allowed for PERCENTILE aggregation type, got {}",
            other.as_str()
        ))),
        (other, None) => Ok((other.as_str().to_owned(), how.clone())),
    };
    aggregations.iter().map(name).collect()
}

/// Refuses what MLflow does not measure, in its words.
fn checked(
    view: MetricViewType,
    metric: &str,
    aggregations: &[(String, MetricAggregation)],
    dimensions: &[String],
) -> Result<()> {
    let known = match view {
        MetricViewType::Traces => TRACES,
        MetricViewType::Spans => SPANS,
        MetricViewType::Assessments => ASSESSMENTS,
    };
    let texts = |names: &mut dyn Iterator<Item = &str>| -> String {
        python_list(&names.map(str::to_owned).collect::<Vec<_>>())
    };
    let Some((_, figures, groups)) = known.iter().find(|(name, ..)| *name == metric) else {
        return Err(Error::invalid(format!(
            "metric_name must be one of {}, got '{metric}'",
            texts(&mut known.iter().map(|(name, ..)| *name))
        )));
    };
    let wrong: BTreeSet<&str> = aggregations
        .iter()
        .map(|(_, how)| how.aggregation_type)
        .filter(|how| !figures.contains(how))
        .map(AggregationType::as_str)
        .collect();
    if !wrong.is_empty() {
        return Err(Error::invalid(format!(
            "Found invalid aggregation_type(s): {}. Supported aggregation types: {}",
            texts(&mut wrong.into_iter()),
            texts(&mut figures.iter().map(|how| how.as_str()))
        )));
    }
    let wrong: BTreeSet<&str> = dimensions
        .iter()
        .map(String::as_str)
        .filter(|name| !groups.contains(name))
        .collect();
    if !wrong.is_empty() {
        return Err(Error::invalid(format!(
            "Found invalid dimension(s): {}. Supported dimensions: {}",
            texts(&mut wrong.into_iter()),
            texts(&mut groups.iter().copied())
        )));
    }
    Ok(())
}

fn filter(view: MetricViewType, text: &str) -> Result<MetricFilter> {
    let filter = parse_metric_filter(text).map_err(|error| at(error, text))?;
    let (of, its) = match filter.key {
        MetricKey::TraceStatus | MetricKey::TraceTag(_) | MetricKey::TraceMetadata(_) => return Ok(filter),
        MetricKey::SpanName | MetricKey::SpanStatus | MetricKey::SpanType => ("span", MetricViewType::Spans),
        MetricKey::AssessmentName | MetricKey::AssessmentType => ("assessment", MetricViewType::Assessments),
    };
    if its == view {
        return Ok(filter);
    }
    Err(Error::invalid(format!(
        "Filtering by {of} is only supported for {} view type, got {}",
        its.as_str(),
        view.as_str()
    )))
}

/// A moment as Python writes it.
fn iso(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_lies_between_its_neighbours() {
        let numbers = [1.0, 2.0, 3.0, 4.0];
        assert!((percentile(&numbers, 50.0) - 2.5).abs() < 1e-12);
        assert!((percentile(&numbers, 25.0) - 1.75).abs() < 1e-12);
        assert!((percentile(&numbers, 100.0) - 4.0).abs() < 1e-12);
        assert!((percentile(&[7.0], 99.0) - 7.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_measured_is_told_in_mlflows_words() {
        let refused = |view, metric: &str, how, dimensions: &[&str]| {
            let how = MetricAggregation {
                aggregation_type: how,
                percentile_value: None,
            };
            let dimensions: Vec<String> = dimensions.iter().map(|name| (*name).to_owned()).collect();
            checked(view, metric, &[(String::new(), how)], &dimensions)
                .expect_err(metric)
                .message
        };
        assert_eq!(
            refused(MetricViewType::Assessments, "x", Count, &[]),
            "metric_name must be one of ['assessment_count', 'assessment_value'], got 'x'"
        );
        assert_eq!(
            refused(MetricViewType::Traces, "latency", Sum, &[]),
            "Found invalid aggregation_type(s): ['SUM']. Supported aggregation types: ['AVG', 'MAX', 'MIN', 'PERCENTILE']"
        );
        assert_eq!(
            refused(MetricViewType::Traces, "latency", Avg, &["span_name"]),
            "Found invalid dimension(s): ['span_name']. Supported dimensions: ['trace_name']"
        );
    }
}
