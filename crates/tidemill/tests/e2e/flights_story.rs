//! The story of examples/flights, its data and its files as they are: April's and May's models reach production, November's misses its
//! bandwidth and the report says what has changed, and a forest that is far too large for production is stopped before it gets there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::*;

/// A forest of trees that are grown to the end, in place of the project's model; scored by the same script.
const FOREST: &str = r#"
import argparse, json, sys
from pathlib import Path
import mlflow, numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from train import requirements, signature_of, split_columns

parser = argparse.ArgumentParser()
parser.add_argument("--prepared", type=Path)
parser.add_argument("--model")
args = parser.parse_args()
features = json.loads((args.prepared / "features.json").read_text())
x, y = split_columns(pd.read_parquet(args.prepared / "train.parquet"), features)
encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
columns = ColumnTransformer([("categorical", encoder, features["categorical"]), ("numeric", "passthrough", features["numeric"])])
model = Pipeline([("columns", columns), ("forest", RandomForestClassifier(n_estimators=120, n_jobs=2, random_state=2013))]).fit(x, y)
mlflow.sklearn.save_model(
    model, args.model, signature=signature_of(model, x.head(5), features), pip_requirements=requirements(),
    pyfunc_predict_fn="predict_proba", serialization_format="cloudpickle",
)
"#;

fn of(path: &str) -> String {
    project().join(path).display().to_string()
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights")
}

fn dev<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["-w", "flights-dev"]].concat()
}

/// DEV, TEST and PRD from the project's files, as in `make demo`.
fn stages(mill: &Mill) {
    mill.ok(&["infra", "apply", "-f", &of("infrastructure/shared"), "--yes"]);
    for stage in ["dev", "test", "prd"] {
        let lake = mill.path(&format!("lake/{stage}"));
        std::fs::create_dir_all(&lake).expect("a folder");
        let parameters = of(&format!("infrastructure/parameters/{stage}.yaml"));
        let data = format!("data={}", lake.display());
        let folder = of("infrastructure/stage");
        let args = [
            "-f",
            folder.as_str(),
            "--parameters",
            parameters.as_str(),
            "--set",
            data.as_str(),
        ];
        if stage != "prd" {
            mill.ok(&[&["infra", "apply"][..], &args[..], &["--yes"][..]].concat());
            continue;
        }
        // PRD wants that TEST has passed the same files, and that somebody of the team agrees who did not make the plan.
        let plan = mill.ok(&[&["infra", "plan"][..], &args[..]].concat());
        let plan = plan["id"].as_str().expect("an id");
        let olivia = mill.ok(&["token", "create", "--principal", "user:olivia"]);
        let olivia = olivia["token"].as_str().expect("shown once");
        mill.ok(&[
            "infra",
            "approve",
            plan,
            "--comment",
            "as agreed",
            "--token",
            olivia,
        ]);
        mill.ok(&["infra", "apply", plan]);
    }
    mill.ok(&dev(&[
        "environment",
        "create",
        "-f",
        &of("environments/training.yml"),
    ]));
    mill.ok(&dev(&[
        "online-endpoint",
        "create",
        "-f",
        &of("endpoints/endpoint.yml"),
    ]));
}

/// The months up to this one arrive: the next version of the data.
fn months(mill: &Mill, python: &Path, months: &str) -> String {
    let _ = std::fs::remove_dir_all(mill.path("all"));
    let done = Command::new(python)
        .arg(project().join("code/data/fetch/fetch.py"))
        .args(["--months", months, "--output"])
        .arg(mill.path("all"))
        .output()
        .expect("runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let made = mill.ok(&dev(&[
        "data",
        "create",
        "-n",
        "flights",
        "--type",
        "uri_folder",
        "--path",
        "all",
    ]));
    format!("azureml:flights:{}", made["version"].as_str().expect("a version"))
}

/// Trains on all months but the last and registers; gives the version.
fn trained(mill: &Mill, name: &str) -> String {
    let done = mill.run(&dev(&[
        "job",
        "create",
        "-f",
        &of("code/pipelines/training.yml"),
        "--name",
        name,
        "--stream",
    ]));
    assert_eq!(done.code, 0, "{}", done.text());
    newest(mill)
}

fn newest(mill: &Mill) -> String {
    let all = mill.ok(&dev(&["model", "list", "--name", "flights-delay"]));
    all[0]["version"].as_str().expect("a version").to_owned()
}

/// Holds a version against the project's validation.yml.
fn validated(mill: &Mill, version: &str, data: &str, file: &str) -> Done {
    mill.run(&dev(&[
        "model",
        "validate",
        "--name",
        "flights-delay",
        "--version",
        version,
        "--validation",
        file,
        "--data",
        data,
        "--report",
        "report.html",
    ]))
}

/// Brings the newest version up in DEV, and makes a release of it; gives its number.
fn released(mill: &Mill) -> String {
    mill.ok(&dev(&[
        "online-deployment",
        "create",
        "-f",
        &of("endpoints/blue.yml"),
        "--all-traffic",
    ]));
    let made = mill.ok(&dev(&["release", "create", "-f", &of("releases/release.yml")]));
    format!("flights:{}", made["number"])
}

fn stage(mill: &Mill, release: &str, stage: &str) -> Value {
    let shown = mill.ok(&dev(&["release", "show", release]));
    shown["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .find(|one| one["stage"] == stage)
        .expect("the stage")
        .clone()
}

/// Waits until it is in one of the states, or three minutes.
fn until_it(mill: &Mill, release: &str, name: &str, state: &str) {
    let started = Instant::now();
    loop {
        let now = stage(mill, release, name);
        if now["state"] == state {
            return;
        }
        assert!(
            started.elapsed() < Duration::from_secs(180),
            "{release} is not {state} in {name}: {now}"
        );
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Olivia agrees that it enters production.
fn approved(mill: &Mill, release: &str) {
    let made = mill.ok(&[
        "token",
        "create",
        "--principal",
        "user:olivia",
        "--label",
        release,
    ]);
    let token = made["token"].as_str().expect("a token").to_owned();
    mill.run(&dev(&[
        "release",
        "approve",
        release,
        "--comment",
        "as agreed",
        "--token",
        &token,
    ]))
    .ends(0);
}

/// Through TEST into PRD.
fn in_production(mill: &Mill, release: &str) {
    mill.ok(&dev(&["release", "promote", release]));
    assert_eq!(
        stage(mill, release, "TEST")["state"],
        "Live",
        "{}",
        stage(mill, release, "TEST")
    );
    mill.run(&dev(&["release", "promote", release]))
        .ends(0)
        .says("0 of 1 approvals");
    approved(mill, release);
    until_it(mill, release, "PRD", "Live");
}

/// What production says of two flights.
fn answers(mill: &Mill) -> Vec<f64> {
    let done = mill.run(&[
        "online-endpoint",
        "invoke",
        "-w",
        "flights-prd",
        "-n",
        "flights",
        "-r",
        &of("endpoints/request.json"),
    ]);
    done.ends(0).json()["late"]
        .as_array()
        .expect("two")
        .iter()
        .filter_map(Value::as_f64)
        .collect()
}

#[test]
fn april_and_may_reach_production_november_misses_its_bandwidth_and_a_forest_is_too_large() {
    let (mill, python) = (Mill::start(), tool("tables"));
    stages(&mill);
    let validation = of("code/modeling/validation.yml");
    // January to March are what later months are compared with.
    months(&mill, &python, "1-3");
    mill.ok(&dev(&["data", "baseline", "set", "-n", "flights", "-v", "1"]));
    let mut said = Vec::new();
    for (until, name) in [("1-4", "april"), ("1-5", "may")] {
        let data = months(&mill, &python, until);
        let version = trained(&mill, name);
        let done = validated(&mill, &version, &data, &validation).ends(0);
        assert_eq!(done.json()["state"], "Passed");
        let release = released(&mill);
        in_production(&mill, &release);
        said.push(answers(&mill));
        // It is a version of production's own registry, too.
        let there = mill.ok(&["model", "list", "--name", "flights-delay", "-w", "flights-prd"]);
        assert_eq!(
            there[0]["tags"]["release"],
            format!("flights-dev/{release}"),
            "{there}"
        );
    }
    assert_ne!(said[0], said[1], "May's model is another one");
    // A forest grown to the end, on the same months: it is good enough, and far too large.
    let source =
        std::fs::read_to_string(project().join("code/modeling/train/train.py")).expect("the project's");
    mill.write("forest/train.py", source);
    mill.write("forest/forest.py", FOREST);
    mill.write(
        "forest.yml",
        "command: python forest.py --prepared ${{inputs.prepared}} --model ${{outputs.model}}\ncode: ./forest\nenvironment: azureml:flights-training@latest\n\
         compute: azureml:cpu-cluster\ninputs: {prepared: {type: uri_folder, path: azureml://jobs/may_prepare/outputs/prepared}}\n\
         outputs: {model: {type: mlflow_model, name: flights-delay}}\n",
    );
    let done = mill.run(&dev(&[
        "job",
        "create",
        "-f",
        "forest.yml",
        "--name",
        "forest",
        "--stream",
    ]));
    assert_eq!(done.code, 0, "{}", done.text());
    let small = std::fs::read_to_string(&validation).expect("the project's");
    let large = small
        .replace("size_mb: 20", "size_mb: 4000")
        .replace("calibration_error: {max: 0.15}", "calibration_error: {max: 0.2}")
        .replace(
            "  table: train.parquet",
            "  data: azureml:flights:3\n  table: train.parquet",
        );
    for folder in ["data/prepare", "scoring", "behaviour"] {
        for file in files(&project().join("code").join(folder)) {
            let name = file
                .strip_prefix(project().join("code"))
                .expect("below it")
                .display()
                .to_string();
            if name.ends_with(".py") {
                mill.write(&format!("code/{name}"), std::fs::read(file).expect("a file"));
            }
        }
    }
    mill.write("code/modeling/large.yml", large);
    let done = validated(
        &mill,
        &newest(&mill),
        "azureml:flights:3",
        "code/modeling/large.yml",
    );
    assert_eq!(done.code, 0, "{}", done.text());
    mill.write(
        "compute.yml",
        "type: local\nname: local\nmemory: 1100 MB\ncores: 2\n",
    );
    mill.ok(&["compute", "create", "-f", "compute.yml", "-w", "flights-prd"]);
    let forest = released(&mill);
    mill.ok(&dev(&["release", "promote", &forest]));
    let refused = mill.run(&dev(&["release", "promote", &forest])).ends(1);
    refused
        .says("it does not fit (memory")
        .says("as measured in TEST");
    assert_eq!(stage(&mill, &forest, "PRD")["state"], "Rejected");
    assert_eq!(answers(&mill), said[1], "what answered goes on");
    // November: nothing of the code has changed, the year has.
    let data = months(&mill, &python, "1-11");
    let version = trained(&mill, "november");
    let done = validated(&mill, &version, &data, &validation).ends(1);
    let found = done.json();
    let reason = found["reason"].as_str().expect("a reason");
    assert!(reason.contains("roc_auc is 0.6"), "{reason}");
    assert!(
        reason.contains("the data have drifted from those of training in ") && reason.contains("temp_f"),
        "{reason}"
    );
    let page = std::fs::read_to_string(mill.path("report.html")).expect("a report");
    assert!(
        page.contains("The data differ from what the model was trained on in: ") && page.contains("temp_f"),
        "said in the report"
    );
    let release = released(&mill);
    mill.run(&dev(&["release", "promote", &release]))
        .ends(1)
        .says("of its model failed: roc_auc is");
    assert_eq!(stage(&mill, &release, "TEST")["state"], "Rejected");
    assert_eq!(answers(&mill), said[1], "May's model answers");
}
