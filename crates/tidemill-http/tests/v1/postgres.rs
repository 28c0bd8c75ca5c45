//! A whole server on PostgreSQL, and a second one on the same database.

use serde_json::json;
use tidemill_app::{App, AppOptions};
use tidemill_testkit::{Client, TestServer, postgres};

/// Logs a run as an MLflow client does, and gives its id.
async fn log_a_run(client: &Client) -> String {
    let made = client
        .post("/api/2.0/mlflow/experiments/create", json!({"name": "flights"}))
        .await
        .ok();
    let run = json!({"experiment_id": made["experiment_id"], "run_name": "first", "start_time": 1});
    let run = client.post("/api/2.0/mlflow/runs/create", run).await.ok();
    let run_id = run["run"]["info"]["run_id"]
        .as_str()
        .expect("a run has an id")
        .to_owned();
    let batch = json!({
        "run_id": run_id,
        "metrics": [
            {"key": "loss", "value": 0.5, "timestamp": 1, "step": 0},
            {"key": "loss", "value": 0.25, "timestamp": 2, "step": 1},
        ],
        "params": [{"key": "depth", "value": "3"}],
        "tags": [{"key": "team", "value": "red"}],
    });
    client.post("/api/2.0/mlflow/runs/log-batch", batch).await.ok();
    run_id
}

/// The ids of the runs that did well.
async fn search(client: &Client) -> Vec<String> {
    let body = json!({
        "experiment_ids": ["1"],
        "filter": "metrics.loss < 0.3 AND params.depth = '3' AND tags.team LIKE 'r%'",
        "order_by": ["metrics.loss DESC"],
    });
    let found = client.post("/api/2.0/mlflow/runs/search", body).await.ok();
    let runs = found["runs"].as_array().cloned().unwrap_or_default();
    runs.iter()
        .filter_map(|run| run["info"]["run_id"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn a_server_on_postgresql_keeps_workspaces_datastores_and_runs() {
    let Some(database) = postgres() else { return };
    let server = TestServer::start_on(&database).await;
    let client = server.client();
    client
        .put("/api/v1/workspaces/team", json!({"description": "ours"}))
        .await
        .ok();
    let lake = "/api/v1/workspaces/team/datastores/lake";
    client
        .put(lake, json!({"type": "local_folder", "path": "/tmp"}))
        .await
        .ok();
    assert_eq!(client.get(lake).await.ok()["name"], "lake");
    client.delete("/api/v1/workspaces/team").await.fails(409);
    let run_id = log_a_run(&client).await;
    assert_eq!(search(&client).await, [run_id]);
}

#[tokio::test]
async fn a_second_server_on_one_postgresql_database_is_refused() {
    let Some(database) = postgres() else { return };
    let one = TestServer::start_on(&database).await;
    let run_id = log_a_run(&one.client()).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut options = AppOptions::new(folder.path());
    options.database = Some(database.url.clone());
    let refused = App::open(options).await.expect_err("the database has a server");
    assert!(refused.message.contains("another Tidemill server"), "{refused}");
    assert_eq!(search(&one.client()).await, [run_id]);
}
