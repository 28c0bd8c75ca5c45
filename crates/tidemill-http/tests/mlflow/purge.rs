//! What was deleted longer ago than the retention time is gone for good, with its points and files.

use std::time::Duration;

use serde_json::json;
use tidemill_testkit::TestServer;

const API: &str = "/api/2.0/mlflow";

#[tokio::test]
async fn a_deleted_run_is_removed_after_its_time() {
    let server = TestServer::start_with(|options| options.retention = Some(Duration::ZERO)).await;
    let client = server.client();
    let made = client
        .post(&format!("{API}/experiments/create"), json!({"name": "old"}))
        .await
        .ok();
    let experiment = made["experiment_id"].as_str().expect("an id").to_owned();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let run = client
            .post(
                &format!("{API}/runs/create"),
                json!({"experiment_id": experiment}),
            )
            .await
            .ok();
        let id = run["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
        let point = json!({"run_id": id, "key": "m", "value": 1, "timestamp": 1});
        client.post(&format!("{API}/runs/log-metric"), point).await.ok();
        ids.push(id);
    }
    let file = format!(
        "http://{}/api/2.0/mlflow-artifacts/artifacts/{experiment}/{}/artifacts/a.txt",
        server.address, ids[0]
    );
    let http = reqwest::Client::new();
    assert_eq!(
        http.put(&file).body("x").send().await.expect("answers").status(),
        200
    );

    client
        .post(&format!("{API}/runs/delete"), json!({"run_id": ids[0]}))
        .await
        .ok();
    assert_eq!(server.app.purge().await.expect("it can be removed"), 1);
    client
        .get(&format!("{API}/runs/get?run_id={}", ids[0]))
        .await
        .fails(404);
    client
        .get(&format!("{API}/runs/get?run_id={}", ids[1]))
        .await
        .ok();
    assert_eq!(http.get(&file).send().await.expect("answers").status(), 404);

    client
        .post(
            &format!("{API}/experiments/delete"),
            json!({"experiment_id": experiment}),
        )
        .await
        .ok();
    assert_eq!(server.app.purge().await.expect("it can be removed"), 1);
    client
        .get(&format!("{API}/experiments/get?experiment_id={experiment}"))
        .await
        .fails(404);
    client
        .get(&format!("{API}/experiments/get?experiment_id=0"))
        .await
        .ok();
}

#[tokio::test]
async fn without_a_retention_time_everything_can_be_restored() {
    let server = TestServer::start().await;
    let client = server.client();
    let run = client
        .post(&format!("{API}/runs/create"), json!({"experiment_id": "0"}))
        .await
        .ok();
    let id = &run["run"]["info"]["run_id"];
    client
        .post(&format!("{API}/runs/delete"), json!({"run_id": id}))
        .await
        .ok();
    assert_eq!(server.app.purge().await.expect("nothing is due"), 0);
    client
        .post(&format!("{API}/runs/restore"), json!({"run_id": id}))
        .await
        .ok();
}
