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

#[tokio::test]
async fn workspaces_live_and_end_on_postgresql() {
    let Some(database) = postgres() else { return };
    let server = TestServer::start_on(&database).await;
    let client = server.client();
    let lab = "/api/v1/workspaces/lab";
    client.put(lab, json!({"description": "The lab"})).await.ok();
    let run = client
        .post(
            "/workspaces/lab/api/2.0/mlflow/runs/create",
            json!({"experiment_id": "0"}),
        )
        .await
        .ok();
    let found = format!(
        "/workspaces/lab/api/2.0/mlflow/runs/get?run_id={}",
        run["run"]["info"]["run_id"].as_str().expect("an id")
    );
    let compute = format!("{lab}/computes/c");
    client.post(&format!("{lab}:archive"), json!({})).await.ok();
    client
        .put(&compute, json!({"type": "amlcompute"}))
        .await
        .fails(403);
    client.get(&found).await.ok();
    client.post(&format!("{lab}:restore"), json!({})).await.ok();
    client.put(&compute, json!({"type": "amlcompute"})).await.ok();
    client.delete(&format!("{lab}?contents=true")).await.ok();
    client.get(&found).await.fails(404);
    client.post(&format!("{lab}:recover"), json!({})).await.ok();
    client.get(&found).await.ok();
    client
        .delete(&format!("{lab}?contents=true&permanently=true"))
        .await
        .ok();
    client.post(&format!("{lab}:recover"), json!({})).await.fails(404);
    client.put(lab, json!({})).await.ok();
    client.get(&found).await.fails(404);
}

#[tokio::test]
async fn computes_are_asked_for_and_granted_on_postgresql() {
    let Some(database) = postgres() else { return };
    let server = TestServer::start_on(&database).await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    owner.put("/api/v1/users/ada", json!({})).await.ok();
    let given = json!({"principal": "user:ada", "role": "Data Scientist", "scope": "/workspaces/default"});
    owner.post("/api/v1/assignments", given).await.ok();
    let made = owner
        .post("/api/v1/tokens?principal=user:ada", json!({}))
        .await
        .ok();
    let ada = server.client_with(made["token"].as_str().expect("shown once"));
    let requests = "/api/v1/workspaces/default/compute-requests";
    let mut asked = Vec::new();
    for name in ["big", "huge"] {
        let body =
            json!({"name": name, "spec": {"type": "amlcompute", "max_instances": 4}, "reason": "a sweep"});
        let request = ada.post(requests, body).await.ok();
        asked.push(format!("{requests}/{}", request["name"].as_str().expect("an id")));
    }
    ada.post(&format!("{}:approve", asked[0]), json!({}))
        .await
        .fails(403);
    let done = owner
        .post(&format!("{}:approve", asked[0]), json!({"comment": "for a week"}))
        .await
        .ok();
    assert_eq!(
        (&done["state"], &done["comment"]),
        (&json!("approved"), &json!("for a week"))
    );
    let refused = owner.post(&format!("{}:reject", asked[1]), json!({})).await.ok();
    assert_eq!(refused["state"], "rejected");
    owner
        .post(&format!("{}:approve", asked[1]), json!({}))
        .await
        .fails(409);
    let compute = owner.get("/api/v1/workspaces/default/computes/big").await.ok();
    assert_eq!(compute["spec"]["max_instances"], 4);
    owner
        .get("/api/v1/workspaces/default/computes/huge")
        .await
        .fails(404);
    assert_eq!(owner.get("/api/v1/audit:verify").await.ok()["sound"], true);
}

/// What is submitted while a workspace is deleted is either in it, or refused: never lost in one that rests.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_and_the_deletion_of_its_workspace_do_not_both_succeed_on_postgresql() {
    let Some(database) = postgres() else { return };
    let server = TestServer::start_on(&database).await;
    crate::workspace_life::race(&server.client()).await;
}
