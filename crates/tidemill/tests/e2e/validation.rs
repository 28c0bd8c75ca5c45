//! Validation of models through the real binary: a real scikit-learn model, trained by a job, held against a validation.yml.

use serde_json::Value;

use crate::support::*;

/// What trains, scores and tests.
const LEARNING: &str = "environment:\n  image: python:3\n  conda_file:\n    dependencies:\n    - python\n    - pip\n    - pip: \
     [numpy, pandas, scikit-learn, pytest, mlflow-skinny, cloudpickle]\n";

/// Two features that tell, one that does not; `noise` turns so many answers over.
const TRAIN: &str = r#"
import argparse, mlflow.sklearn, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
parser = argparse.ArgumentParser()
for name in ("data", "model", "noise"):
    parser.add_argument("--" + name)
args = parser.parse_args()
table = pd.read_csv(args.data + "/table.csv")
y = table["late"].to_numpy().copy()
turned = np.random.default_rng(1).random(len(y)) < float(args.noise)
y[turned] = 1 - y[turned]
model = LogisticRegression().fit(table[["wind", "hour", "luck"]], y)
mlflow.sklearn.save_model(model, args.model, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba", input_example=table[["wind", "hour", "luck"]].head(2))
"#;

const VALIDATION: &str = "type: validation
task: classification
target: late
metrics:
  roc_auc: {min: 0.8, champion: 0.02}
  log_loss: {max: 0.6}
champion: azureml:delay@champion
cross_validation: {folds: 3, metrics: {roc_auc: {min: 0.8, spread: 0.1}}}
newer_than_training: {column: month}
slices: [{column: carrier, metric: accuracy, max_difference: 0.2}]
behaviour: {tests: ./tests}
limits: {size_mb: 5, load_seconds: 120, latency_p99_ms: 2000}
importance: {rows: 300, repeats: 2}
";

const TESTS: &str = r#"
import os
import mlflow.pyfunc
import pandas as pd

def test_more_wind_is_not_less_late():
    folder = os.environ["AZUREML_MODEL_DIR"]
    model = mlflow.pyfunc.load_model(os.path.join(folder, os.listdir(folder)[0]))
    calm, storm = (pd.DataFrame({"wind": [wind], "hour": [0.0], "luck": [0.0]}) for wind in (-2.0, 2.0))
    assert model.predict(storm)[0][1] >= model.predict(calm)[0][1]

def test_the_table_is_there():
    assert len(pd.read_csv(os.environ["VALIDATION_TABLE"])) > 100
"#;

/// A month of flights; drifted, the wind is another and says nothing any more.
fn month(month: u32, drifted: bool) -> String {
    let mut state = u64::from(month) * 7919 + 17;
    let mut draw = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    let mut table = String::from("month,carrier,wind,hour,luck,late\n");
    for row in 0..1500 {
        let (wind, hour, luck) = (draw() * 4.0 - 2.0, draw() * 4.0 - 2.0, draw() * 4.0 - 2.0);
        let pull = if drifted { hour * 0.2 } else { wind * 1.5 + hour };
        let late = u8::from(draw() < 1.0 / (1.0 + (-pull).exp()));
        let wind = if drifted { wind * 3.0 + 9.0 } else { wind };
        let carrier = ["AA", "DL", "UA"][row % 3];
        table += &format!("{month},{carrier},{wind:.4},{hour:.4},{luck:.4},{late}\n");
    }
    table
}

fn add_month(mill: &Mill, number: u32, drifted: bool) {
    mill.write("set/table.csv", month(number, drifted));
    mill.ok(&[
        "data",
        "create",
        "--name",
        "flights",
        "--type",
        "uri_folder",
        "--path",
        "set",
    ]);
}

/// Trains the next version on the first month.
fn train(mill: &Mill, noise: &str) {
    mill.write("code/train.py", TRAIN);
    let yaml = format!(
        "command: python train.py --data ${{{{inputs.data}}}} --model ${{{{outputs.model}}}} --noise {noise}\ncode: ./code\n{LEARNING}\
         inputs: {{data: {{type: uri_folder, path: \"azureml:flights:1\"}}}}\noutputs: {{model: {{type: mlflow_model, name: delay}}}}\n"
    );
    let done = mill.stream(&format!("train-{}", noise.replace('.', "-")), &yaml);
    assert_eq!(done.code, 0, "{}", done.text());
}

fn validate(mill: &Mill, version: &str, data: &str, yaml: &str) -> Done {
    mill.write("validation.yml", format!("{yaml}{LEARNING}"));
    mill.run(&[
        "model",
        "validate",
        "--name",
        "delay",
        "--version",
        version,
        "--validation",
        "validation.yml",
        "--data",
        data,
        "--report",
        "report.html",
    ])
}

/// The verdicts by check.
fn verdicts(done: &Done) -> Vec<(String, bool)> {
    let checks = done.json()["checks"].as_array().expect("checks").clone();
    checks
        .iter()
        .map(|one| {
            (
                one["check"].as_str().expect("a word").to_owned(),
                one["passed"] == Value::Bool(true),
            )
        })
        .collect()
}

#[test]
fn a_model_is_held_against_what_is_asked_and_its_report_says_why() {
    let mill = Mill::start();
    add_month(&mill, 1, false);
    add_month(&mill, 2, false);
    add_month(&mill, 3, true);
    mill.write("tests/test_behaviour.py", TESTS);
    train(&mill, "0");
    // All that is asked holds; there is no champion yet.
    let done = validate(&mill, "1", "azureml:flights:2", VALIDATION).ends(0);
    let view = done.json();
    assert_eq!(
        (&view["state"], &view["champion"], &view["training"]),
        (&"Passed".into(), &Value::Null, &"azureml:flights:1".into())
    );
    let kinds: Vec<String> = verdicts(&done).into_iter().map(|one| one.0).collect();
    for kind in [
        "metrics",
        "champion",
        "cross_validation",
        "newer_than_training",
        "slices",
        "behaviour",
        "limits",
    ] {
        assert!(kinds.iter().any(|one| one == kind), "{kind} in {kinds:?}");
    }
    assert!(
        view["metrics"]["roc_auc"]
            .as_f64()
            .is_some_and(|auc| auc > 0.8 && auc < 1.0),
        "{}",
        view["metrics"]
    );
    let page = std::fs::read_to_string(mill.path("report.html")).expect("a report");
    for part in [
        "ROC of class 1",
        "Precision and recall",
        "Calibration",
        "Confusion",
        "Importance",
        "Drift against",
        "Packages",
        "Behaviour tests",
        "flights:1",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        page.matches("<svg").count() > 6
            && !page.contains("<script")
            && !page.contains("http://")
            && !page.contains("https://"),
        "all of it is in the page"
    );
    let (wind, luck) = (page.find("<td>wind<td>"), page.find("<td>luck<td>"));
    assert!(wind.is_some() && wind < luck, "what tells most comes first");
    // The very data that it was trained on are no proof.
    validate(&mill, "1", "azureml:flights:1", VALIDATION)
        .ends(1)
        .says("the data go up to 1, those of training (azureml:flights:1) up to 1");
    // A worse one does not pass beside the champion.
    let alias = "/api/v1/workspaces/default/models/delay/labels/champion";
    assert_eq!(mill.http("PUT", alias, None, r#"{"version": "1"}"#).0, 200);
    train(&mill, "0.42");
    let loose = VALIDATION
        .replace("min: 0.8, champion: 0.02", "min: 0.1, champion: 0.02")
        .replace("max: 0.6", "max: 9, champion: 0.01");
    let done = validate(&mill, "2", "azureml:flights:2", &loose)
        .ends(1)
        .says("that of delay:1");
    assert!(
        verdicts(&done).contains(&("champion".to_owned(), false)),
        "{:?}",
        verdicts(&done)
    );
    // A month that is another: the report says which columns.
    let done = validate(&mill, "1", "azureml:flights:3", VALIDATION)
        .ends(1)
        .says("drifted from those of training in");
    let reason = done.json()["reason"].as_str().expect("a reason").to_owned();
    assert!(
        reason.contains("roc_auc is") && reason.contains("wind") && !reason.contains("luck"),
        "{reason}"
    );
    let page = std::fs::read_to_string(mill.path("report.html")).expect("a report");
    assert!(
        page.contains("The data differ from what the model was trained on in: "),
        "said beside the checks"
    );
    // Each of them is in the history, and in the run of its job.
    let rows = mill.ok(&["model", "metrics", "--name", "delay"]);
    let states: Vec<&str> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["state"].as_str().expect("a state"))
        .collect();
    assert_eq!(states, ["Failed", "Failed", "Failed", "Passed"]);
    let csv = mill
        .run(&[
            "model",
            "metrics",
            "--name",
            "delay",
            "--version",
            "2",
            "--format",
            "csv",
        ])
        .ends(0)
        .out;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(
        csv.lines().next().is_some_and(|head| head.contains(",roc_auc,")),
        "{csv}"
    );
    let job = view["job"].as_str().expect("a job");
    assert_eq!(mill.show(job)["metrics"]["roc_auc"], view["metrics"]["roc_auc"]);
}

const SCORE: &str = r#"
import json, os
import numpy as np

def init():
    global weights
    folder = os.environ["AZUREML_MODEL_DIR"]
    with open(os.path.join(folder, os.listdir(folder)[0], "weights.json")) as file:
        weights = json.load(file)

def run(data):
    asked = json.loads(data)["input_data"]
    rows = [dict(zip(asked["columns"], row)) for row in asked["data"]]
    return {"predictions": [sum(weights[name] * (row[name] or 0) for name in weights) for row in rows]}
"#;

const REGRESSION: &str = "type: validation
task: regression
target: hour
features: [wind, luck]
metrics: {rmse: {max: 2}}
scoring: {code: ./score, scoring_script: score.py, answer: predictions}
";

#[test]
fn a_script_scores_a_model_of_numbers_and_whatever_is_wrong_is_said() {
    let mill = Mill::start();
    add_month(&mill, 1, false);
    mill.write("model/weights.json", r#"{"wind": 0.0, "luck": 0.0}"#);
    mill.ok(&[
        "model",
        "create",
        "--name",
        "delay",
        "--type",
        "custom_model",
        "--path",
        "model",
    ]);
    mill.write("score/score.py", SCORE);
    let done = validate(&mill, "1", "azureml:flights:1", REGRESSION).ends(0);
    let rmse = done.json()["metrics"]["rmse"].as_f64().expect("a number");
    assert!(
        (rmse - 4.0 / 12.0_f64.sqrt()).abs() < 0.05,
        "that of a mean of 0 of numbers from -2 to 2: {rmse}"
    );
    // What makes no sense is refused before anything runs.
    for (from, to, says) in [
        ("rmse", "rsme", "did you mean `rmse`"),
        ("max: 2", "min: 3, max: 2", "expected `min` not above `max`"),
        ("max: 2", "champion: 2", "none is named"),
        ("target: hour", "target: wind", "the target is no feature"),
        ("regression", "guessing", "task"),
        ("./score,", "./nowhere,", "nowhere"),
    ] {
        let done = validate(&mill, "1", "azureml:flights:1", &REGRESSION.replace(from, to));
        assert_ne!(done.code, 0, "{to}");
        done.says(says);
    }
    validate(&mill, "7", "azureml:flights:1", REGRESSION)
        .ends(1)
        .says("delay:7");
    validate(&mill, "1", "azureml:nowhere:1", REGRESSION)
        .ends(1)
        .says("nowhere");
    validate(&mill, "1", "flights/table.csv", REGRESSION)
        .ends(1)
        .says("azureml:NAME:VERSION");
    // What a script may do: each ends with its reason, and none is taken for a pass.
    let broken = |from: &str, to: &str, says: &str| {
        mill.write("score/score.py", SCORE.replace(from, to));
        validate(&mill, "1", "azureml:flights:1", REGRESSION)
            .ends(1)
            .says(says);
    };
    broken(
        "import numpy as np",
        "import no_such_module",
        "its job ended as Failed",
    );
    broken(
        "for row in rows]}",
        "for row in rows[1:]]}",
        "its job ended as Failed",
    );
    broken(
        "sum(weights",
        "float('nan') if row['wind'] > 0 else sum(weights",
        "predictions are NaN or infinite",
    );
    let newest = &mill.ok(&["model", "metrics", "--name", "delay"])[0];
    assert_eq!(newest["state"], "Failed");
    // A column that is not there, and data that are no table.
    validate(
        &mill,
        "1",
        "azureml:flights:1",
        &REGRESSION.replace("hour", "minute"),
    )
    .ends(1)
    .says("its job ended as Failed");
    mill.write("set/table.csv", [0xff, 0xfe, 0x00, 0x9c]);
    mill.ok(&[
        "data",
        "create",
        "--name",
        "flights",
        "--type",
        "uri_folder",
        "--path",
        "set",
    ]);
    validate(&mill, "1", "azureml:flights:2", REGRESSION)
        .ends(1)
        .says("its job ended as Failed");
}

/// A pipeline that writes the weights of a model, holds it against `hour.yml` and hands it on.
fn checked_pipeline(wind: &str, data: &str, more: &str) -> String {
    format!(
        "type: pipeline
settings: {{default_compute: serverless}}
inputs:
  flights: {{type: uri_folder, path: \"{data}\"}}
outputs:
  hour: {{type: custom_model, name: hour}}
jobs:
  train:
    type: command
    command: >-
      mkdir -p ${{{{outputs.model}}}} && echo '{{\"wind\": {wind}, \"luck\": 0.0}}' > ${{{{outputs.model}}}}/weights.json
    {ENVIRONMENT}
    outputs: {{model: {{type: custom_model}}}}
  check:
    type: validate_model
    validation: ./checks/hour.yml
    inputs:
      model: ${{{{parent.jobs.train.outputs.model}}}}
      data: ${{{{parent.inputs.flights}}}}
    outputs:
      report: {{type: uri_folder}}
      model: ${{{{parent.outputs.hour}}}}
  publish:
    type: command
    command: cat ${{{{inputs.model}}}}/weights.json
    {ENVIRONMENT}
    inputs: {{model: \"${{{{parent.jobs.train.outputs.model}}}}\"}}
{more}"
    )
}

#[test]
fn a_step_of_a_pipeline_validates_a_model_before_anybody_takes_it() {
    let mill = Mill::start();
    add_month(&mill, 1, false);
    mill.write("score/score.py", SCORE);
    // Paths count from the file that names them.
    let yaml = format!("{}{LEARNING}", REGRESSION.replace("./score,", "../score,"));
    mill.write("checks/hour.yml", yaml);
    let data = "azureml:flights:1";
    let done = mill.stream("fine", &checked_pipeline("0.0", data, ""));
    assert_eq!(done.code, 0, "{}\n{}", done.text(), mill.log("fine_check"));
    // It is a version now, and the history says which; the report is an output of the step and among its artifacts.
    let row = mill.ok(&["model", "metrics", "--name", "hour"])[0].clone();
    assert_eq!(
        (&row["state"], &row["version"], &row["data"]),
        (&"Passed".into(), &"1".into(), &data.into())
    );
    assert!(row["rmse"].as_f64().is_some_and(|rmse| rmse < 2.0), "{row}");
    let shown = mill.ok(&["model", "show", "--name", "hour", "--version", "1"]);
    assert_eq!(shown["type"], "custom_model", "{shown}");
    mill.run(&[
        "job",
        "download",
        "-n",
        "fine_check",
        "--output-name",
        "report",
        "-p",
        "got",
    ])
    .ends(0);
    let found: Vec<String> = files(&mill.path("got"))
        .iter()
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    for name in ["report.html", "validation.json"] {
        assert!(found.iter().any(|one| one == name), "{found:?}");
    }
    // What is released by its bytes has been validated already.
    mill.run(&[
        "model",
        "report",
        "--name",
        "hour",
        "--version",
        "1",
        "--file",
        "page.html",
    ])
    .ends(0);
    assert_eq!(mill.show("fine_check")["metrics"]["rmse"], row["rmse"]);

    // One that misses its bandwidth becomes no version, and nothing that reads it runs.
    let done = mill.stream("wild", &checked_pipeline("5.0", data, "")).ends(1);
    let said = done.text();
    assert!(
        said.contains("rmse is") && said.contains("outputs/validation/report.html"),
        "{said}"
    );
    let steps = mill.steps("wild");
    assert_eq!(
        (steps["train"].0.as_str(), steps["check"].0.as_str()),
        ("Completed", "Failed")
    );
    assert_ne!(steps["publish"].0, "Completed", "{steps:?}");
    let versions = mill.ok(&["model", "list", "--name", "hour"]);
    assert_eq!(versions.as_array().map(Vec::len), Some(1), "{versions}");
    let rows = mill.ok(&["model", "metrics", "--name", "hour"]);
    assert_eq!(
        (&rows[0]["state"], &rows[0]["version"]),
        (&"Failed".into(), &"".into())
    );
    let artifacts = mill.ok(&["job", "show", "-n", "wild_check"]);
    assert!(
        artifacts["error"].to_string().contains("rmse is") || artifacts.to_string().contains("rmse is"),
        "{artifacts}"
    );

    // Whose program breaks off is no pass, and what makes no sense is told before anything runs.
    mill.write(
        "score/score.py",
        SCORE.replace("import numpy as np", "import no_such_module"),
    );
    mill.stream("broken", &checked_pipeline("0.1", data, "")).ends(1);
    assert_eq!(mill.steps("broken")["check"].0, "Failed");
    let early = checked_pipeline("0.0", data, "").replace(
        "outputs: {model: {type: custom_model}}",
        "outputs: {model: {type: custom_model, name: hour}}",
    );
    mill.stream("early", &early)
        .ends(1)
        .says("registers its output `model` as `hour` before it is validated");
    let nameless = checked_pipeline("0.0", data, "")
        .replace(", name: hour}}", "}}")
        .replace(", name: hour}", "}");
    mill.stream("nameless", &nameless).ends(1).says("model_name");
    mill.write(
        "checks/hour.yml",
        format!(
            "{}{LEARNING}",
            REGRESSION
                .replace("rmse", "rsme")
                .replace("./score,", "../score,")
        ),
    );
    let slip = mill.stream("slip", &checked_pipeline("0.0", data, ""));
    assert_ne!(slip.code, 0);
    slip.says("did you mean `rmse`");
}
