//! Reading points quickly. Nearly all requests that log points look the same; such a one is read straight into its type.
//! Whatever looks different in any way (a field more, a number as a text, something empty) is left to the slow way, which
//! knows what MLflow says to it. Both ways mean the same.

use serde::Deserialize;

use super::KeyValue;
use super::metric::{LogMetric, Metric, MetricPoint};
use super::run::LogBatch;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickBatch {
    run_id: String,
    #[serde(default)]
    metrics: Vec<QuickMetric>,
    #[serde(default)]
    params: Vec<QuickText>,
    #[serde(default)]
    tags: Vec<QuickText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickMetric {
    key: String,
    value: f64,
    timestamp: i64,
    #[serde(default)]
    step: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickText {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickPoint {
    run_id: String,
    /// Old clients name the run twice.
    #[serde(default, rename = "run_uuid")]
    _run_uuid: Option<String>,
    key: String,
    value: f64,
    timestamp: i64,
    #[serde(default)]
    step: i64,
}

/// A batch, when it looks like nearly all.
pub(super) fn batch(body: &[u8]) -> Option<LogBatch> {
    let QuickBatch {
        run_id,
        metrics,
        params,
        tags,
    } = serde_json::from_slice(body).ok()?;
    let whole = !run_id.is_empty()
        && metrics.iter().all(|metric| !metric.key.is_empty())
        && params.iter().chain(&tags).all(|text| !text.key.is_empty());
    let texts = |texts: Vec<QuickText>| {
        let texts = texts
            .into_iter()
            .map(|QuickText { key, value }| KeyValue { key, value });
        texts.collect()
    };
    whole.then(|| LogBatch {
        run_id,
        metrics: metrics.into_iter().map(metric).collect(),
        params: texts(params),
        tags: texts(tags),
    })
}

fn metric(metric: QuickMetric) -> Metric {
    let QuickMetric {
        key,
        value,
        timestamp,
        step,
    } = metric;
    Metric {
        key,
        value,
        timestamp,
        step,
        ..Metric::default()
    }
}

/// A point, when it looks like nearly all.
pub(super) fn point(body: &[u8]) -> Option<LogMetric> {
    let QuickPoint {
        run_id,
        _run_uuid: _,
        key,
        value,
        timestamp,
        step,
    } = serde_json::from_slice(body).ok()?;
    (!run_id.is_empty() && !key.is_empty()).then(|| LogMetric {
        run_id,
        metric: MetricPoint {
            key,
            value,
            timestamp,
            step,
            ..MetricPoint::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::schema::{Request, read_json_slowly};
    use super::*;

    fn same<T: Request + serde::Serialize>(body: &[u8]) -> bool {
        let Some(quick) = T::quick(body) else { return true };
        let slow = read_json_slowly::<T>(body, &[]).expect("what is read quickly is read slowly too");
        serde_json::to_value(quick).unwrap() == serde_json::to_value(slow).unwrap()
    }

    #[test]
    fn what_clients_send_is_read_quickly() {
        let point =
            json!({"run_uuid": "r", "run_id": "r", "key": "loss", "value": 0.5, "timestamp": 1, "step": 2});
        assert!(LogMetric::quick(point.to_string().as_bytes()).is_some());
        let batch = json!({"run_id": "r", "metrics": [{"key": "loss", "value": 1, "timestamp": 1, "step": 2}],
            "params": [{"key": "a", "value": "b"}], "tags": []});
        assert!(LogBatch::quick(batch.to_string().as_bytes()).is_some());
        for odd in [
            json!({"run_id": "", "metrics": []}),
            json!({"run_id": "r", "metrics": [{"key": "loss", "value": "NaN", "timestamp": 1}]}),
            json!({"run_id": "r", "metrics": [{"key": "loss", "value": 1, "timestamp": 1, "model_id": "m"}]}),
            json!({"run_id": "r", "params": [{"key": "a", "value": null}]}),
            json!({"run_uuid": "r", "metrics": []}),
        ] {
            assert!(LogBatch::quick(odd.to_string().as_bytes()).is_none(), "{odd}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_mean_the_same(
            run_id in "[a-z]{0,3}",
            key in "\\PC{0,5}",
            value in any::<f64>(),
            timestamp in any::<i64>(),
            step in prop::option::of(any::<i64>()),
            cut in 0..400_usize,
        ) {
            let mut point = json!({"key": key, "value": value, "timestamp": timestamp});
            if let Some(step) = step {
                point["step"] = step.into();
            }
            let batch = json!({"run_id": run_id, "metrics": [point, point], "tags": [{"key": key, "value": key}]});
            let mut body = batch.to_string().into_bytes();
            prop_assert!(same::<LogBatch>(&body));
            body.truncate(cut);
            prop_assert!(same::<LogBatch>(&body));
            point["run_id"] = run_id.into();
            prop_assert!(same::<LogMetric>(point.to_string().as_bytes()));
        }
    }
}
