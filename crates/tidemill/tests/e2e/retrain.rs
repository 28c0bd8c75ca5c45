//! Retraining through the real binary: a published pipeline in production, started by new data, by drift and by hand, whose model opens a
//! release in the first stage by itself, and goes no further by itself.

use serde_json::{Value, json};

use crate::support::*;

const SCORE: &str = r#"
import os

def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model/weights.txt")) as file:
        model = file.read().strip()

def run(data):
    return {"model": model}
"#;

const TRAIN: &str = "import os, sys\ntext = open(os.path.join(sys.argv[1], 'rows.csv')).read()\nos.makedirs(sys.argv[2], exist_ok=True)\n\
                     open(os.path.join(sys.argv[2], 'weights.txt'), 'w').write(text.split()[-1])\n";

const PIPELINE: &str = "$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\ntype: pipeline\nsettings: {default_compute: azureml:local}\n\
    inputs:\n  data: {type: uri_folder, path: 'azureml:flights:1'}\noutputs:\n  model: {type: custom_model, name: delays}\njobs:\n  train:\n    type: command\n\
    \x20   command: python train.py ${{inputs.data}} ${{outputs.model}}\n    code: ./train\n    environment: {image: 'python:3'}\n\
    \x20   inputs: {data: '${{parent.inputs.data}}'}\n    outputs: {model: '${{parent.outputs.model}}'}\n";

/// Three stages, data and a published pipeline in production, an endpoint in the first stage.
fn three_stages() -> Mill {
    let mill = Mill::start();
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
    mill.write("endpoint.yml", "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: flights\nauth_mode: key\n");
    mill.ok(&["online-endpoint", "create", "-w", "dev", "-f", "endpoint.yml"]);
    mill.write("score/score.py", SCORE);
    mill.write("train/train.py", TRAIN);
    mill.write("pipeline.yml", PIPELINE);
    mill.write("request.json", "{}");
    mill.write(
        "deployment.yml",
        format!(
            "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: candidate\nendpoint_name: flights\n\
             code_configuration: {{code: ./score, scoring_script: score.py}}\n{ENVIRONMENT}\n\
             readiness_probe: {{initial_delay: 20, period: 1, failure_threshold: 5}}\n"
        ),
    );
    mill.write(
        "release.yml",
        "type: release\nname: flights\nendpoint: flights\ndeployment: candidate\ntests:\n  - {name: it answers, request_file: request.json}\n\
         gates: {PRD: {approvals: {count: 1}}}\n",
    );
    mill.write("published.yml", published("dev"));
    data(&mill, "1", "april");
    mill
}

fn published(target: &str) -> String {
    format!(
        "type: published_pipeline\nname: retrain\njob: ./pipeline.yml\ncandidate:\n  output: model\n  workspace: {target}\n  deployment: ./deployment.yml\n  release: ./release.yml\n"
    )
}

fn data(mill: &Mill, version: &str, month: &str) {
    mill.write("rows/rows.csv", format!("month\n{month}\n"));
    mill.ok(&[
        "data",
        "create",
        "-w",
        "prd",
        "--name",
        "flights",
        "--version",
        version,
        "--type",
        "uri_folder",
        "--path",
        "./rows",
    ]);
}

/// The newest candidate once it has come to an end.
fn candidate(mill: &Mill, count: usize) -> Value {
    mill.until(&format!("candidate {count} has ended"), || {
        let shown = mill.ok(&["pipeline", "show", "-w", "prd", "--name", "retrain"]);
        let all = shown["candidates"].as_array().expect("a list").clone();
        let newest = all.first().filter(|_| all.len() >= count)?.clone();
        ["Released", "Failed"]
            .contains(&newest["state"].as_str()?)
            .then_some(newest)
    })
}

#[test]
fn new_data_makes_a_model_whose_release_opens_in_the_first_stage_by_itself() {
    let mill = three_stages();
    let shown = mill.ok(&["pipeline", "publish", "-w", "prd", "-f", "published.yml"]);
    assert_eq!(shown["default_version"], 1);
    mill.write(
        "schedule.yml",
        "$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json\nname: on-data\ntrigger: {type: data_version, data: azureml:flights, input: data}\ncreate_job: {endpoint: retrain}\n",
    );
    mill.ok(&["schedule", "create", "-w", "prd", "-f", "schedule.yml"]);
    // What was there before starts nothing.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(
        mill.ok(&["schedule", "runs", "-w", "prd", "--name", "on-data"]),
        json!([])
    );
    data(&mill, "2", "may");
    let made = candidate(&mill, 1);
    assert_eq!(
        (made["state"].as_str(), made["release"].as_str()),
        (Some("Released"), Some("flights:1")),
        "{made}"
    );
    let runs = mill.ok(&["schedule", "runs", "-w", "prd", "--name", "on-data"]);
    assert_eq!(
        (runs[0]["why"].as_str(), runs[0]["job_status"].as_str()),
        (Some("data_version"), Some("Completed"))
    );
    let job = mill.ok(&[
        "job",
        "show",
        "-w",
        "prd",
        "-n",
        runs[0]["job"].as_str().expect("a name"),
    ]);
    assert_eq!(
        job["inputs"]["data"]["path"].as_str(),
        Some("azureml:flights:2"),
        "{job}"
    );
    // The same door as for everybody: TEST by its gates, PRD by somebody else's yes.
    let release = mill.ok(&["release", "promote", "flights:1", "-w", "dev"]);
    assert_eq!(release["stages"][1]["state"], "Live");
    let answer = mill
        .run(&[
            "online-endpoint",
            "invoke",
            "-w",
            "tst",
            "-n",
            "flights",
            "-r",
            "request.json",
        ])
        .ends(0);
    assert_eq!(answer.json()["model"], "may");
    mill.run(&["release", "promote", "flights:1", "-w", "dev"])
        .ends(0)
        .says("0 of 1 approvals");
    assert_eq!(mill.ok(&["online-endpoint", "list", "-w", "prd"]), json!([]));
    // By hand, another one; the deployment of the first is needed no more.
    let first = made["deployment"].as_str().expect("a name").to_owned();
    let acted = mill.ok(&["pipeline", "invoke", "-w", "prd", "--name", "retrain"]);
    assert!(
        acted["job"]
            .as_str()
            .is_some_and(|job| job.starts_with("retrain-"))
    );
    let made = candidate(&mill, 2);
    assert_eq!(made["release"], "flights:2", "{made}");
    mill.until("the first candidate is gone", || {
        let there = mill.ok(&[
            "online-deployment",
            "list",
            "-w",
            "dev",
            "--endpoint-name",
            "flights",
        ]);
        (!there.to_string().contains(&first)).then_some(())
    });
}

#[test]
fn nothing_leads_around_the_gates_and_what_fails_is_said() {
    let mill = three_stages();
    // Straight into production, or with what is not there.
    mill.write("around.yml", published("prd"));
    mill.run(&["pipeline", "publish", "-w", "prd", "-f", "around.yml"])
        .ends(1)
        .says("a release is made in DEV");
    for (from, to, says) in [
        ("output: model", "output: none", "has no output `none`"),
        ("job: ./pipeline.yml", "job: ./none.yml", "none.yml"),
        ("workspace: dev", "workspace: nowhere", "nowhere"),
    ] {
        mill.write("wrong.yml", published("dev").replace(from, to));
        let done = mill.run(&["pipeline", "publish", "-w", "prd", "-f", "wrong.yml"]);
        assert_ne!(done.code, 0, "{to}");
        done.says(says);
    }
    assert_eq!(mill.ok(&["pipeline", "list", "-w", "prd"]), json!([]));
    mill.ok(&["pipeline", "publish", "-w", "prd", "-f", "published.yml"]);
    // A second version counts, until the first one is meant again.
    mill.ok(&[
        "pipeline",
        "publish",
        "-w",
        "prd",
        "-f",
        "published.yml",
        "--set",
        "description=second",
    ]);
    assert_eq!(
        mill.ok(&["pipeline", "show", "-w", "prd", "--name", "retrain"])["default_version"],
        2
    );
    assert_eq!(
        mill.ok(&[
            "pipeline",
            "set-default",
            "-w",
            "prd",
            "--name",
            "retrain",
            "--version",
            "1"
        ])["default_version"],
        1
    );
    mill.run(&[
        "pipeline",
        "set-default",
        "-w",
        "prd",
        "--name",
        "retrain",
        "--version",
        "7",
    ])
    .ends(1)
    .says("retrain:7");
    mill.run(&[
        "pipeline", "invoke", "-w", "prd", "--name", "retrain", "--inputs", "rate=1",
    ])
    .ends(1)
    .says("no input `rate`");
    // A run that fails opens nothing.
    mill.write("rows/rows.csv", "x");
    std::fs::rename(mill.path("rows/rows.csv"), mill.path("rows/other.csv")).expect("it is there");
    mill.ok(&[
        "data",
        "create",
        "-w",
        "prd",
        "--name",
        "flights",
        "--version",
        "2",
        "--type",
        "uri_folder",
        "--path",
        "./rows",
    ]);
    mill.ok(&[
        "pipeline",
        "invoke",
        "-w",
        "prd",
        "--name",
        "retrain",
        "--inputs",
        "data={path: 'azureml:flights:2'}",
    ]);
    let failed = candidate(&mill, 1);
    assert_eq!(failed["state"], "Failed");
    assert!(
        failed["reason"]
            .as_str()
            .is_some_and(|why| why.contains("its run is Failed")),
        "{failed}"
    );
    assert_eq!(mill.ok(&["release", "list", "-w", "dev"]), json!([]));
    mill.run(&["pipeline", "delete", "-w", "prd", "--name", "retrain", "--yes"])
        .ends(0);
    mill.run(&["pipeline", "show", "-w", "prd", "--name", "retrain"])
        .ends(1)
        .says("pipeline publish");
}

#[test]
fn data_that_has_drifted_starts_a_run() {
    let mill = three_stages();
    let rows = |mean: i32| {
        let rows: Vec<String> = (0..400).map(|n| (mean + n % 20).to_string()).collect();
        format!("delay\n{}\n", rows.join("\n"))
    };
    for (version, mean) in [("1", 10), ("2", 10), ("3", 200)] {
        mill.write("table.csv", rows(mean));
        mill.ok(&[
            "data",
            "create",
            "-w",
            "prd",
            "--name",
            "delays",
            "--version",
            version,
            "--type",
            "uri_file",
            "--path",
            "./table.csv",
        ]);
    }
    mill.write(
        "schedule.yml",
        format!("name: on-drift\ntrigger: {{type: drift_alarm, data: azureml:delays}}\ncreate_job: {{command: echo again, {ENVIRONMENT}}}\n"),
    );
    mill.ok(&["schedule", "create", "-w", "prd", "-f", "schedule.yml"]);
    mill.write("expect.yml", "drift: {windows: 1}\n");
    let validate = |version: &str| {
        mill.run(&[
            "data",
            "validate",
            "-w",
            "prd",
            "--data",
            &format!("azureml:delays:{version}"),
            "--baseline",
            "azureml:delays:1",
            "--expectations",
            "expect.yml",
        ])
    };
    let same = validate("2");
    assert!(same.code == 0, "{}", same.text());
    validate("3");
    let runs = mill.until("drift started a run", || {
        let runs = mill.ok(&["schedule", "runs", "-w", "prd", "--name", "on-drift"]);
        runs.as_array().filter(|runs| !runs.is_empty()).cloned()
    });
    assert_eq!((runs.len(), runs[0]["why"].as_str()), (1, Some("drift_alarm")));
    assert!(
        runs[0]["reason"]
            .as_str()
            .is_some_and(|why| why.contains("an alarm of version 3: delay drifted")),
        "{runs:?}"
    );
}
