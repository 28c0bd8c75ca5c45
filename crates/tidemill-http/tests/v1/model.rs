//! `/api/v1/workspaces/{ws}/models`.

use std::path::Path;

use serde_json::json;
use tidemill_api::runner::Source;
use tidemill_app::resolve;
use tidemill_objects::{Silent, TreeBuilder, UploadOptions, upload_tree};
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default/models";
const ML_MODEL: &str = "flavors:\n  sklearn:\n    sklearn_version: 1.5.2\nrun_id: abc\n";

fn write(folder: &Path, name: &str, content: &str) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("inside")).expect("a folder");
    std::fs::write(file, content).expect("a file");
}

async fn uploaded(server: &TestServer, files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    let store = tidemill_app::bytes::tree_store(&server.app).expect("opens");
    let options = UploadOptions {
        base: None,
        known: None,
        now: std::time::SystemTime::now(),
    };
    let builder = TreeBuilder::data(folder.path()).expect("walks");
    let tree = upload_tree(builder, &store, options, &Silent)
        .await
        .expect("uploads")
        .digest
        .to_hex();
    format!("tidemill://trees/{tree}")
}

#[tokio::test]
async fn an_mlflow_model_is_registered_with_its_flavors() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = uploaded(&server, &[("MLmodel", ML_MODEL), ("model.pkl", "bytes")]).await;
    let body = json!({
        "path": path, "type": "mlflow_model", "description": "Delays", "tags": {"team": "ops"},
        "properties": {"auc": 0.9},
    });
    let made = client.post(&format!("{URL}/delay/versions"), body).await.ok();
    assert_eq!(
        (made["version"].as_str(), made["files"].as_u64()),
        (Some("1"), Some(2))
    );
    assert_eq!(made["spec"]["flavors"]["sklearn"]["sklearn_version"], "1.5.2");
    assert_eq!(
        (&made["run_id"], &made["tags"]),
        (&json!("abc"), &json!({"team": "ops"}))
    );
    assert_eq!(
        (&made["uri"], &made["spec"]["properties"]),
        (&json!(path), &json!({"auc": 0.9}))
    );
    let shown = client.get(&format!("{URL}/delay")).await.ok();
    assert_eq!(
        (&shown["type"], &shown["latest_version"]),
        (&json!("mlflow_model"), &json!("1"))
    );
    // MLflow's clients see the same one.
    let body = json!({"name": "delay", "version": "1"});
    let path = "/api/2.0/mlflow/model-versions/get?name=delay&version=1";
    let seen = client.send("GET", path, None, &[]).await.ok();
    assert_eq!(seen["model_version"]["version"], body["version"]);
}

#[tokio::test]
async fn files_are_listed_and_read_wherever_they_lie() {
    let server = TestServer::start().await;
    let client = server.client();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "m/weights/a.bin", "aaa");
    write(folder.path(), "m/b.txt", "b");
    let store = json!({"type": "local_folder", "path": folder.path()});
    client
        .put("/api/v1/workspaces/default/datastores/lake", store)
        .await
        .ok();
    let tree = uploaded(&server, &[("weights/a.bin", "aaa"), ("b.txt", "b")]).await;
    let single = format!("{}/b.txt", uploaded(&server, &[("b.txt", "b")]).await);
    for (name, path, count) in [
        ("lake", "azureml://datastores/lake/paths/m", 2),
        ("tree", &tree, 2),
        ("single", &single, 1),
    ] {
        client
            .post(&format!("{URL}/{name}/versions"), json!({"path": path}))
            .await
            .ok();
        let files = client.get(&format!("{URL}/{name}/versions/1/files")).await.ok();
        assert_eq!(files["items"].as_array().map(Vec::len), Some(count), "{files}");
        let text = client
            .get(&format!("{URL}/{name}/versions/1/files/b.txt"))
            .await
            .ok();
        assert_eq!(text, "b");
        // MLflow's clients are sent to a place that this server serves, listing and bytes.
        let mlflow = "/api/2.0/mlflow";
        let uri = format!("{mlflow}/model-versions/get-download-uri?name={name}&version=1");
        let uri = client.get(&uri).await.ok()["artifact_uri"].clone();
        assert_eq!(uri, format!("mlflow-artifacts:/models/{name}/1"));
        let served = "/api/2.0/mlflow-artifacts/artifacts";
        // A model of one file is that file.
        let file = if count == 1 { "" } else { "/b.txt" };
        let text = client.get(&format!("{served}/models/{name}/1{file}")).await.ok();
        assert_eq!(text, "b");
        if count > 1 {
            let listed = client.get(&format!("{served}?path=models/{name}/1")).await.ok();
            assert!(listed["files"].to_string().contains("b.txt"), "{listed}");
        }
        client
            .get(&format!("{URL}/{name}/versions/1/files/absent"))
            .await
            .fails(404);
        client
            .get(&format!("{URL}/{name}/versions/1/files/..%2F..%2Fetc%2Fpasswd"))
            .await
            .fails(400);
    }
}

#[tokio::test]
async fn labels_are_aliases_and_versions_whole_numbers() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = uploaded(&server, &[("model.pkl", "1")]).await;
    let other = uploaded(&server, &[("model.pkl", "2")]).await;
    let versions = format!("{URL}/m/versions");
    let made = client
        .put(&format!("{versions}/5"), json!({"path": path}))
        .await
        .ok();
    assert_eq!(
        client
            .put(&format!("{versions}/5"), json!({"path": path}))
            .await
            .ok(),
        made
    );
    let problem = client
        .put(&format!("{versions}/5"), json!({"path": other}))
        .await
        .fails(409);
    assert!(
        problem["detail"]
            .as_str()
            .expect("text")
            .contains("`m` version `5`"),
        "{problem}"
    );
    assert_eq!(
        client.post(&versions, json!({"path": other})).await.ok()["version"],
        "6"
    );
    for bad in ["v1", "0", "1.0"] {
        client
            .put(&format!("{versions}/{bad}"), json!({"path": path}))
            .await
            .fails(400);
    }
    client
        .put(&format!("{URL}/m/labels/prod"), json!({"version": "5"}))
        .await
        .ok();
    let by_alias = "/api/2.0/mlflow/registered-models/alias?name=m&alias=prod";
    assert_eq!(client.get(by_alias).await.ok()["model_version"]["version"], "5");
    let reference = "azureml:m@prod".parse().expect("a reference");
    let found = resolve::data(&server.app.system(), "default", &reference, Some("custom_model")).await;
    let found = found.expect("resolves");
    assert_eq!(
        (found.asset.as_deref(), found.r#type.as_str()),
        (Some("models/m/5"), "custom_model")
    );
    assert!(matches!(found.source, Source::Tree { .. }));
}

#[tokio::test]
async fn what_changes_changes_and_archived_versions_are_hidden() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = uploaded(&server, &[("model.pkl", "1")]).await;
    for _ in 0..2 {
        client
            .post(
                &format!("{URL}/m/versions"),
                json!({"path": path, "tags": {"a": "1"}}),
            )
            .await
            .ok();
    }
    let version = format!("{URL}/m/versions/2");
    let patch = json!({"description": "new", "tags": {"a": null, "b": "2"}, "stage": "production", "properties": {"k": 1}});
    let changed = client.send("PATCH", &version, Some(patch), &[]).await.ok();
    assert_eq!(
        (&changed["description"], &changed["tags"]),
        (&json!("new"), &json!({"b": "2"}))
    );
    assert_eq!(
        (&changed["spec"]["stage"], &changed["spec"]["properties"]),
        (&json!("Production"), &json!({"k": 1}))
    );
    client
        .send("PATCH", &version, Some(json!({"stage": "nowhere"})), &[])
        .await
        .fails(400);
    client
        .send("PATCH", &version, Some(json!({})), &[("if-match", "1")])
        .await
        .fails(412);
    client.post(&format!("{version}:archive"), json!({})).await.ok();
    let listed = client.get(&format!("{URL}/m/versions")).await.ok();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(client.get(&format!("{URL}/m")).await.ok()["latest_version"], "1");
    client.post(&format!("{URL}/m:archive"), json!({})).await.ok();
    assert_eq!(client.get(URL).await.ok()["items"], json!([]));
    client.get(&version).await.ok();
}

#[tokio::test]
async fn what_is_no_model_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = uploaded(&server, &[("model.pkl", "1")]).await;
    let broken = uploaded(&server, &[("MLmodel", "a: b: c")]).await;
    for (status, body) in [
        (400, json!({})),
        (400, json!({"path": path, "type": "mlflow_model"})),
        (400, json!({"path": broken, "type": "mlflow_model"})),
        (400, json!({"path": path, "type": "nothing"})),
        (403, json!({"path": "/etc"})),
        (404, json!({"path": "azureml:absent:1"})),
        (404, json!({"path": "runs:/absent/model"})),
    ] {
        client
            .post(&format!("{URL}/m/versions"), body)
            .await
            .fails(status);
    }
    client.get(&format!("{URL}/m")).await.fails(404);
}

#[tokio::test]
async fn an_artifact_of_a_run_becomes_a_version() {
    let server = TestServer::start().await;
    let client = server.client();
    let run = client
        .post("/api/2.0/mlflow/runs/create", json!({"experiment_id": "0"}))
        .await
        .ok();
    let run = run["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    let artifacts = server
        .app
        .dir
        .artifacts("default")
        .join(format!("0/{run}/artifacts"));
    write(&artifacts, "model/MLmodel", ML_MODEL);
    let body = json!({"path": format!("runs:/{run}/model"), "type": "mlflow_model"});
    let made = client.post(&format!("{URL}/m/versions"), body).await.ok();
    assert_eq!(made["uri"], format!("mlflow-artifacts:/0/{run}/artifacts/model"));
    assert_eq!(made["run_id"], json!(run));
    let text = client
        .get(&format!("{URL}/m/versions/1/files/MLmodel"))
        .await
        .ok();
    assert_eq!(text, ML_MODEL);
}
