//! `/api/v1/workspaces/{ws}/datastores`.

use serde_json::json;
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default/datastores";

fn s3() -> serde_json::Value {
    json!({
        "type": "s3", "bucket": "b", "endpoint": "http://127.0.0.1:9",
        "credentials": {"access_key_id": "id", "secret_access_key": "key"}
    })
}

#[tokio::test]
async fn a_secret_goes_in_and_never_comes_out() {
    let server = TestServer::start().await;
    let client = server.client();
    let made = client.put(&format!("{URL}/lake"), s3()).await.ok();
    assert_eq!(made["spec"]["credentials"]["secret_access_key"], "***");
    let shown = client.get(&format!("{URL}/lake")).await.ok();
    assert_eq!(shown, made);
    let listed = client.get(URL).await.ok();
    assert!(!listed.to_string().contains("\"key\""), "{listed}");
    let rows = tidemill_store::audit::latest(server.app.store.read(), 1)
        .await
        .expect("reads");
    assert!(!rows[0].detail.contains("\"key\""), "{}", rows[0].detail);
}

#[tokio::test]
async fn a_change_writes_its_audit_row_and_its_event() {
    let server = TestServer::start().await;
    server.client().put(&format!("{URL}/lake"), s3()).await.ok();
    let row = &tidemill_store::audit::latest(server.app.store.read(), 1)
        .await
        .expect("reads")[0];
    assert_eq!(
        (
            row.principal.as_str(),
            row.action.as_str(),
            row.scope.as_str(),
            row.outcome.as_str()
        ),
        (
            "owner",
            "datastores/write",
            "/workspaces/default/datastores/lake",
            "allowed"
        )
    );
    let events = tidemill_store::event::list(server.app.store.read(), None, 10)
        .await
        .expect("reads");
    assert_eq!(
        events.last().map(|event| event.kind.as_str()),
        Some("datastores/write")
    );
}

#[tokio::test]
async fn a_stale_etag_loses() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = format!("{URL}/lake");
    let first = client.put(&path, s3()).await.ok();
    let etag = first["etag"].as_str().expect("an etag").to_owned();
    client
        .send("PUT", &path, Some(s3()), &[("if-match", &etag)])
        .await
        .ok();
    let problem = client
        .send("PUT", &path, Some(s3()), &[("if-match", &etag)])
        .await
        .fails(412);
    assert_eq!(problem["code"], "precondition");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = TestServer::start().await;
    let client = server.client();
    for name in ["a", "b", "c"] {
        client.put(&format!("{URL}/{name}"), s3()).await.ok();
    }
    let first = client.get(&format!("{URL}?limit=2")).await.ok();
    let next = first["next"].as_str().expect("more").to_owned();
    let second = client.get(&format!("{URL}?limit=10&after={next}")).await.ok();
    let names: Vec<_> = [first, second]
        .iter()
        .flat_map(|page| page["items"].as_array().expect("items").clone())
        .map(|row| row["name"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(
        names,
        ["a", "b", "c", "workspaceartifactstore", "workspaceblobstore"]
    );
}

#[tokio::test]
async fn what_is_wrong_is_named_with_the_next_step() {
    let server = TestServer::start().await;
    let client = server.client();
    let missing = client.get(&format!("{URL}/nowhere")).await.fails(404);
    insta::assert_json_snapshot!("datastore_missing", missing);
    let own = client
        .put(&format!("{URL}/workspaceblobstore"), s3())
        .await
        .fails(403);
    insta::assert_json_snapshot!("datastore_own", own);
    let odd = client.put(&format!("{URL}/a%20b"), s3()).await.fails(400);
    insta::assert_json_snapshot!("datastore_odd_name", odd);
    client.delete(&format!("{URL}/nowhere")).await.fails(404);
    client
        .get("/api/v1/workspaces/nowhere/datastores")
        .await
        .fails(404);
}

#[tokio::test]
async fn a_deleted_datastore_is_gone() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put(&format!("{URL}/lake"), s3()).await.ok();
    client.delete(&format!("{URL}/lake")).await.ok();
    client.get(&format!("{URL}/lake")).await.fails(404);
}
