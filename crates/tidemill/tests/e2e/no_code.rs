//! Deployments without a scoring script: a model that MLflow saved, an ONNX file and a Triton folder, each behind an endpoint and asked
//! through the gateway; Triton's own client is pointed at the endpoint.
//!
//! `iris.onnx` is a logistic regression of `tests/oip/models.py` of `tidemill-serve`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::*;

const IRIS: &[u8] = include_bytes!("iris.onnx");

/// y = 2 a + 10 b, saved with the environment that it is made in.
const TRAIN: &str = r#"
import sys
import mlflow.sklearn, pandas as pd
from sklearn.linear_model import LinearRegression
table = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.0, 1.0, 0.0, 1.0]})
model = LinearRegression().fit(table, 2 * table["a"] + 10 * table["b"])
packages = ["numpy", "pandas", "scikit-learn", "mlflow-skinny", "cloudpickle"]
mlflow.sklearn.save_model(
    model, sys.argv[1], serialization_format="cloudpickle", signature=mlflow.models.infer_signature(table, model.predict(table)),
    conda_env={"dependencies": ["python", "pip", {"pip": packages}]},
)
"#;

/// Asks by Triton's client, whose address may have a path.
const CLIENT: &str = r#"
import sys
import numpy as np, tritonclient.http as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(url=sys.argv[1])
by_key = lambda: {"Authorization": "Bearer " + sys.argv[2]}
assert client.is_server_live(headers=by_key()) and client.is_server_ready(headers=by_key())
assert client.is_model_ready("iris", headers=by_key())
about = client.get_model_metadata("iris", headers=by_key())
assert about["inputs"] == [{"name": "X", "datatype": "FP32", "shape": [-1, 4]}], about
rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
for given in (True, False):
    for taken in (True, False):
        tensor = triton.InferInput("X", [2, 4], "FP32")
        tensor.set_data_from_numpy(rows, binary_data=given)
        outputs = [triton.InferRequestedOutput(name, binary_data=taken) for name in ("label", "probabilities")]
        answer = client.infer("iris", [tensor], outputs=outputs, headers=by_key())
        assert answer.as_numpy("label").tolist() == [0, 2], answer.as_numpy("label")
        assert answer.as_numpy("probabilities").shape == (2, 3)
for call in (lambda: client.get_model_metadata("none", headers=by_key()), lambda: client.get_model_metadata("iris", headers={"Authorization": "Bearer x"})):
    try:
        call()
    except InferenceServerException:
        continue
    raise AssertionError("it was not refused")
print("all answered")
"#;

/// The same by gRPC, through the gateway: ADDRESS KEY OWNER'S-TOKEN DEPLOYMENT.
const GRPC_CLIENT: &str = r#"
import queue, sys
import numpy as np, tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

address, key, owner, deployment = sys.argv[1:]
client = triton.InferenceServerClient(url=address)
by_key = {"authorization": "Bearer " + key}
named = {**by_key, "azureml-model-deployment": deployment}
by_role = {"authorization": "Bearer " + owner, "tidemill-endpoint": "default/iris"}
rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], dtype=np.float32)
tensor = triton.InferInput("X", [2, 4], "FP32")
tensor.set_data_from_numpy(rows)
for headers in (by_key, named, {**by_key, "tidemill-endpoint": "default/iris"}):
    assert client.is_server_live(headers=headers) and client.is_server_ready(headers=headers)
    assert client.is_model_ready("iris", headers=headers)
    assert client.get_model_metadata("iris", headers=headers).inputs[0].name == "X"
    answer = client.infer("iris", [tensor], headers=headers, request_id="r1")
    assert answer.as_numpy("label").tolist() == [0, 2] and answer.get_response().id == "r1"
many = np.repeat(rows, 100000, axis=0)
large = triton.InferInput("X", list(many.shape), "FP32")
large.set_data_from_numpy(many)
if deployment == "iris":
    assert client.infer("iris", [large], headers=named).as_numpy("label").shape == (200000,)
answers = queue.Queue()
client.start_stream(callback=lambda result, error: answers.put((result, error)), headers=named)
for number in range(5):
    client.async_stream_infer("iris", [tensor], request_id=str(number))
    result, error = answers.get(timeout=20)
    assert error is None and result.as_numpy("label").tolist() == [0, 2] and result.get_response().id == str(number)
client.stop_stream()

def refused(code, headers, model="iris"):
    try:
        client.infer(model, [tensor], headers=headers)
    except InferenceServerException as error:
        assert error.status() == "StatusCode." + code, (code, error.status(), error.message())
        return
    raise AssertionError(f"{headers} was not refused")

refused("UNAUTHENTICATED", {})
refused("UNAUTHENTICATED", {"authorization": "Bearer x"})
refused("UNAUTHENTICATED", {"authorization": "Bearer x", "tidemill-endpoint": "default/iris"})
refused("NOT_FOUND", {**by_key, "tidemill-endpoint": "default/none"})
refused("NOT_FOUND", {**by_key, "azureml-model-deployment": "none"})
refused("NOT_FOUND", by_key, model="none")
if owner != "-":
    assert client.infer("iris", [tensor], headers=by_role).as_numpy("label").tolist() == [0, 2]
print("all answered")
"#;

fn endpoint(mill: &Mill, name: &str) -> (String, String) {
    mill.write("endpoint.yml", format!("name: {name}\nauth_mode: key\n"));
    mill.ok(&["online-endpoint", "create", "-f", "endpoint.yml"]);
    let keys = mill.ok(&["online-endpoint", "get-credentials", "-n", name]);
    (
        keys["primaryKey"].as_str().expect("a key").to_owned(),
        format!("/endpoints/default/{name}"),
    )
}

fn deployed(mill: &Mill, yaml: &str) {
    mill.write("deployment.yml", yaml);
    mill.ok(&[
        "online-deployment",
        "create",
        "-f",
        "deployment.yml",
        "--all-traffic",
    ]);
}

fn answered(mill: &Mill, key: &str, method: &str, path: &str, body: &str) -> Value {
    let (status, text) = mill.http(method, path, Some(key), body);
    assert_eq!(status, 200, "{method} {path}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[test]
fn a_model_that_mlflow_saved_answers_without_a_script() {
    let mill = Mill::start();
    mill.write("code/train.py", TRAIN);
    let packages = "[numpy, pandas, scikit-learn, mlflow-skinny, cloudpickle]";
    let job = format!(
        "command: python train.py ${{{{outputs.model}}}}\ncode: ./code\n\
         environment:\n  image: python:3\n  conda_file:\n    dependencies:\n    - python\n    - pip\n    - pip: {packages}\n\
         outputs: {{model: {{type: mlflow_model, name: linear}}}}\n"
    );
    assert_eq!(mill.stream("train", &job).code, 0, "{}", mill.log("train"));
    let (key, path) = endpoint(&mill, "linear");
    deployed(
        &mill,
        "name: blue\nendpoint_name: linear\nmodel: azureml:linear:1\n",
    );
    let near = |found: &Value| {
        let found: Vec<f64> = found
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        assert!(
            found.len() == 2 && (found[0] - 2.0).abs() < 1e-9 && (found[1] - 14.0).abs() < 1e-9,
            "{found:?}"
        );
    };
    // Azure's body, by `invoke` as by a key; MLflow's; and tensors.
    let split = json!({"columns": ["a", "b"], "index": [0, 1], "data": [[1, 0], [2, 1]]});
    mill.write("request.json", json!({ "input_data": split }).to_string());
    near(
        &mill
            .run(&["online-endpoint", "invoke", "-n", "linear", "-r", "request.json"])
            .ends(0)
            .json(),
    );
    near(&answered(
        &mill,
        &key,
        "POST",
        &format!("{path}/score"),
        &json!({ "input_data": split }).to_string(),
    ));
    let records = json!({"dataframe_records": [{"a": 1, "b": 0}, {"a": 2, "b": 1}]});
    near(
        &answered(
            &mill,
            &key,
            "POST",
            &format!("{path}/invocations"),
            &records.to_string(),
        )["predictions"],
    );
    let tensor =
        |name: &str, data: [i32; 2]| json!({"name": name, "datatype": "FP64", "shape": [2, 1], "data": data});
    let tensors = json!({"inputs": [tensor("a", [1, 2]), tensor("b", [0, 1])]});
    near(
        &answered(
            &mill,
            &key,
            "POST",
            &format!("{path}/v2/models/blue/infer"),
            &tensors.to_string(),
        )["outputs"][0]["data"],
    );
    let swagger = answered(&mill, &key, "GET", &format!("{path}/swagger.json?version=3"), "");
    assert!(swagger["paths"]["/score"]["post"].is_object(), "{swagger}");
    // What MLflow refuses is the model's own affair, as in Azure.
    let (status, text) = mill.http(
        "POST",
        &format!("{path}/score"),
        Some(&key),
        "{\"input_data\": {\"columns\": [\"a\"], \"data\": [[1]]}}",
    );
    assert!(
        status == 424 && text.contains("missing inputs"),
        "{status} {text}"
    );
    // A folder that says so and is none does not come up, and says what it misses.
    mill.write("empty/readme.txt", "nothing");
    mill.write(
        "wrong.yml",
        "name: wrong\nendpoint_name: linear\nmodel: {path: ./empty, type: mlflow_model}\n",
    );
    mill.run(&["online-deployment", "create", "-f", "wrong.yml"])
        .ends(1)
        .says("conda.yaml");
    near(&answered(
        &mill,
        &key,
        "POST",
        &format!("{path}/score"),
        &json!({ "input_data": split }).to_string(),
    ));
    mill.run(&["online-endpoint", "delete", "-n", "linear", "--yes"])
        .ends(0);
}

#[test]
fn an_onnx_file_and_a_triton_folder_answer_the_open_inference_protocol() {
    let mill = Mill::start();
    mill.write("iris.onnx", IRIS);
    for version in ["1", "2"] {
        mill.write(&format!("models/iris/{version}/model.onnx"), IRIS);
    }
    mill.write(
        "models/iris/config.pbtxt",
        "name: \"iris\"\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: 8\nversion_policy: { all { } }\n",
    );
    mill.write("client.py", CLIENT);
    let python = tool("serving");
    let (key, path) = endpoint(&mill, "iris");
    let body =
        json!({"inputs": [{"name": "X", "datatype": "FP32", "shape": [1, 4], "data": [5.1, 3.5, 1.4, 0.2]}]})
            .to_string();
    for (name, model, versions) in [
        ("iris", "{path: ./iris.onnx, type: custom_model}", json!(["1"])),
        (
            "triton",
            "{name: sample, version: 1, path: ./models, type: triton_model}",
            json!(["1", "2"]),
        ),
    ] {
        deployed(
            &mill,
            &format!(
                "name: {name}\nendpoint_name: iris\nmodel: {model}\ninstance_type: STANDARD_NC4AS_T4_V3\n"
            ),
        );
        assert_eq!(
            answered(&mill, &key, "GET", &format!("{path}/v2"), "")["name"],
            "tidemill"
        );
        assert_eq!(
            answered(&mill, &key, "GET", &format!("{path}/v2/health/ready"), "")["ready"],
            true
        );
        assert_eq!(
            answered(&mill, &key, "GET", &format!("{path}/v2/models/iris"), "")["versions"],
            versions
        );
        let found = answered(
            &mill,
            &key,
            "POST",
            &format!("{path}/v2/models/iris/infer"),
            &body,
        );
        assert_eq!(
            found["outputs"][0],
            json!({"name": "label", "datatype": "INT64", "shape": [1], "data": [0]})
        );
        assert_eq!(
            binary(&mill, &key, &format!("{path}/v2/models/iris/infer")),
            [0, 2]
        );
        let address = format!("{}{path}", mill.url().trim_start_matches("http://"));
        let done = Command::new(&python)
            .arg(mill.path("client.py"))
            .args([&address, &key])
            .output()
            .expect("Python runs");
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        mill.write("grpc_client.py", GRPC_CLIENT);
        let owner = std::fs::read_to_string(mill.data.join("keys/owner.token")).expect("the owner's token");
        let done = Command::new(&python)
            .arg(mill.path("grpc_client.py"))
            .args([mill.url().trim_start_matches("http://"), &key, owner.trim(), name])
            .output()
            .expect("Python runs");
        assert!(
            done.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    let index = answered(&mill, &key, "POST", &format!("{path}/v2/repository/index"), "{}");
    assert_eq!(index.as_array().map(Vec::len), Some(2), "{index}");
    assert_eq!(
        mill.http("GET", &format!("{path}/v2/models/iris"), None, "").0,
        401
    );
    let (status, text) = mill.http("POST", &format!("{path}/score"), Some(&key), "{}");
    assert!(status == 424 && text.contains("/v2/models/"), "{status} {text}");
    // Half a model.
    mill.write("half.onnx", &IRIS[..IRIS.len() / 2]);
    mill.write(
        "half.yml",
        "name: half\nendpoint_name: iris\nmodel: {path: ./half.onnx, type: custom_model}\n",
    );
    mill.run(&["online-deployment", "create", "-f", "half.yml"])
        .ends(1)
        .says("ONNX Runtime cannot load");
    mill.write(
        "text.yml",
        "name: text\nendpoint_name: iris\nmodel: {path: ./client.py, type: custom_model}\n",
    );
    mill.run(&["online-deployment", "create", "-f", "text.yml"])
        .ends(1)
        .says("needs a scoring script");
    mill.run(&["online-endpoint", "delete", "-n", "iris", "--yes"])
        .ends(0);
}

/// The labels of two rows, with tensors as bytes both ways: the protocol's binary tensor extension.
fn binary(mill: &Mill, key: &str, path: &str) -> Vec<i64> {
    let tensor =
        json!({"name": "X", "datatype": "FP32", "shape": [2, 4], "parameters": {"binary_data_size": 32}});
    let output = json!({"name": "label", "parameters": {"binary_data": true}});
    let head = json!({"inputs": [tensor], "outputs": [output]}).to_string();
    let rows: [f32; 8] = [5.1, 3.5, 1.4, 0.2, 6.7, 3.0, 5.2, 2.3];
    let mut body = head.clone().into_bytes();
    body.extend(rows.iter().flat_map(|value| value.to_le_bytes()));
    let url = mill.url();
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\
         Inference-Header-Content-Length: {}\r\nContent-Length: {}\r\n\r\n",
        head.len(),
        body.len()
    )
    .expect("sent");
    stream.write_all(&body).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let split = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("a head")
        + 4;
    let headers = String::from_utf8_lossy(&answer[..split]).to_lowercase();
    assert!(
        headers.starts_with("http/1.1 200"),
        "{headers}{}",
        String::from_utf8_lossy(&answer[split..])
    );
    let length = headers
        .lines()
        .find_map(|line| line.strip_prefix("inference-header-content-length: "));
    let length: usize = length
        .expect("where the bytes begin")
        .trim()
        .parse()
        .expect("a number");
    let labels = &answer[split + length..];
    labels
        .chunks_exact(8)
        .map(|eight| i64::from_le_bytes(eight.try_into().expect("eight")))
        .collect()
}
