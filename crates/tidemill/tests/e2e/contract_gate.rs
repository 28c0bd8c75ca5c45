//! The gate `contracts`: a release waits while the newest data of a stage break what its model or a pipeline lives by, and goes on by
//! itself once they are repaired.

use crate::support::*;

const SCORE: &str = "def init():\n    pass\n\ndef run(data):\n    return {\"delay\": 1}\n";

fn stands(mill: &Mill, stage: &str) -> String {
    let shown = mill.ok(&["release", "show", "delay", "-w", "dev"]);
    let there = shown["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .find(|one| one["stage"] == stage)
        .expect("it")
        .clone();
    there["state"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_release_waits_for_data_that_keep_what_its_model_lives_by() {
    let mill = Mill::start();
    mill.ok(&[
        "group",
        "create",
        "--name",
        "default",
        "--set",
        "stages=[DEV, PRD]",
    ]);
    for (name, stage) in [("dev", "DEV"), ("prd", "PRD")] {
        mill.ok(&[
            "workspace",
            "create",
            "--name",
            name,
            "--set",
            &format!("stage={stage}"),
        ]);
    }
    let data = |workspace: &str, rows: &str| {
        mill.write("flights.csv", rows);
        let create = [
            "data",
            "create",
            "-w",
            workspace,
            "-n",
            "flights",
            "--type",
            "uri_file",
            "--path",
            "flights.csv",
        ];
        mill.ok(&create)["version"]
            .as_str()
            .expect("a version")
            .to_owned()
    };
    data("dev", "carrier,delay\nUA,1\nAA,2\n");
    assert_eq!(data("prd", "carrier,delay\nUA,1\nXX,2\n"), "1");
    mill.write(
        "contract.yml",
        "name: carriers\ndata: azureml:flights\nconsumer: model:delay\npolicy: refuse\n\
         expectations: {columns: {carrier: {values: {only: [UA, AA]}}}}\n",
    );
    mill.ok(&["data", "contract", "create", "-w", "dev", "-f", "contract.yml"]);
    mill.write("model/weights.txt", "1");
    mill.ok(&[
        "model",
        "create",
        "-w",
        "dev",
        "-n",
        "delay",
        "--type",
        "custom_model",
        "--path",
        "model",
    ]);
    mill.write("src/score.py", SCORE);
    mill.write("endpoint.yml", "name: delay\nauth_mode: key\n");
    mill.ok(&["online-endpoint", "create", "-w", "dev", "-f", "endpoint.yml"]);
    mill.write(
        "blue.yml",
        format!(
            "name: blue\nendpoint_name: delay\nmodel: azureml:delay:1\n\
             code_configuration: {{code: ./src, scoring_script: score.py}}\n{ENVIRONMENT}\n\
             readiness_probe: {{initial_delay: 20, period: 1, failure_threshold: 5}}\n"
        ),
    );
    mill.ok(&[
        "online-deployment",
        "create",
        "-w",
        "dev",
        "-f",
        "blue.yml",
        "--all-traffic",
    ]);
    mill.write(
        "release.yml",
        "type: release\nname: delay\nendpoint: delay\ndeployment: blue\ngates:\n  PRD:\n    contracts: {consumers: [\"pipeline:training\"]}\n",
    );
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.run(&["release", "plan", "delay", "-w", "dev"])
        .ends(0)
        .says("flights:1 breaks what model:delay lives by")
        .says("XX");
    mill.ok(&["release", "promote", "delay", "-w", "dev", "--no-wait"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(stands(&mill, "PRD"), "Waiting");
    // A pipeline of the stage lives by something, too; the repaired data keep one contract and break the other.
    mill.write(
        "more.yml",
        "name: enough\ndata: azureml:flights\nconsumer: pipeline:training\npolicy: warn\nexpectations: {rows: {min: 3}}\n",
    );
    mill.ok(&["data", "contract", "create", "-w", "prd", "-f", "more.yml"]);
    assert_eq!(data("prd", "carrier,delay\nUA,1\nAA,2\n"), "2");
    mill.until("it to be live", || (stands(&mill, "PRD") == "Live").then_some(()));
    let shown = mill.ok(&["release", "show", "delay", "-w", "dev"]).to_string();
    assert!(
        shown.contains("warnings alone") && shown.contains("pipeline:training"),
        "{shown}"
    );
}
