//! Models that need no script: Triton's and MLflow's own clients against them, and requests that no client would send.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tidemill_serve::{Batching, Model};

use crate::support::{Server, Setup, tool};

fn oip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oip").join(name)
}

/// Runs a script of `tests/oip`, which says what it did not get.
#[track_caller]
fn runs(python: &Path, script: &str, args: &[&str]) {
    let done = Command::new(python)
        .arg(oip(script))
        .args(args)
        .output()
        .expect("Python runs");
    let told = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&told));
}

/// The models that `models.py` makes, in the folder of a setup.
fn models(python: &Path) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().display().to_string();
    runs(python, "models.py", &[&folder]);
    (dir, folder)
}

fn setup(dir: tempfile::TempDir, python: &Path, model: Model) -> Setup {
    Setup::of(dir, PathBuf::new()).with(|config| {
        config.python.program = python.to_path_buf();
        config.model = model;
        config.name = "iris".into();
        config.workers = 2;
        config.grpc_listen = Some(([127, 0, 0, 1], 0).into());
    })
}

#[test]
fn tritons_client_is_answered_for_an_onnx_file_and_for_a_triton_folder() {
    let python = tool("serving");
    for what in ["iris", "triton"] {
        let (dir, folder) = models(&python);
        let path = dir
            .path()
            .join(if what == "iris" { "iris.onnx" } else { "triton" });
        let model = match what {
            "iris" => Model::Onnx { path },
            _ => Model::Triton { folder: path },
        };
        let server = setup(dir, &python, model).serve();
        let ports = [server.http, server.grpc.expect("gRPC")].map(|address| address.port().to_string());
        runs(&python, "client.py", &[&ports[0], &ports[1], what, &folder]);
    }
}

#[test]
fn requests_that_come_together_are_run_together_and_answered_as_if_alone() {
    let python = tool("serving");
    for what in ["iris", "triton"] {
        let (dir, folder) = models(&python);
        let batching = Batching {
            max_size: 8,
            max_time: Duration::from_millis(20),
        };
        let model = match what {
            "iris" => Model::Onnx {
                path: dir.path().join("iris.onnx"),
            },
            _ => {
                let config = dir.path().join("triton/iris/config.pbtxt");
                let more = "dynamic_batching { max_queue_delay_microseconds: 20000 }\n";
                let text = std::fs::read_to_string(&config).expect("a configuration") + more;
                std::fs::write(&config, text).expect("a configuration");
                Model::Triton {
                    folder: dir.path().join("triton"),
                }
            }
        };
        let told = (what == "iris").then_some(batching);
        let server = setup(dir, &python, model)
            .with(|config| config.batching = told)
            .serve();
        runs(
            &python,
            "batching.py",
            &[&server.http.port().to_string(), &folder],
        );
    }
}

#[test]
fn mlflows_client_and_azures_input_data_are_answered() {
    let python = tool("mlflow");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().join("model");
    runs(
        &python,
        "mlflow_model.py",
        &["make", &folder.display().to_string()],
    );
    let server = setup(dir, &python, Model::Mlflow)
        .with(|config| {
            config.model_dir = Some(folder);
            config.name = "linear".into();
        })
        .serve();
    runs(
        &python,
        "mlflow_model.py",
        &["ask", &server.http.port().to_string()],
    );
}

#[test]
fn requests_to_an_mlflow_model_that_come_together_are_run_together() {
    let python = tool("mlflow");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().join("model");
    runs(
        &python,
        "mlflow_model.py",
        &["make", &folder.display().to_string()],
    );
    let server = setup(dir, &python, Model::Mlflow)
        .with(|config| {
            config.model_dir = Some(folder);
            config.name = "linear".into();
            config.batching = Some(Batching {
                max_size: 16,
                max_time: Duration::from_millis(30),
            });
        })
        .serve();
    runs(
        &python,
        "mlflow_model.py",
        &["together", &server.http.port().to_string()],
    );
}

fn infer(server: &Server, more: &str, body: &[u8]) -> (u16, String) {
    let length = body.len();
    let head =
        format!("POST /v2/models/types/infer HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n{more}\r\n");
    let answer = server.raw(&[head.as_bytes(), body].concat());
    (answer.status, answer.text())
}

#[test]
fn requests_that_make_no_sense_say_what_is_wrong() {
    let python = tool("serving");
    let (dir, _) = models(&python);
    let path = dir.path().join("types.onnx");
    let server = setup(dir, &python, Model::Onnx { path })
        .with(|config| config.name = "types".into())
        .serve();
    let one = |more: &str| format!("{{\"inputs\":[{{\"name\":\"in_FP32\",\"datatype\":\"FP32\",{more}}}]}}");
    let cases = [
        (String::from("{"), "failed to parse the request JSON"),
        (String::from("{\"inputs\":[]}"), "has no inputs"),
        (one("\"shape\":[1,1]"), "has no data"),
        (
            one("\"shape\":[1,2],\"data\":[1]"),
            "has 1 elements, but its shape [1, 2] has 2",
        ),
        (one("\"shape\":[-1,1],\"data\":[1]"), "which cannot be"),
        (
            one("\"shape\":[4611686018427387904,4],\"data\":[1]"),
            "which cannot be",
        ),
        (one("\"shape\":[1],\"data\":[1]"), "has the shape"),
        (one("\"shape\":[1,1],\"data\":[\"x\"]"), "cannot be read as FP32"),
        (
            one("\"shape\":[1,1],\"parameters\":{\"binary_data_size\":4}"),
            "0 are left of the body",
        ),
        (
            one("\"shape\":[1,1],\"data\":[1]").replace("\"FP32\",", "\"FP128\","),
            "FP128 is no datatype",
        ),
        (
            format!("{{\"inputs\":{}", "[".repeat(100_000)),
            "failed to parse the request JSON",
        ),
        (
            one(&format!(
                "\"shape\":[1,1],\"data\":{}{}",
                "[".repeat(1000),
                "]".repeat(1000)
            )),
            "recursion limit",
        ),
    ];
    for (body, words) in cases {
        let (status, text) = infer(&server, "", body.as_bytes());
        assert!(
            status == 400 && text.contains(words),
            "{body:.200}\n{status} {text}"
        );
    }
    let body = one("\"shape\":[1,1],\"parameters\":{\"binary_data_size\":4}");
    let length = format!("Inference-Header-Content-Length: {}\r\n", body.len());
    let (status, text) = infer(&server, &length, format!("{body}12345").as_bytes());
    assert!(
        status == 400 && text.contains("1 bytes of the body belong to no input"),
        "{text}"
    );
    let (status, text) = infer(
        &server,
        "Inference-Header-Content-Length: 99999\r\n",
        body.as_bytes(),
    );
    assert!(
        status == 400 && text.contains("no length within the body"),
        "{text}"
    );
    let (status, text) = infer(&server, "Content-Encoding: gzip\r\n", body.as_bytes());
    assert!(status == 400 && text.contains("failed to decompress"), "{text}");
    let (status, text) = infer(&server, "Content-Encoding: br\r\n", body.as_bytes());
    assert!(status == 400 && text.contains("use gzip or deflate"), "{text}");
    let shared =
        one("\"shape\":[1,1],\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_byte_size\":4}");
    let (status, text) = infer(&server, "", shared.as_bytes());
    assert!(
        status == 400 && text.contains("shared memory is not served"),
        "{text}"
    );
    assert_eq!(server.get("/v2/health/live").status, 200);
    assert_eq!(server.score("1").status, 404);
    assert!(server.score("1").text().contains("POST /v2/models/types/infer"));
}

#[test]
fn models_that_cannot_be_loaded_say_why() {
    let python = tool("serving");
    let fails = |model: &dyn Fn(&Path) -> Model, change: &dyn Fn(&Path)| {
        let (dir, _) = models(&python);
        change(dir.path());
        let model = model(dir.path());
        setup(dir, &python, model).fails()
    };
    let iris = |folder: &Path| Model::Onnx {
        path: folder.join("iris.onnx"),
    };
    let triton = |folder: &Path| Model::Triton {
        folder: folder.join("triton"),
    };
    let told = fails(&iris, &|folder| {
        let bytes = std::fs::read(folder.join("iris.onnx")).expect("a model");
        std::fs::write(folder.join("iris.onnx"), &bytes[..bytes.len() / 2]).expect("a file");
    });
    assert!(
        told.contains("ONNX Runtime cannot load") && told.contains("iris.onnx"),
        "{told}"
    );
    let told = fails(
        &|folder| Model::Onnx {
            path: folder.to_path_buf(),
        },
        &|_| {},
    );
    assert!(told.contains("holds several .onnx files"), "{told}");
    let told = fails(&triton, &|folder| {
        std::fs::write(folder.join("triton/types/config.pbtxt"), "input { name: \"no\" }").expect("a file");
    });
    assert!(told.contains("names `no`"), "{told}");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().to_path_buf();
    let told = setup(dir, &python, Model::Triton { folder }).fails();
    assert!(told.contains("there is no model in the folder"), "{told}");
    let (dir, _) = models(&python);
    let path = dir.path().join("iris.onnx");
    let told = setup(dir, Path::new("/usr/bin/python3"), Model::Onnx { path }).fails();
    assert!(told.contains("has no package onnxruntime"), "{told}");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().to_path_buf();
    let told = setup(dir, &tool("mlflow"), Model::Mlflow)
        .with(|config| config.model_dir = Some(folder))
        .fails();
    assert!(told.contains("there is no file MLmodel in it"), "{told}");
}
