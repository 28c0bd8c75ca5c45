//! The gates that measure: a validated model, load, and capacity. A small model reaches PRD; a forest that is better and far too
//! large for it passes its validation and is stopped before it breaks the application.

use serde_json::Value;

use crate::support::*;

const LEARNING: &str = "environment:\n  image: python:3\n  conda_file:\n    dependencies:\n    - python\n    - pip\n    - pip: \
     [numpy, pandas, scikit-learn, joblib]\n";

/// A line, or a forest of so many trees that are grown to the end.
const TRAIN: &str = r#"
import sys, os
import joblib, pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
data, model, trees = sys.argv[1], sys.argv[2], int(sys.argv[3])
table = pd.read_csv(data + "/table.csv")
kind = RandomForestClassifier(n_estimators=trees, random_state=1) if trees else LogisticRegression()
os.makedirs(model, exist_ok=True)
joblib.dump(kind.fit(table[["wind", "hour"]].to_numpy(), table["late"]), os.path.join(model, "model.joblib"))
"#;

const SCORE: &str = r#"
import json, os
import joblib

def init():
    global model
    folder = os.environ["AZUREML_MODEL_DIR"]
    model = joblib.load(os.path.join(folder, os.listdir(folder)[0], "model.joblib"))

def run(data):
    asked = json.loads(data)["input_data"]
    places = [asked["columns"].index(name) for name in ("wind", "hour")]
    rows = [[row[place] for place in places] for row in asked["data"]]
    return {"late": [float(one[1]) for one in model.predict_proba(rows)]}
"#;

const VALIDATION: &str = "type: validation\ntask: classification\ntarget: late\nfeatures: [wind, hour]\n\
     metrics: {roc_auc: {min: 0.75}}\nnewer_than_training: {column: month}\n\
     scoring: {code: ./src, scoring_script: score.py, answer: late}\n";

const RELEASE: &str = "type: release\nname: late\nendpoint: late\ndeployment: blue\n\
     tests:\n  - {name: one flight, request_file: request.json}\n\
     gates:\n  TEST:\n    load: {rate: 4, duration_seconds: 2, connections: 4, max_p99_ms: 20000, max_error_percent: 0}\n\
     \x20 PRD:\n    capacity: {rate: 2, duration_seconds: 2, headroom_percent: 20}\n";

fn month(month: u32, rows: usize) -> String {
    let mut state = u64::from(month) * 7919 + 17;
    let mut draw = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let mut table = String::from("month,wind,hour,late\n");
    for _ in 0..rows {
        let (wind, hour) = (draw() * 4.0 - 2.0, draw() * 4.0 - 2.0);
        let late = u8::from(draw() < 1.0 / (1.0 + (-2.0 * wind - 1.5 * hour).exp()));
        table += &format!("{month},{wind:.5},{hour:.5},{late}\n");
    }
    table
}

fn dev<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["-w", "dev"]].concat()
}

/// Trains a version in DEV, and brings it up there.
fn trained(mill: &Mill, trees: u32) {
    mill.write("code/train.py", TRAIN);
    mill.write(
        "train.yml",
        format!(
            "command: python train.py ${{{{inputs.data}}}} ${{{{outputs.model}}}} {trees}\ncode: ./code\n{LEARNING}\
             inputs: {{data: {{type: uri_folder, path: \"azureml:flights:1\"}}}}\noutputs: {{model: {{type: custom_model, name: late}}}}\n"
        ),
    );
    let done = mill.run(&dev(&[
        "job",
        "create",
        "-f",
        "train.yml",
        "--name",
        &format!("train-{trees}"),
        "--stream",
    ]));
    assert_eq!(done.code, 0, "{}", done.text());
    mill.write(
        "blue.yml",
        format!(
            "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: blue\nendpoint_name: late\n\
             model: azureml:late@latest\ncode_configuration: {{code: ./src, scoring_script: score.py}}\n{LEARNING}\
             request_settings: {{request_timeout_ms: 30000, max_queue_wait_ms: 20000}}\n"
        ),
    );
    mill.ok(&dev(&[
        "online-deployment",
        "create",
        "-f",
        "blue.yml",
        "--all-traffic",
    ]));
}

fn validated(mill: &Mill, version: &str) -> Done {
    mill.write("validation.yml", format!("{VALIDATION}{LEARNING}"));
    mill.run(&dev(&[
        "model",
        "validate",
        "--name",
        "late",
        "--version",
        version,
        "--validation",
        "validation.yml",
        "--data",
        "azureml:flights:2",
    ]))
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

fn until_it(mill: &Mill, release: &str, name: &str, state: &str) {
    mill.until(&format!("{release} was {state} in {name}"), || {
        (stage(mill, release, name)["state"] == state).then_some(())
    });
}

#[test]
fn a_huge_forest_passes_its_validation_and_is_stopped_before_it_breaks_production() {
    let mill = Mill::start();
    mill.write(
        "group.yml",
        "name: default\ngates:\n  TEST:\n    validation: {checks: [metrics, newer_than_training]}\n",
    );
    mill.ok(&["group", "create", "-f", "group.yml"]);
    for (name, stage) in [("dev", "DEV"), ("tst", "TEST"), ("prd", "PRD")] {
        mill.ok(&[
            "workspace",
            "create",
            "--name",
            name,
            "--set",
            &format!("stage={stage}"),
        ]);
    }
    for (number, rows) in [(1, 6000), (2, 1500)] {
        mill.write("set/table.csv", month(number, rows));
        mill.ok(&dev(&[
            "data",
            "create",
            "--name",
            "flights",
            "--type",
            "uri_folder",
            "--path",
            "set",
        ]));
    }
    mill.write("src/score.py", SCORE);
    mill.write(
        "request.json",
        r#"{"input_data": {"columns": ["wind", "hour"], "data": [[1.0, 1.0]]}}"#,
    );
    mill.write("release.yml", RELEASE);
    mill.write("endpoint.yml", "name: late\nauth_mode: key\n");
    mill.ok(&dev(&["online-endpoint", "create", "-f", "endpoint.yml"]));
    trained(&mill, 0);
    mill.ok(&dev(&["release", "create", "-f", "release.yml"]));
    // The group wants a validated model, and this very one.
    let plan = mill.ok(&dev(&["release", "plan", "late"]));
    assert_eq!(plan["steps"][1]["gates"][0]["gate"], "validation", "{plan}");
    assert_eq!(
        plan["steps"][1]["who"],
        serde_json::json!(["user:owner"]),
        "{plan}"
    );
    mill.run(&dev(&["release", "promote", "late"]))
        .ends(0)
        .says("has not been validated");
    validated(&mill, "1").ends(0);
    until_it(&mill, "late:1", "TEST", "Live");
    let tested = stage(&mill, "late:1", "TEST")["evidence"].to_string();
    assert!(
        tested.contains("p99_ms") && tested.contains("\"requests\":8"),
        "{tested}"
    );
    // What it takes in TEST fits into PRD.
    mill.write(
        "compute.yml",
        "type: local\nname: local\nmemory: 900 MB\ncores: 2\n",
    );
    mill.ok(&["compute", "create", "-f", "compute.yml", "-w", "prd"]);
    mill.ok(&dev(&["release", "promote", "late"]));
    assert_eq!(stage(&mill, "late:1", "PRD")["state"], "Live");
    let history = mill.ok(&["release", "history", "-w", "prd"]);
    let passed = history
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["kind"] == "passed")
        .expect("gates")
        .to_string();
    assert!(passed.contains("it fits: it needs"), "{passed}");
    let answers = || {
        let done = mill.run(&[
            "online-endpoint",
            "invoke",
            "-w",
            "prd",
            "-n",
            "late",
            "-r",
            "request.json",
        ]);
        done.ends(0).json()["late"][0].as_f64().expect("a probability")
    };
    let before = answers();
    // The forest is as good, and takes more than there is.
    trained(&mill, 1200);
    mill.ok(&dev(&["release", "create", "-f", "release.yml"]));
    validated(&mill, "2").ends(0);
    mill.ok(&dev(&["release", "promote", "late:2"]));
    assert_eq!(stage(&mill, "late:2", "TEST")["state"], "Live");
    mill.run(&dev(&["release", "promote", "late:2"]))
        .ends(1)
        .says("it does not fit (memory")
        .says("compute `local")
        .says("as measured in TEST");
    assert_eq!(stage(&mill, "late:2", "PRD")["state"], "Rejected");
    assert!((answers() - before).abs() < 1e-12, "what answered goes on");
    let there = mill.ok(&["online-deployment", "list", "-w", "prd", "-e", "late"]);
    assert_eq!(
        there.as_array().map(Vec::len),
        Some(1),
        "nothing of it came up there: {there}"
    );
    // A validation that failed closes the door that one which passed had opened.
    mill.write(
        "validation.yml",
        format!("{}{LEARNING}", VALIDATION.replace("0.75", "0.999")),
    );
    mill.run(&dev(&[
        "model",
        "validate",
        "--name",
        "late",
        "--version",
        "2",
        "--validation",
        "validation.yml",
        "--data",
        "azureml:flights:2",
    ]))
    .ends(1);
    mill.ok(&dev(&["release", "create", "-f", "release.yml"]));
    mill.run(&dev(&["release", "promote", "late:3"]))
        .ends(1)
        .says("of its model failed: roc_auc is");
    // And one that is too slow for what is asked never gets a request.
    validated(&mill, "2").ends(0);
    mill.write(
        "release.yml",
        RELEASE.replace("max_p99_ms: 20000", "max_p99_ms: 0.01"),
    );
    mill.ok(&dev(&["release", "create", "-f", "release.yml"]));
    mill.run(&dev(&["release", "promote", "late:4"]))
        .ends(1)
        .says("load test failed: 99 of 100 requests took up to");
    for (from, to, says) in [
        ("rate: 4", "rate: 0", "a rate above 0"),
        (
            "headroom_percent: 20",
            "headroom_percent: 120",
            "percentage from 0 to 100",
        ),
        ("connections: 4", "connections: 0", "from 1 to 1000 connections"),
        (
            "duration_seconds: 2, connections",
            "duration_seconds: 0, connections",
            "from 1 to 3600 seconds",
        ),
    ] {
        mill.write("release.yml", RELEASE.replace(from, to));
        let done = mill.run(&dev(&["release", "create", "-f", "release.yml"]));
        assert_ne!(done.code, 0, "{to}");
        done.says(says);
    }
}
