//! The pipeline that a monitor is: a step `type: validate` for each signal, with expectations made of Azure's thresholds.

use std::time::SystemTime;

use serde_json::{Map, Value, json};
use tidemill_objects::{Silent, TreeBuilder, UploadOptions, upload_tree};
use tidemill_spec::kinds::{
    DriftSignal, DriftThresholds, Features, Input, Job, Monitor, MonitorSignal, MonitoredData, QualitySignal,
    Schedule,
};

use crate::{Error, OpContext, Result, bytes, content};

/// The experiment of runs of monitors.
const EXPERIMENT: &str = "monitoring";
/// A distance that no column reaches: what is not named does not count.
const NEVER: f64 = 1e300;

/// The job of a monitor. What its fields cannot mean here was refused when it was read.
pub(super) async fn job(owner: &OpContext, schedule: &Schedule, monitor: &Monitor) -> Result<Job> {
    let signals = &monitor.monitoring_signals;
    let files = signals
        .iter()
        .map(|(name, signal)| (file(name), expectations(signal).to_string()));
    let tree = keep(owner, files.collect()).await?;
    let steps: Map<String, Value> = signals
        .iter()
        .map(|(name, signal)| {
            let (data, baseline) = sides(signal);
            let mut inputs = json!({
                "data": data,
                "expectations": { "type": "uri_file", "path": format!("tidemill://trees/{tree}/{}", file(name)) },
            });
            if let Some(baseline) = baseline {
                inputs["baseline"] = json!(baseline);
            }
            (name.clone(), json!({ "type": "validate", "inputs": inputs, "outputs": { "report": { "type": "uri_folder" } } }))
        })
        .collect();
    let job = json!({
        "type": "pipeline",
        "display_name": schedule.display_name.as_ref().unwrap_or(&schedule.name),
        "experiment_name": EXPERIMENT,
        // One signal that alarms hides no other one.
        "settings": { "continue_on_step_failure": true },
        "jobs": steps,
    });
    serde_json::from_value(job).map_err(Error::internal)
}

fn file(signal: &str) -> String {
    format!("{signal}.json")
}

/// The data that are watched, and what they are compared with.
fn sides(signal: &MonitorSignal) -> (Option<&Input>, Option<&Input>) {
    fn of(data: &Option<MonitoredData>) -> Option<&Input> {
        data.as_ref().and_then(|data| data.input_data.as_ref())
    }
    match signal {
        MonitorSignal::DataDrift(drift) | MonitorSignal::PredictionDrift(drift) => {
            (of(&drift.production_data), of(&drift.reference_data))
        }
        MonitorSignal::DataQuality(quality) => (of(&quality.production_data), of(&quality.reference_data)),
    }
}

fn expectations(signal: &MonitorSignal) -> Value {
    match signal {
        MonitorSignal::DataDrift(drift) => drifts(drift, columns(drift.features.as_ref())),
        MonitorSignal::PredictionDrift(drift) => drifts(drift, prediction(drift)),
        MonitorSignal::DataQuality(quality) => complete(quality),
    }
}

fn columns(features: Option<&Features>) -> Vec<String> {
    match features {
        Some(Features::These(columns)) => columns.clone(),
        _ => Vec::new(),
    }
}

/// The column with the prediction, where it is named.
fn prediction(drift: &DriftSignal) -> Vec<String> {
    let named = drift
        .production_data
        .as_ref()
        .and_then(|data| data.data_column_names.get("prediction"));
    named.cloned().into_iter().collect()
}

fn drifts(drift: &DriftSignal, only: Vec<String>) -> Value {
    // What the model was to tell is no feature.
    let target = drift
        .reference_data
        .as_ref()
        .and_then(|data| data.data_column_names.get("target_column"));
    let but: Vec<&String> = target
        .into_iter()
        .filter(|target| !only.contains(target))
        .collect();
    json!({ "drift": { "max_columns": 0, "only": only, "but": but, "level": level(drift.alert_enabled), "options": options(&drift.metric_thresholds) } })
}

fn level(alert: Option<bool>) -> &'static str {
    if alert == Some(false) { "warning" } else { "error" }
}

/// The thresholds as distances that matter. A p-value is the rate of false discoveries, with every distance mattering.
fn options(asked: &DriftThresholds) -> Value {
    let (numbers, categories) = (
        asked.numerical.clone().unwrap_or_default(),
        asked.categorical.clone().unwrap_or_default(),
    );
    if numbers == Default::default() && categories == Default::default() {
        return Value::Null;
    }
    let tests = [
        numbers.two_sample_kolmogorov_smirnov_test,
        categories.pearsons_chi_squared_test,
    ];
    let rate = tests.into_iter().flatten().fold(f64::INFINITY, f64::min);
    let tested = |test: Option<f64>, distance: Option<f64>| test.map_or(distance.unwrap_or(NEVER), |_| 0.0);
    let mut options = json!({
        "wasserstein": tested(numbers.two_sample_kolmogorov_smirnov_test, numbers.normalized_wasserstein_distance),
        "psi": numbers.population_stability_index.or(categories.population_stability_index).unwrap_or(NEVER),
        "jensen_shannon": tested(categories.pearsons_chi_squared_test, categories.jensen_shannon_distance),
        "jensen_shannon_of_numbers": numbers.jensen_shannon_distance,
        "missing": NEVER,
    });
    if rate.is_finite() {
        options["false_discovery_rate"] = rate.into();
    }
    options
}

/// Shares of missing values of the columns that are named.
fn complete(quality: &QualitySignal) -> Value {
    let asked = &quality.metric_thresholds;
    let rates = [&asked.numerical, &asked.categorical]
        .into_iter()
        .flatten()
        .filter_map(|rates| rates.null_value_rate);
    let most = rates.fold(f64::INFINITY, f64::min);
    let level = level(quality.alert_enabled);
    let columns: Map<String, Value> = columns(quality.features.as_ref())
        .into_iter()
        .map(|column| {
            (
                column,
                json!({ "missing_share": { "max": most, "level": level } }),
            )
        })
        .collect();
    json!({ "columns": columns })
}

/// Keeps files as a tree; gives its digest.
async fn keep(ctx: &OpContext, files: Vec<(String, String)>) -> Result<String> {
    let scratch = content::Scratch::new(ctx)?;
    for (name, text) in files {
        std::fs::write(scratch.0.join(name), text).map_err(Error::internal)?;
    }
    let root = scratch.0.clone();
    let builder = content::blocking(move || TreeBuilder::data(&root)).await?;
    let options = UploadOptions {
        base: None,
        known: None,
        now: SystemTime::now(),
    };
    Ok(
        upload_tree(builder, &bytes::tree_store(ctx.app())?, options, &Silent)
            .await?
            .digest
            .to_hex(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds(value: Value) -> DriftThresholds {
        serde_json::from_value(value).expect("thresholds")
    }

    #[test]
    fn a_threshold_that_is_not_named_never_counts() {
        assert_eq!(options(&thresholds(json!({}))), Value::Null, "Tidemill's own");
        let found = options(&thresholds(
            json!({"numerical": {"jensen_shannon_distance": 0.01}, "categorical": {"pearsons_chi_squared_test": 0.02}}),
        ));
        assert_eq!(
            (&found["jensen_shannon_of_numbers"], &found["jensen_shannon"]),
            (&json!(0.01), &json!(0.0))
        );
        assert_eq!(
            (
                &found["false_discovery_rate"],
                &found["wasserstein"],
                &found["psi"]
            ),
            (&json!(0.02), &json!(NEVER), &json!(NEVER))
        );
        let found = options(&thresholds(
            json!({"numerical": {"normalized_wasserstein_distance": 0.3}}),
        ));
        assert_eq!(
            (
                &found["wasserstein"],
                &found["jensen_shannon"],
                found.get("false_discovery_rate")
            ),
            (&json!(0.3), &json!(NEVER), None)
        );
    }
}
