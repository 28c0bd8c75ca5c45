//! What the token of a job can do: log to its own run and what it starts, and nothing to anybody else's.

use serde_json::{Value, json};
use tidemill_store::run::{JobRun, create_for_job};
use tidemill_store::{StoreError, token};
use tidemill_testkit::{Client, TestServer};

const API: &str = "/api/2.0/mlflow";

/// Makes the run of a job and gives a client with its token.
async fn job(server: &TestServer, name: &'static str) -> Client {
    let text = format!("tm_{name}");
    let row = token::Model {
        hash: tidemill_app::token::hash(&text),
        kind: "job".into(),
        workspace: Some("default".into()),
        job: Some(name.into()),
        attempt: Some(1),
        created_at: 1,
        revoked_at: None,
    };
    let run = JobRun {
        workspace: "default".into(),
        job: name.into(),
        experiment: "jobs".into(),
        display_name: name.into(),
        user: "owner".into(),
        parent: None,
        tags: vec![("mlflow.source.type".into(), "JOB".into())],
        params: vec![("rate".into(), "0.1".into())],
        now_ms: 5,
    };
    server
        .app
        .store
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                token::insert(tx, row).await?;
                create_for_job(tx, run).await.map(drop)
            })
        })
        .await
        .expect("a job can be written");
    server.client_with(&text)
}

async fn post(client: &Client, path: &str, body: Value) -> tidemill_testkit::client::Answer {
    client.post(&format!("{API}{path}"), body).await
}

#[tokio::test]
async fn a_job_logs_to_its_own_run() {
    let server = TestServer::start().await;
    let mine = job(&server, "mine").await;
    post(
        &mine,
        "/runs/log-metric",
        json!({"run_id": "mine", "key": "m", "value": 1, "timestamp": 1}),
    )
    .await
    .ok();
    post(
        &mine,
        "/runs/log-parameter",
        json!({"run_id": "mine", "key": "depth", "value": "3"}),
    )
    .await
    .ok();
    let run = mine.get(&format!("{API}/runs/get?run_id=mine")).await.ok();
    assert_eq!(
        run["run"]["data"]["params"],
        json!([{"key": "depth", "value": "3"}, {"key": "rate", "value": "0.1"}])
    );
    assert_eq!(
        run["run"]["info"]["artifact_uri"],
        "mlflow-artifacts:/1/mine/artifacts"
    );
}

#[tokio::test]
async fn what_a_job_starts_is_its_child() {
    let server = TestServer::start().await;
    let mine = job(&server, "mine").await;
    let child = post(&mine, "/runs/create", json!({"experiment_id": "1"}))
        .await
        .ok();
    let tags = child["run"]["data"]["tags"].as_array().expect("tags").clone();
    assert!(
        tags.contains(&json!({"key": "mlflow.parentRunId", "value": "mine"})),
        "{tags:?}"
    );
    let id = child["run"]["info"]["run_id"].as_str().expect("an id");
    post(
        &mine,
        "/runs/set-tag",
        json!({"run_id": id, "key": "a", "value": "b"}),
    )
    .await
    .ok();
    let grandchild = json!({"experiment_id": "1", "tags": [{"key": "mlflow.parentRunId", "value": id}]});
    post(&mine, "/runs/create", grandchild).await.ok();
    let model = post(
        &mine,
        "/logged-models",
        json!({"experiment_id": "1", "name": "m", "source_run_id": id}),
    )
    .await
    .ok();
    assert_eq!(model["model"]["info"]["status"], "LOGGED_MODEL_PENDING");
}

#[tokio::test]
async fn a_job_changes_nothing_of_another() {
    let server = TestServer::start().await;
    let (mine, theirs) = (job(&server, "mine").await, job(&server, "theirs").await);
    let model = post(
        &theirs,
        "/logged-models",
        json!({"experiment_id": "1", "source_run_id": "theirs"}),
    )
    .await
    .ok();
    let model = model["model"]["info"]["model_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let refused = [
        (
            "/runs/log-metric",
            json!({"run_id": "theirs", "key": "m", "value": 1, "timestamp": 1}),
        ),
        (
            "/runs/log-batch",
            json!({"run_id": "theirs", "tags": [{"key": "a", "value": "b"}]}),
        ),
        ("/runs/update", json!({"run_id": "theirs", "status": "FAILED"})),
        ("/runs/delete", json!({"run_id": "theirs"})),
        ("/runs/log-inputs", json!({"run_id": "theirs", "datasets": []})),
        (
            "/runs/create",
            json!({"experiment_id": "1", "tags": [{"key": "mlflow.parentRunId", "value": "theirs"}]}),
        ),
        (
            "/runs/create",
            json!({"experiment_id": "1", "tags": [{"key": "mlflow.parentRunId", "value": "made-up"}]}),
        ),
        (
            "/runs/log-metric",
            json!({"run_id": "made-up", "key": "m", "value": 1, "timestamp": 1}),
        ),
        (
            "/logged-models",
            json!({"experiment_id": "1", "source_run_id": "theirs"}),
        ),
        ("/experiments/delete", json!({"experiment_id": "1"})),
    ];
    for (path, body) in refused {
        let answer = post(&mine, path, body).await.fails(403);
        assert_eq!(answer["error_code"], "PERMISSION_DENIED", "{path}");
    }
    let http = reqwest::Client::new();
    let store = format!("http://{}/api/2.0/mlflow-artifacts/artifacts", server.address);
    let paths = [
        "1/theirs/artifacts/x",
        &format!("1/models/{model}/artifacts/x"),
        "1/x",
        "models/a/1/x",
    ];
    for path in paths {
        let put = http
            .put(format!("{store}/{path}"))
            .bearer_auth("tm_mine")
            .body("x")
            .send()
            .await;
        assert_eq!(put.expect("answers").status(), 403, "{path}");
    }
    let own = http
        .put(format!("{store}/1/mine/artifacts/x"))
        .bearer_auth("tm_mine")
        .body("x")
        .send()
        .await;
    assert_eq!(own.expect("answers").status(), 200);
}
