//! Online endpoints as teams that come from Azure write and use them: `az ml`, an image with a conda file, a curated environment,
//! registered assets, and an endpoint on a Kubernetes compute; two deployments, shares of the traffic, and copies of it.

use serde_json::json;

use crate::support::*;

/// As the samples of Azure do: a script, and a model in a folder of its own.
const FIRST: &str = r#"
import json, logging, os

def init():
    global weights
    path = os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model/weights.json")
    with open(path) as file:
        weights = json.load(file)
    logging.info("Init complete")

def run(raw_data):
    logging.info("model 1: request received")
    rows = json.loads(raw_data)["data"]
    return [sum(weight * value for weight, value in zip(weights, row)) for row in rows]
"#;

const SECOND: &str = r#"
import logging, os

def init():
    assert os.path.exists(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model/weights.json"))

def run(raw_data):
    logging.getLogger("second").info("model 2: request received")
    return [0.5, 0.5]
"#;

const CONDA: &str = "name: model-env\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip=23.3\n  - pip:\n    - joblib\n";
const IMAGE: &str = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest";

fn deployment(kind: &str, name: &str, model: &str, environment: &str, more: &str) -> String {
    let number = if name == "blue" { 1 } else { 2 };
    format!(
        "$schema: https://azuremlschemas.azureedge.net/latest/{kind}OnlineDeployment.schema.json\nname: {name}\nendpoint_name: my-endpoint\n\
         model: {model}\ncode_configuration:\n  code: ../model-{number}/onlinescoring/\n  scoring_script: score.py\n\
         environment: {environment}\ninstance_count: 1\n{more}"
    )
}

/// The files, in the folders that the samples have.
fn written() -> Mill {
    let mill = Mill::start();
    for (number, script) in [(1, FIRST), (2, SECOND)] {
        mill.write(&format!("online/model-{number}/onlinescoring/score.py"), script);
        mill.write(&format!("online/model-{number}/model/weights.json"), "[1, 10]");
        mill.write(&format!("online/model-{number}/environment/conda.yaml"), CONDA);
        mill.write(
            &format!("online/model-{number}/sample-request.json"),
            "{\"data\": [\n    [1,2],\n    [3,4]\n]}",
        );
    }
    mill.write(
        "online/sample/endpoint.yml",
        "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: my-endpoint\nauth_mode: key\n",
    );
    mill
}

fn both(mill: &Mill, kind: &str, model: fn(u32) -> String, environment: &str, more: [&str; 2]) {
    for ((name, number), more) in [("blue", 1), ("green", 2)].into_iter().zip(more) {
        let environment = environment.replace("NUMBER", &number.to_string());
        mill.write(
            &format!("online/sample/{name}.yml"),
            deployment(kind, name, &model(number), &environment, more),
        );
    }
}

/// What the scripts beside the samples do.
fn rolled_out(mill: &Mill, endpoint: &str) {
    let az = |args: &[&str]| mill.az(args).ends(0);
    let (first, second) = (
        "online/model-1/sample-request.json",
        "online/model-2/sample-request.json",
    );
    az(&[
        "online-deployment",
        "create",
        "--name",
        "blue",
        "--endpoint",
        endpoint,
        "-f",
        "online/sample/blue.yml",
        "--all-traffic",
    ]);
    let shown = mill.az(&["online-endpoint", "show", "-n", endpoint]).json();
    assert_eq!(shown["provisioning_state"], "Succeeded");
    let answer = || {
        mill.az(&[
            "online-endpoint",
            "invoke",
            "--name",
            endpoint,
            "--request-file",
            first,
        ])
        .ends(0)
        .json()
    };
    assert_eq!(answer(), json!([21, 43]));
    az(&[
        "online-deployment",
        "create",
        "--name",
        "green",
        "--endpoint-name",
        endpoint,
        "-f",
        "online/sample/green.yml",
    ]);
    let green = [
        "online-endpoint",
        "invoke",
        "--name",
        endpoint,
        "--deployment",
        "green",
        "--request-file",
        second,
    ];
    assert_eq!(az(&green).json(), json!([0.5, 0.5]));
    assert_eq!(
        mill.az(&["online-endpoint", "show", "-n", endpoint, "--query", "traffic"])
            .json(),
        json!({"blue": 100})
    );
    let logs = az(&[
        "online-deployment",
        "get-logs",
        "--name",
        "blue",
        "--endpoint",
        endpoint,
    ]);
    let logs = logs.says("Init complete").says("model 1: request received");
    assert!(
        !logs.text().contains("x-ms-request-id header has been deprecated"),
        "{}",
        logs.text()
    );
    // What was said a moment ago is on its way.
    mill.until("a log that tells of the request", || {
        let logs = mill.az(&[
            "online-deployment",
            "get-logs",
            "--name",
            "green",
            "--endpoint",
            endpoint,
        ]);
        logs.text().contains("model 2: request received").then_some(())
    });
    // By hand, with a key.
    let keys = mill
        .az(&["online-endpoint", "get-credentials", "-n", endpoint])
        .json();
    let key = keys["primaryKey"].as_str().expect("a key");
    let uri = shown["scoring_uri"].as_str().expect("a URI").to_owned();
    let path = uri
        .strip_prefix(&mill.url())
        .expect("an address of this server")
        .to_owned();
    let by_key = || mill.http("POST", &path, Some(key), "{\"data\": [[1, 2]]}");
    assert_eq!(by_key(), (200, "[21]".to_owned()));
    // Copies, then a tenth, then all.
    az(&[
        "online-endpoint",
        "update",
        "--name",
        endpoint,
        "--mirror-traffic",
        "green=10",
    ]);
    assert_eq!(answer(), json!([21, 43]), "who asks never sees a copy");
    az(&[
        "online-endpoint",
        "update",
        "--name",
        endpoint,
        "--mirror-traffic",
        "green=0",
    ]);
    az(&[
        "online-endpoint",
        "update",
        "--name",
        endpoint,
        "--traffic",
        "blue=90 green=10",
    ]);
    let answers: Vec<String> = (0..150).map(|_| by_key().1).collect();
    let of_green = answers.iter().filter(|answer| *answer == "[0.5, 0.5]").count();
    assert!((1..60).contains(&of_green), "{of_green} of 150 for a tenth");
    az(&[
        "online-endpoint",
        "update",
        "--name",
        endpoint,
        "--traffic",
        "blue=0 green=100",
    ]);
    assert_eq!(answer(), json!([0.5, 0.5]));
    az(&[
        "online-deployment",
        "delete",
        "--name",
        "blue",
        "--endpoint",
        endpoint,
        "--yes",
        "--no-wait",
    ]);
    az(&[
        "online-endpoint",
        "delete",
        "--name",
        endpoint,
        "--yes",
        "--no-wait",
    ]);
}

#[test]
fn the_samples_of_a_managed_endpoint_run_as_they_are() {
    let mill = written();
    let by_path = |number: u32| format!("\n  path: ../model-{number}/model/");
    let inline = format!("\n  conda_file: ../model-NUMBER/environment/conda.yaml\n  image: {IMAGE}");
    let create = [
        "online-endpoint",
        "create",
        "--name",
        "my-endpoint",
        "-f",
        "online/sample/endpoint.yml",
    ];
    let typed = ["instance_type: Standard_DS3_v2\n"; 2];
    // An image with a conda file.
    both(&mill, "managed", by_path, &inline, typed);
    mill.az(&create).ends(0);
    rolled_out(&mill, "my-endpoint");
    // A curated environment.
    both(
        &mill,
        "managed",
        by_path,
        "azureml://registries/azureml/environments/minimal-py311-inference/labels/latest",
        typed,
    );
    mill.az(&create).ends(0);
    rolled_out(&mill, "my-endpoint");
    // Registered ones.
    for version in ["1", "2"] {
        let path = format!("online/model-{version}/model");
        mill.az(&[
            "model",
            "create",
            "--name",
            "my-model",
            "--version",
            version,
            "--path",
            &path,
        ])
        .ends(0);
    }
    let conda = "online/model-1/environment/conda.yaml";
    mill.az(&[
        "environment",
        "create",
        "--name",
        "my-env",
        "--version",
        "1",
        "--image",
        IMAGE,
        "--conda-file",
        conda,
    ])
    .ends(0);
    both(
        &mill,
        "managed",
        |number| format!("azureml:my-model:{number}"),
        "azureml:my-env:1",
        typed,
    );
    mill.az(&create).ends(0);
    rolled_out(&mill, "my-endpoint");
    assert_eq!(mill.az(&["online-endpoint", "list"]).json(), json!([]));
}

#[test]
fn the_samples_of_a_kubernetes_endpoint_run_on_a_compute_of_that_name() {
    let mill = written();
    mill.write(
        "online/sample/k8s.yml",
        "$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineEndpoint.schema.json\nname: my-endpoint\n\
         compute: azureml:inferencecompute\nauth_mode: Key\ntags:\n  tag1: endpoint-tag1-value\n",
    );
    let create = [
        "online-endpoint",
        "create",
        "--name",
        "by-another-name",
        "-f",
        "online/sample/k8s.yml",
    ];
    mill.az(&create)
        .ends(1)
        .says("compute `inferencecompute`")
        .says("tidemill compute create --name inferencecompute");
    mill.az(&[
        "compute",
        "create",
        "--name",
        "inferencecompute",
        "--type",
        "amlcompute",
    ])
    .ends(0);
    mill.az(&create).ends(0);
    let inline = format!("\n  conda_file: ../model-NUMBER/environment/conda.yaml\n  image: {IMAGE}");
    let blue = "type: kubernetes\nrequest_settings:\n  request_timeout_ms: 3000\n  max_queue_wait_ms: 3000\nresources:\n  requests:\n    cpu: \"0.1\"\n    memory: \"0.1Gi\"\n  \
                limits:\n    cpu: \"0.2\"\n    memory: \"200Mi\"\ntags:\n  tag1: deployment-tag1-value\nscale_settings:\n  type: default\n";
    let green = "type: kubernetes\napp_insights_enabled: true\ninstance_type: defaultinstancetype\nresources:\n  requests:\n    cpu: \"0.1\"\n    memory: \"0.1Gi\"\n\
                 scale_settings:\n  type: target_utilization\n  min_instances: 1\n  max_instances: 3\n  polling_interval: 10\n  target_utilization_percentage: 70\n";
    let by_path = |number: u32| format!("\n  path: ../model-{number}/model/");
    both(&mill, "kubernetes", by_path, &inline, [blue, green]);
    let path = mill.path("online/sample/green.yml");
    let text = std::fs::read_to_string(&path)
        .expect("it is there")
        .replace("instance_count: 1\n", "");
    std::fs::write(&path, text).expect("written");
    rolled_out(&mill, "by-another-name");
}
