//! Every metric against scikit-learn, on random data with ties, rare classes and labels alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tidemill_evaluation::{Arrays, Told, figures};
use tidemill_spec::kinds::{Validation, ValidationTask};

/// The Python of the tools that tests are driven by.
fn python() -> PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let done = Command::new(scripts)
        .arg("tables")
        .status()
        .expect("scripts/test-tools.sh can be run");
    assert!(
        done.success(),
        "scripts/test-tools.sh tables failed: its output says why"
    );
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache =
        || variable("XDG_CACHE_HOME").unwrap_or_else(|| variable("HOME").expect("a home").join(".cache"));
    let tools = variable("TIDEMILL_TEST_TOOLS").unwrap_or_else(|| cache().join("tidemill/test-tools"));
    tools.join("tables/bin/python")
}

fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(path).expect("the script wrote it")
}

#[test]
fn every_metric_is_that_of_scikit_learn() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference.py");
    let done = Command::new(python())
        .arg(script)
        .arg(folder.path())
        .status()
        .expect("python runs");
    assert!(done.success());
    let (mut cases, mut compared) = (0, 0);
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let case = entry.expect("an entry").path();
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let told: Told = serde_json::from_slice(&read(case.join("told.json"))).expect("told");
        let expected: Value = serde_json::from_slice(&read(case.join("expected.json"))).expect("expected");
        let bytes = read(case.join("arrays.bin"));
        let arrays = Arrays::new(&told, &bytes).expect("arrays");
        let asked = Validation {
            task: if told.classes.is_empty() {
                ValidationTask::Regression
            } else {
                ValidationTask::Classification
            },
            target: "y".into(),
            ..Validation::default()
        };
        let found = figures(&asked, &told, &arrays).expect("figures");
        let metrics = expected["metrics"].as_object().expect("metrics");
        assert_eq!(found.metrics.len(), metrics.len(), "{name}: {:?}", found.metrics);
        for (metric, value) in metrics {
            let (value, ours) = (value.as_f64().expect("a number"), found.metrics[metric.as_str()]);
            let near = (value - ours).abs() <= 1e-9 * value.abs().max(1.0);
            assert!(near, "{name}: {metric} is {ours}, scikit-learn's {value}");
            compared += 1;
        }
        if let Some(points) = expected["roc"].as_array().filter(|points| points.len() <= 200) {
            let points: Vec<(f64, f64)> =
                serde_json::from_value(Value::Array(points.clone())).expect("points");
            assert_eq!(found.roc.len(), points.len(), "{name}");
            for (ours, theirs) in found.roc.iter().zip(points) {
                assert!(
                    (ours.0 - theirs.0).abs() < 1e-12 && (ours.1 - theirs.1).abs() < 1e-12,
                    "{name}: {ours:?} {theirs:?}"
                );
            }
            compared += 1;
        }
        if !expected["confusion"].is_null() {
            assert_eq!(
                serde_json::to_value(&found.confusion).expect("JSON"),
                expected["confusion"],
                "{name}"
            );
        }
        let latency = found.latency.expect("measured");
        assert!(
            (latency.p50_ms - 2.5).abs() < 1e-12 && (latency.p99_ms - 9.79).abs() < 1e-9,
            "as numpy.quantile: {latency:?}"
        );
        cases += 1;
    }
    assert_eq!(cases, 10);
    assert!(compared >= 90, "{compared}");
}

#[test]
fn arrays_that_are_cut_short_or_strange_are_said_and_do_no_harm() {
    let mut told: Told = serde_json::from_value(serde_json::json!({
        "format": 1, "rows": 2, "rows_without_target": 0, "features": [], "classes": ["0", "1"], "load_seconds": 0, "memory_bytes": 0,
        "table": "", "python": "", "arrays": {"y": [0, 2], "scores": [2, 4]}}))
    .expect("told");
    let asked = Validation::default();
    let bytes: Vec<u8> = [0.0, 1.0, f64::NAN, 0.2, f64::INFINITY, 0.9]
        .iter()
        .flat_map(|one: &f64| one.to_le_bytes())
        .collect();
    let said = Arrays::new(&told, &bytes[..40]).expect_err("cut short");
    assert!(said.contains("scores"), "{said}");
    let arrays = Arrays::new(&told, &bytes).expect("whole");
    let found = figures(&asked, &told, &arrays).expect("figures");
    assert_eq!(
        (found.rows, found.metrics.len()),
        (0, 0),
        "no row whose answers are numbers"
    );
    told.arrays.insert("y".into(), (u64::MAX, 2));
    assert!(Arrays::new(&told, &bytes).is_err());
    told.arrays.shift_remove("y");
    let arrays = Arrays::new(&told, &bytes).expect("whole");
    assert!(figures(&asked, &told, &arrays).is_err());
}
