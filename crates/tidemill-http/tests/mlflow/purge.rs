//! What was deleted longer ago than the retention time is gone for good, with its points and files, and the disk has its
//! space back.

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

/// Bytes of all files below a folder.
fn bytes_below(folder: &std::path::Path) -> u64 {
    let mut sum = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => folders.push(entry.path()),
                Ok(meta) => sum += meta.len(),
                Err(_) => {}
            }
        }
    }
    sum
}

#[tokio::test]
async fn what_is_removed_frees_its_space() {
    let server = TestServer::start_with(|options| options.retention = Some(Duration::ZERO)).await;
    let client = server.client();
    let http = reqwest::Client::new();
    let database = server.dir.path().join("tidemill.db");
    let on_sqlite = database.exists();
    let mut ids = Vec::new();
    // Noise does not compress: 8 runs of 25,000 points, and 2 MB of artifacts each.
    let mut noise = 1_u64;
    for _ in 0..8 {
        let run = client
            .post(&format!("{API}/runs/create"), json!({"experiment_id": "0"}))
            .await
            .ok();
        let id = run["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
        for batch in 0..25 {
            let points: Vec<_> = (0..1000)
                .map(|at| {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    json!({"key": "m", "value": noise as f64, "timestamp": noise % 4_000_000_000_000, "step": batch * 1000 + at})
                })
                .collect();
            let body = json!({"run_id": id, "metrics": points});
            client.post(&format!("{API}/runs/log-batch"), body).await.ok();
        }
        let file = format!(
            "http://{}/api/2.0/mlflow-artifacts/artifacts/0/{id}/artifacts/weights.bin",
            server.address
        );
        let put = http
            .put(&file)
            .body(vec![7_u8; 2 << 20])
            .send()
            .await
            .expect("answers");
        assert_eq!(put.status(), 200);
        ids.push(id);
    }
    server
        .app
        .store
        .settle_points()
        .await
        .expect("points move to their place");
    let artifacts = server.dir.path().join("objects");
    let (files_before, whole_before) = (bytes_below(&artifacts), bytes_below(server.dir.path()));
    assert!(files_before >= 16 << 20, "{files_before}");
    for id in &ids[1..] {
        client
            .post(&format!("{API}/runs/delete"), json!({"run_id": id}))
            .await
            .ok();
    }
    assert_eq!(server.app.purge().await.expect("it can be removed"), 7);
    let (files_after, whole_after) = (bytes_below(&artifacts), bytes_below(server.dir.path()));
    assert!(files_after < files_before / 4, "{files_before} -> {files_after}");
    assert!(
        whole_before - whole_after > 14 << 20,
        "{whole_before} -> {whole_after}"
    );
    if on_sqlite {
        // 175,000 points of 16 random bytes each are gone from the file itself.
        let size = std::fs::metadata(&database).expect("the database").len();
        assert!(size < 2_500_000, "{size}");
    }
    // What stays is whole.
    let path = format!(
        "{API}/metrics/get-history?run_id={}&metric_key=m&max_results=25000",
        ids[0]
    );
    let kept = client.get(&path).await.ok();
    assert_eq!(kept["metrics"].as_array().map(Vec::len), Some(25_000));
}
