//! `/api/v1/workspaces/{ws}/events`.

use serde_json::json;
use tidemill_testkit::TestServer;

#[tokio::test]
async fn a_run_that_is_logged_to_is_named_while_somebody_listens() {
    let server = TestServer::start().await;
    let client = server.client();
    let url = format!("http://{}/api/v1/workspaces/default/events", server.address);
    let mut events = reqwest::get(&url).await.expect("answers");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let made = client
        .post("/api/2.0/mlflow/runs/create", json!({"experiment_id": "0"}))
        .await
        .ok();
    let run = made["run"]["info"]["run_id"].as_str().expect("an id");
    let mut heard = String::new();
    while !heard.contains("\n\n") {
        let chunk = events.chunk().await.expect("goes on").expect("is open");
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert_eq!(
        heard,
        format!("event: changed\ndata: {{\"jobs\":[],\"runs\":[\"{run}\"],\"all\":false}}\n\n")
    );
}

#[tokio::test]
async fn a_workspace_that_is_not_there_has_no_events() {
    let server = TestServer::start().await;
    server
        .client()
        .get("/api/v1/workspaces/gone/events")
        .await
        .fails(404);
}
