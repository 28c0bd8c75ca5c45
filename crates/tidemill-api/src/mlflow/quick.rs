//! Reading points quickly. Nearly all requests that log points look the same; such a one is read straight into its type.
//! Whatever looks different in any way (a field more, a number as a text, something empty) is left to the slow way, which
//! knows what MLflow says to it. Both ways mean the same.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::KeyValue;
use super::metric::{LogMetric, Metric, MetricPoint};
use super::run::LogBatch;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickBatch<'a> {
    run_id: String,
    #[serde(default, borrow)]
    metrics: Vec<QuickMetric<'a>>,
    #[serde(default)]
    params: Vec<QuickText>,
    #[serde(default)]
    tags: Vec<QuickText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickMetric<'a> {
    key: String,
    #[serde(borrow)]
    value: &'a RawValue,
    timestamp: i64,
    #[serde(default)]
    step: i64,
    #[serde(default, deserialize_with = "present")]
    model_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    dataset_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    dataset_digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickText {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuickPoint<'a> {
    run_id: String,
    /// Old clients name the run twice.
    #[serde(default, rename = "run_uuid")]
    _run_uuid: Option<String>,
    key: String,
    #[serde(borrow)]
    value: &'a RawValue,
    timestamp: i64,
    #[serde(default)]
    step: i64,
    #[serde(default, deserialize_with = "present")]
    model_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    dataset_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    dataset_digest: Option<String>,
}

/// A text that is there; `null` is left to the slow way.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    String::deserialize(from).map(Some)
}

/// A number to its last bit, which the JSON reader of numbers does not promise.
fn exact(value: &RawValue) -> Option<f64> {
    let number: f64 = value.get().parse().ok()?;
    number.is_finite().then_some(number)
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
    let metrics = metrics.into_iter().map(metric).collect::<Option<_>>()?;
    let texts = |texts: Vec<QuickText>| {
        let texts = texts
            .into_iter()
            .map(|QuickText { key, value }| KeyValue { key, value });
        texts.collect()
    };
    whole.then(|| LogBatch {
        run_id,
        metrics,
        params: texts(params),
        tags: texts(tags),
    })
}

fn metric(metric: QuickMetric<'_>) -> Option<Metric> {
    let QuickMetric {
        key,
        value,
        timestamp,
        step,
        model_id,
        dataset_name,
        dataset_digest,
    } = metric;
    Some(Metric {
        key,
        value: exact(value)?,
        timestamp,
        step,
        model_id,
        dataset_name,
        dataset_digest,
        run_id: None,
    })
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
        model_id,
        dataset_name,
        dataset_digest,
    } = serde_json::from_slice(body).ok()?;
    let value = exact(value)?;
    (!run_id.is_empty() && !key.is_empty()).then_some(LogMetric {
        run_id,
        metric: MetricPoint {
            key,
            value,
            timestamp,
            step,
            model_id,
            dataset_name,
            dataset_digest,
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::schema::{Request, read_json_slowly};
    use super::*;

    fn same<T: Request + serde::Serialize>(body: &[u8]) -> bool {
        let Some(quick) = T::quick(body) else { return true };
        let slow = read_json_slowly::<T>(body, &[]).expect("what is read quickly is read slowly too");
        near(
            &serde_json::to_value(quick).unwrap(),
            &serde_json::to_value(slow).unwrap(),
        )
    }

    /// The same, but for the last bit of a number: the slow way may lose it.
    fn near(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, value)| b.get(key).is_some_and(|b| near(value, b)))
            }
            (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
                let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
                a.to_bits().abs_diff(b.to_bits()) <= 1
            }
            (a, b) => a == b,
        }
    }

    #[test]
    fn a_value_keeps_its_last_bit() {
        for step in 1..2000_i32 {
            let value = f64::from(step * 37 % 1001) / 7.0;
            let body = json!({"run_id": "r", "key": "k", "value": value, "timestamp": 1, "model_id": "m"});
            let read = LogMetric::quick(body.to_string().as_bytes()).unwrap().metric;
            assert_eq!(
                (read.value.to_bits(), read.model_id.as_deref()),
                (value.to_bits(), Some("m"))
            );
            let body = json!({"run_id": "r", "metrics": [{"key": "k", "value": value, "timestamp": 1}]});
            let read = LogBatch::quick(body.to_string().as_bytes()).unwrap();
            assert_eq!(read.metrics[0].value.to_bits(), value.to_bits());
        }
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
            json!({"run_id": "r", "metrics": [{"key": "loss", "value": 1, "timestamp": 1, "model_id": null}]}),
            json!({"run_id": "r", "metrics": [{"key": "loss", "value": 1, "timestamp": 1, "run_id": "r"}]}),
            json!({"run_id": "r", "params": [{"key": "a", "value": null}]}),
            json!({"run_uuid": "r", "metrics": []}),
        ] {
            assert!(LogBatch::quick(odd.to_string().as_bytes()).is_none(), "{odd}");
        }
    }

    #[test]
    fn both_ways_keep_the_last_bit() {
        let point =
            json!({"run_id": "r", "key": "®", "value": -1.111_854_985_327_830_5e-215, "timestamp": 0});
        assert!(same::<LogMetric>(point.to_string().as_bytes()));
        let value: f64 = serde_json::from_str("-1.1118549853278305e-215").unwrap();
        assert_eq!(value.to_bits(), (-1.111_854_985_327_830_5e-215_f64).to_bits());
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
