//! A workspace is a path, or a header; each has experiments, runs and models of its own.

use serde_json::json;
use tidemill_testkit::TestServer;

#[tokio::test]
async fn workspaces_do_not_see_each_other() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put("/api/v1/workspaces/team-a", json!({})).await.ok();
    let create = json!({"name": "flights"});
    for prefix in ["", "/workspaces/team-a"] {
        let path = format!("{prefix}/api/2.0/mlflow/experiments/create");
        assert_eq!(
            client.post(&path, create.clone()).await.ok()["experiment_id"],
            "1",
            "{prefix}"
        );
    }
    let run = client
        .post(
            "/workspaces/team-a/api/2.0/mlflow/runs/create",
            json!({"experiment_id": "1", "run_name": "a"}),
        )
        .await
        .ok();
    let id = run["run"]["info"]["run_id"].as_str().expect("an id");
    let get = format!("/api/2.0/mlflow/runs/get?run_id={id}");
    client.get(&get).await.fails(404);
    client.get(&format!("/workspaces/team-a{get}")).await.ok();
    client
        .send("GET", &get, None, &[("x-mlflow-workspace", "team-a")])
        .await
        .ok();
    assert_eq!(client.get("/workspaces/team-a/health").await.ok(), json!("OK"));
}

#[tokio::test]
async fn a_workspace_that_is_not_there_is_named() {
    let server = TestServer::start().await;
    let path = "/workspaces/nowhere/api/2.0/mlflow/experiments/get?experiment_id=0";
    let answer = server.client().get(path).await.fails(404);
    assert_eq!(answer["error_code"], "RESOURCE_DOES_NOT_EXIST");
    assert!(
        answer["message"]
            .as_str()
            .is_some_and(|text| text.contains("nowhere")),
        "{answer}"
    );
}
