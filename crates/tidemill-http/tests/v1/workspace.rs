//! `/api/v1/workspaces`.

use serde_json::json;
use tidemill_testkit::TestServer;

#[tokio::test]
async fn the_default_workspace_is_there_from_the_first_start() {
    let server = TestServer::start().await;
    let shown = server.client().get("/api/v1/workspaces/default").await.ok();
    assert_eq!(
        (shown["name"].as_str(), shown["group"].as_str()),
        (Some("default"), Some("default"))
    );
}

#[tokio::test]
async fn an_azure_name_is_lowercased_and_kept_for_people() {
    let server = TestServer::start().await;
    let made = server
        .client()
        .put("/api/v1/workspaces/My_Team", json!({"name": "My_Team"}))
        .await
        .ok();
    assert_eq!(
        (made["name"].as_str(), made["display_name"].as_str()),
        (Some("my-team"), Some("My_Team"))
    );
}

#[tokio::test]
async fn a_workspace_that_holds_something_is_not_deleted() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put("/api/v1/workspaces/team", json!({})).await.ok();
    client
        .put(
            "/api/v1/workspaces/team/datastores/lake",
            json!({"type": "local_folder", "path": "/tmp"}),
        )
        .await
        .ok();
    let problem = client.delete("/api/v1/workspaces/team").await.fails(409);
    assert!(
        problem["detail"].as_str().expect("text").contains("1 datastores"),
        "{problem}"
    );
    client
        .delete("/api/v1/workspaces/team/datastores/lake")
        .await
        .ok();
    client.delete("/api/v1/workspaces/team").await.ok();
    client.get("/api/v1/workspaces/team").await.fails(404);
}

#[tokio::test]
async fn a_workspace_is_the_same_one_however_its_name_is_written() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put("/api/v1/workspaces/My_Team", json!({})).await.ok();
    client
        .put(
            "/api/v1/workspaces/MY_TEAM/computes/cpu",
            json!({"type": "amlcompute"}),
        )
        .await
        .ok();
    client.get("/api/v1/workspaces/my-team/computes/cpu").await.ok();
    for name in ["My_Team", "my_team", "%4Dy-Team"] {
        let found = client
            .get(&format!("/api/v1/workspaces/{name}/computes"))
            .await
            .ok();
        assert_eq!(
            found["items"].as_array().map(Vec::len),
            Some(2),
            "{name}: {found}"
        );
    }
    // So are its endpoints: a caller without a key is refused, for the endpoint is there.
    let endpoint = "/api/v1/workspaces/my-team/online-endpoints/late";
    client.put(endpoint, json!({"auth_mode": "key"})).await.ok();
    for (name, status) in [
        ("my-team", 401),
        ("My_Team", 401),
        ("%4Dy_Team", 401),
        ("My.Team", 404),
    ] {
        let answer = client
            .post(&format!("/endpoints/{name}/late/score"), json!({}))
            .await;
        assert_eq!(answer.status, status, "{name}");
    }
    // What is no name of a workspace is none.
    for name in ["%2e%2e", "my-team%2f..%2fdefault", "my-team%00", "m%C3%BC"] {
        client
            .get(&format!("/api/v1/workspaces/{name}/computes"))
            .await
            .fails(404);
    }
    // An archived one is shut under each of its names.
    client
        .post("/api/v1/workspaces/my-team:archive", json!({}))
        .await
        .ok();
    for name in ["my-team", "My_Team"] {
        let path = format!("/api/v1/workspaces/{name}/computes/more");
        client.put(&path, json!({"type": "amlcompute"})).await.fails(403);
    }
}
