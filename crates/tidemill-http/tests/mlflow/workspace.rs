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

#[tokio::test]
async fn a_webhook_is_of_one_workspace_and_hears_of_nothing_elsewhere() {
    let server = TestServer::start_with(|options| {
        options.webhooks.allow_http = true;
        options.webhooks.allow_private = true;
    })
    .await;
    let client = server.client();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("bound");
    let hear = axum::Router::new().fallback(move |body: String| async move {
        drop(told.send(body));
    });
    tokio::spawn(async move { axum::serve(listener, hear).await });
    let hook = |workspace: &str| {
        let event = json!({"entity": "REGISTERED_MODEL", "action": "CREATED"});
        json!({"name": "hook", "url": format!("http://{address}/{workspace}"), "events": [event], "secret": "s3cret"})
    };
    for workspace in ["team-a", "team-b"] {
        client
            .put(&format!("/api/v1/workspaces/{workspace}"), json!({}))
            .await
            .ok();
    }
    let webhooks = |workspace: &str| format!("/workspaces/{workspace}/api/2.0/mlflow/webhooks");
    let made = client.post(&webhooks("team-a"), hook("team-a")).await.ok();
    let id = made["webhook"]["webhook_id"].as_str().expect("an id");
    // Another workspace has it not, whatever one asks.
    let other = format!("{}/{id}", webhooks("team-b"));
    client.get(&other).await.fails(404);
    client
        .send("PATCH", &other, Some(json!({"name": "mine"})), &[])
        .await
        .fails(404);
    client.post(&format!("{other}/test"), json!({})).await.fails(404);
    client.delete(&other).await.fails(404);
    assert!(
        client.get(&webhooks("team-b")).await.ok()["webhooks"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
    let header = [("x-mlflow-workspace", "team-b")];
    let bare = format!("/api/2.0/mlflow/webhooks/{id}");
    client.send("GET", &bare, None, &header).await.fails(404);
    // Models of the other, and of `default`, are none of its business; those of its own are.
    for workspace in ["team-b", "default", "team-a"] {
        let url = format!("/workspaces/{workspace}/api/2.0/mlflow/registered-models/create");
        client
            .post(&url, json!({"name": format!("of-{workspace}")}))
            .await
            .ok();
    }
    let first = tokio::time::timeout(std::time::Duration::from_secs(20), heard.recv()).await;
    let first = first.expect("it is told").expect("a message");
    assert!(
        first.contains("of-team-a") && first.contains("\"workspace\":\"team-a\""),
        "{first}"
    );
    let more = tokio::time::timeout(std::time::Duration::from_secs(2), heard.recv()).await;
    assert!(more.is_err(), "{more:?}");
    client.delete(&format!("{}/{id}", webhooks("team-a"))).await.ok();
}
