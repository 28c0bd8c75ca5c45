//! Metric points: what is a good one, and the history of a metric.

use tidemill_api::mlflow::metric::{
    GetMetricHistory, GetMetricHistoryBulk, GetMetricHistoryBulkInterval, GetMetricHistoryResponse, Metric,
};
use tidemill_api::mlflow::rule;
use tidemill_api::run::{MetricBucket, MetricSeries, SeriesQuery};
use tidemill_store::logged_model::ModelPoint;
use tidemill_store::metric::{Point, Sample};

use crate::rule::{Asked, next_token, window};
use crate::{Error, OpContext, Result, Scope, action};

/// The most runs of one question about several.
const MOST_RUNS: usize = 100;
/// What MLflow adds to what it says of a parameter.
const SEE: &str = " See the API docs for more information about request parameters.";
/// The most points of one answer about several runs.
const MOST_BULK_POINTS: usize = 25_000;

/// Checks a point; `path` is where it stands in the request.
pub(crate) fn check(path: &str, metric: &Metric) -> Result<()> {
    let at = |field: &str| {
        if path.is_empty() {
            field.to_owned()
        } else {
            format!("{path}.{field}")
        }
    };
    rule::metric_key(&at("name"), &metric.key)?;
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if given(&metric.dataset_name) != given(&metric.dataset_digest) {
        return Err(Error::invalid(
            "Both dataset_name and dataset_digest must be provided if one is provided",
        ));
    }
    Ok(rule::metric_time(
        &at("timestamp"),
        &metric.key,
        metric.value,
        metric.timestamp,
    )?)
}

/// The points of a run, and those that also say something about a logged model.
pub(crate) fn split(metrics: Vec<Metric>, run: &str) -> (Vec<Point>, Vec<ModelPoint>) {
    let mut about_models = Vec::new();
    let points = metrics
        .into_iter()
        .map(|metric| {
            let Metric {
                key,
                value,
                timestamp,
                step,
                dataset_name,
                dataset_digest,
                model_id,
                run_id: _,
            } = metric;
            let point = Point {
                key,
                value,
                timestamp,
                step,
            };
            if let Some(model_id) = model_id.filter(|id| !id.is_empty()) {
                about_models.push(ModelPoint {
                    model_id,
                    run_id: run.to_owned(),
                    point: point.clone(),
                    dataset_name: dataset_name.filter(|name| !name.is_empty()),
                    dataset_digest: dataset_digest.filter(|digest| !digest.is_empty()),
                });
            }
            point
        })
        .collect();
    (points, about_models)
}

/// A point of a run on the wire.
pub(crate) fn view(point: Point) -> Metric {
    let Point {
        key,
        value,
        timestamp,
        step,
    } = point;
    Metric {
        key,
        value,
        timestamp,
        step,
        ..Metric::default()
    }
}

/// The points of one metric of a run, by time, step and value.
///
/// A run that is not there has no points, as MLflow answers.
///
/// # Errors
/// Invalid for a bad limit or token.
pub async fn history(
    ctx: &OpContext,
    workspace: &str,
    request: GetMetricHistory,
) -> Result<GetMetricHistoryResponse> {
    let GetMetricHistory {
        run_id,
        metric_key,
        page_token,
        max_results,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::resource(workspace, "runs", &run_id))
        .await?;
    let store = &ctx.app().store;
    let asked = Asked::new(&["Metric", workspace, &run_id, &metric_key], &[]);
    if let Some(most) = max_results.filter(|most| *most < 1) {
        return Err(Error::invalid(format!(
            "Invalid value {most} for parameter 'max_results' supplied. It must be a positive integer."
        )));
    }
    let part = if max_results.is_some() || page_token.as_deref().is_some_and(|token| !token.is_empty()) {
        Some(window(
            page_token.as_deref(),
            max_results,
            i64::MAX,
            i64::MAX,
            asked,
        )?)
    } else {
        None
    };
    let found = store
        .metric_history(workspace, &run_id, &metric_key, part)
        .await?;
    Ok(GetMetricHistoryResponse {
        metrics: found.items.into_iter().map(view).collect(),
        next_page_token: part.and_then(|part| next_token(part, found.more, asked)),
    })
}

/// The points of one metric of several runs, by run, time, step and value.
///
/// # Errors
/// Invalid for more than 100 runs.
pub async fn history_bulk(
    ctx: &OpContext,
    workspace: &str,
    request: GetMetricHistoryBulk,
) -> Result<Vec<Metric>> {
    let GetMetricHistoryBulk {
        mut run_id,
        metric_key,
        max_results,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    few_runs(run_id.len())?;
    let metric_key = metric_key
        .ok_or_else(|| Error::invalid("GetMetricHistoryBulk request must specify a metric_key."))?;
    let most = max_results
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(MOST_BULK_POINTS)
        .min(MOST_BULK_POINTS);
    run_id.sort();
    run_id.dedup();
    let store = &ctx.app().store;
    let mut points = Vec::new();
    for run in run_id {
        let left = most - points.len();
        if left == 0 {
            break;
        }
        let part = tidemill_store::search::Window {
            offset: 0,
            limit: left as u64,
        };
        let found = store
            .metric_history(workspace, &run, &metric_key, Some(part))
            .await?;
        points.extend(of_run(&run, found.items));
    }
    Ok(points)
}

/// A sample of one metric of several runs: points of each, spread evenly between its first and its last, both of them in.
///
/// # Errors
/// Invalid for more than 100 runs, a limit outside 1 to 2500, or half an interval.
pub async fn history_bulk_interval(
    ctx: &OpContext,
    workspace: &str,
    request: GetMetricHistoryBulkInterval,
) -> Result<Vec<Metric>> {
    let GetMetricHistoryBulkInterval {
        run_ids,
        metric_key,
        start_step,
        end_step,
        max_results,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    if run_ids.len() > MOST_RUNS {
        return Err(Error::invalid(format!(
            "GetMetricHistoryBulkInterval request must specify at most {MOST_RUNS} run_ids. Received {} run_ids.{SEE}",
            run_ids.len()
        )));
    }
    let most = max_results.unwrap_or(2500);
    if !(1..=2500).contains(&most) {
        return Err(Error::invalid(format!(
            "max_results must be between 1 and 2500.{SEE}"
        )));
    }
    let range = match (start_step, end_step) {
        (None, None) => i64::MIN..=i64::MAX,
        (Some(start), Some(end)) if start <= end => start..=end,
        (Some(start), Some(end)) => {
            return Err(Error::invalid(format!(
                "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
            )));
        }
        _ => {
            return Err(Error::invalid(
                "If either start step or end step are specified, both must be specified.",
            ));
        }
    };
    let store = &ctx.app().store;
    let most = usize::try_from(most).unwrap_or(1);
    let mut sample = Vec::new();
    for run in run_ids {
        let mut points = store
            .metric_history(workspace, &run, &metric_key, None)
            .await?
            .items;
        points.retain(|point| range.contains(&point.step));
        points.sort_by(|a, b| {
            let order = |point: &Point| (point.step, point.timestamp);
            order(a).cmp(&order(b)).then(a.value.total_cmp(&b.value))
        });
        sample.extend(of_run(&run, spread(points, most)));
    }
    Ok(sample)
}

/// At most `most` of the sorted points: the first of each of `most` stretches that are equal but for one point, the
/// longer ones first, as SQL's `NTILE` cuts them; the last point takes the place of the last of them.
fn spread(points: Vec<Point>, most: usize) -> Vec<Point> {
    if points.len() <= most {
        return points;
    }
    let (length, longer) = (points.len() / most, points.len() % most);
    let last = points.len() - 1;
    let mut chosen: Vec<usize> = (0..most).map(|n| n * length + n.min(longer)).collect();
    if let Some(end) = chosen.last_mut() {
        *end = last;
    }
    let mut chosen = chosen.into_iter().peekable();
    points
        .into_iter()
        .enumerate()
        .filter(|(at, _)| chosen.next_if_eq(at).is_some())
        .map(|(_, point)| point)
        .collect()
}

/// The most stretches of a reduced metric.
const MOST_BUCKETS: usize = 10_000;

/// A metric of a run, reduced for a chart.
///
/// # Errors
/// NotFound for a run that is not there, Invalid for a number of stretches outside 1 to 10,000.
pub async fn series(
    ctx: &OpContext,
    workspace: &str,
    run_id: &str,
    query: SeriesQuery,
) -> Result<MetricSeries> {
    let SeriesQuery {
        key,
        buckets,
        start_step,
        end_step,
        start_time,
        end_time,
    } = query;
    ctx.authorize(action::RUN_READ, &Scope::resource(workspace, "runs", run_id))
        .await?;
    let buckets = buckets.unwrap_or(500);
    if !(1..=MOST_BUCKETS).contains(&buckets) {
        return Err(Error::invalid(format!(
            "failed to reduce metric {key}: buckets is {buckets}, expected 1 to {MOST_BUCKETS}"
        )));
    }
    let store = &ctx.app().store;
    crate::run::find(store.read(), workspace, run_id).await?;
    let mut samples = store.metric_samples(workspace, run_id, &key).await?;
    let reduced = tokio::task::spawn_blocking(move || {
        let range = |from: Option<i64>, to: Option<i64>| from.unwrap_or(i64::MIN)..=to.unwrap_or(i64::MAX);
        let (steps, times) = (range(start_step, end_step), range(start_time, end_time));
        samples.retain(|sample| steps.contains(&sample.step) && times.contains(&sample.timestamp));
        if !samples.is_sorted_by_key(|sample| sample.step) {
            samples.sort_by_key(|sample| (sample.step, sample.timestamp));
        }
        MetricSeries {
            key,
            points_total: samples.len(),
            buckets: samples
                .chunks(samples.len().div_ceil(buckets).max(1))
                .filter_map(bucket)
                .collect(),
        }
    });
    reduced.await.map_err(|error| {
        Error::new(
            crate::Kind::Internal,
            format!("failed to reduce a metric: {error}"),
        )
    })
}

/// What a stretch of samples looks like; `None` for none.
fn bucket(samples: &[Sample]) -> Option<MetricBucket> {
    let (first, last) = (samples.first()?, samples.last()?);
    let mut bucket = MetricBucket {
        step_min: first.step,
        step_max: last.step,
        time_min: first.timestamp,
        time_max: first.timestamp,
        first: None,
        last: None,
        min: None,
        max: None,
        count: samples.len(),
        nan: 0,
    };
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    for sample in samples {
        bucket.time_min = bucket.time_min.min(sample.timestamp);
        bucket.time_max = bucket.time_max.max(sample.timestamp);
        if sample.value.is_nan() {
            bucket.nan += 1;
            continue;
        }
        bucket.first = bucket.first.or(Some(sample.value));
        bucket.last = Some(sample.value);
        (min, max) = (min.min(sample.value), max.max(sample.value));
    }
    if bucket.nan < bucket.count {
        (bucket.min, bucket.max) = (Some(min), Some(max));
    }
    Some(bucket)
}

fn of_run(run: &str, points: Vec<Point>) -> impl Iterator<Item = Metric> {
    points.into_iter().map(move |point| Metric {
        run_id: Some(run.to_owned()),
        ..view(point)
    })
}

fn few_runs(found: usize) -> Result<()> {
    if found == 0 {
        return Err(Error::invalid(
            "GetMetricHistoryBulk request must specify at least one run_id.",
        ));
    }
    if found > MOST_RUNS {
        return Err(Error::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {MOST_RUNS} run_ids. Received {found} run_ids."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_the_ends() {
        let steps = |length, most| {
            let point = |step| Point {
                key: "a".to_owned(),
                value: 0.0,
                timestamp: 0,
                step,
            };
            let found = spread((0..length).map(point).collect(), most);
            found.iter().map(|point| point.step).collect::<Vec<_>>()
        };
        // What MLflow 3.18 gives for 30 and 18 points.
        assert_eq!(steps(30, 5), [0, 6, 12, 18, 29]);
        assert_eq!(steps(18, 4), [0, 5, 10, 17]);
        assert_eq!(steps(30, 7), [0, 5, 10, 14, 18, 22, 29]);
        assert_eq!(steps(30, 1), [29]);
        assert_eq!(steps(2, 10), [0, 1]);
    }
    #[test]
    fn a_stretch_keeps_what_a_chart_shows() {
        let sample = |step, value| Sample {
            timestamp: 10 - step,
            step,
            value,
        };
        let found = bucket(&[
            sample(1, f64::NAN),
            sample(2, 3.0),
            sample(3, 1.0),
            sample(4, 2.0),
        ])
        .unwrap();
        assert_eq!(
            (found.step_min, found.step_max, found.time_min, found.time_max),
            (1, 4, 6, 9)
        );
        assert_eq!(
            (found.first, found.last, found.min, found.max),
            (Some(3.0), Some(2.0), Some(1.0), Some(3.0))
        );
        assert_eq!((found.count, found.nan), (4, 1));
        assert_eq!(bucket(&[sample(1, f64::NAN)]).unwrap().min, None);
        assert_eq!(bucket(&[]), None);
    }
}
