//! `/api/v1/audit`.

use serde_json::{Value, json};
use tidemill_testkit::TestServer;

async fn some_changes(server: &TestServer) {
    let client = server.client();
    for (name, bucket) in [("lake", "a"), ("lake", "b"), ("pond", "c")] {
        let spec = json!({"type": "s3", "bucket": bucket});
        let path = format!("/api/v1/workspaces/default/datastores/{name}");
        client
            .send(
                "PUT",
                &path,
                Some(spec),
                &[("user-agent", "tests/1"), ("x-request-id", "r-7")],
            )
            .await
            .ok();
    }
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().expect("items")
}

#[tokio::test]
async fn a_change_is_shown_with_who_where_from_before_and_after() {
    let server = TestServer::start().await;
    some_changes(&server).await;
    let page = server
        .client()
        .get("/api/v1/audit?scope=/workspaces/default/datastores/lake")
        .await
        .ok();
    let rows = items(&page);
    assert_eq!(rows.len(), 2);
    let row = &rows[0];
    let told = [
        "principal",
        "action",
        "outcome",
        "request_id",
        "address",
        "agent",
        "surface",
    ]
    .map(|field| row[field].clone());
    assert_eq!(
        told,
        [
            "owner",
            "datastores/write",
            "allowed",
            "r-7",
            "127.0.0.1",
            "tests/1",
            "rest"
        ]
    );
    assert_eq!(
        (
            &row["detail"]["before"]["bucket"],
            &row["detail"]["after"]["bucket"]
        ),
        (&json!("a"), &json!("b"))
    );
}

#[tokio::test]
async fn the_mlflow_surface_and_a_proxy_are_named() {
    let server = TestServer::start().await;
    let body = json!({"name": "delay"});
    let headers = [("x-forwarded-for", "10.1.2.3"), ("host", "localhost")];
    let token = std::fs::read_to_string(server.dir.path().join("keys/owner.token")).expect("a token");
    let client = server.client_with(token.trim());
    client
        .send(
            "POST",
            "/api/2.0/mlflow/registered-models/create",
            Some(body),
            &headers,
        )
        .await
        .ok();
    let page = client.get("/api/v1/audit?action=models/*").await.ok();
    let row = &items(&page)[0];
    assert_eq!(
        (&row["surface"], &row["address"]),
        (&json!("mlflow"), &json!("127.0.0.1 for 10.1.2.3"))
    );
}

#[tokio::test]
async fn a_refusal_is_in_the_log_with_its_reason() {
    let server = TestServer::start().await;
    let principal = tidemill_app::Principal::Job {
        workspace: "default".into(),
        job: "a".into(),
    };
    let ctx = tidemill_app::OpContext::new(server.app.clone(), principal, "r".into());
    tidemill_app::datastore::delete(&ctx, "default", "lake")
        .await
        .expect_err("a job may not");
    let page = server.client().get("/api/v1/audit?outcome=refused").await.ok();
    let row = &items(&page)[0];
    assert_eq!(
        (&row["principal"], &row["action"]),
        (&json!("job:default/a"), &json!("datastores/delete"))
    );
    assert!(
        row["detail"]["why"]
            .as_str()
            .expect("why")
            .contains("a job may not"),
        "{row}"
    );
}

#[tokio::test]
async fn pages_follow_each_other_from_the_newest_row() {
    let server = TestServer::start().await;
    some_changes(&server).await;
    let client = server.client();
    let filter = "scope=/workspaces/default/datastores&limit=2";
    let first = client.get(&format!("/api/v1/audit?{filter}")).await.ok();
    let next = first["next"].as_str().expect("more");
    let second = client
        .get(&format!("/api/v1/audit?{filter}&after={next}"))
        .await
        .ok();
    let seqs = [items(&first), items(&second)].concat();
    let seqs: Vec<i64> = seqs
        .iter()
        .map(|row| row["seq"].as_i64().expect("a place"))
        .collect();
    assert!(seqs.len() == 3 && seqs.is_sorted_by(|a, b| a > b), "{seqs:?}");
}

#[tokio::test]
async fn an_export_holds_every_row_oldest_first() {
    let server = TestServer::start().await;
    some_changes(&server).await;
    let client = server.client();
    let exported = client.get("/api/v1/audit:export?since=0").await.ok();
    let lines: Vec<Value> = exported
        .as_str()
        .expect("lines")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let checked = client.get("/api/v1/audit:verify").await.ok();
    assert_eq!(
        (lines.len() as i64, &lines[lines.len() - 1]["hash"]),
        (checked["rows"].as_i64().expect("rows"), &checked["head"])
    );
}

#[tokio::test]
async fn a_file_that_was_tampered_with_is_found_by_the_next_server() {
    let server = TestServer::start().await;
    some_changes(&server).await;
    let client = server.client();
    let sound = client.get("/api/v1/audit:verify").await.ok();
    assert_eq!((&sound["sound"], &sound["faults"]), (&json!(true), &json!([])));
    let head = sound["head"].as_str().expect("a head").to_owned();
    client
        .get(&format!("/api/v1/audit:verify?head={head}"))
        .await
        .ok();
    server
        .app
        .store
        .write::<_, tidemill_store::StoreError, _>(|tx| {
            Box::pin(async move {
                use tidemill_store::ConnectionTrait;
                let allow = match std::env::var("TIDEMILL_TEST_DATABASE").as_deref() {
                    Ok("postgresql") => "DROP TRIGGER audit_append_only ON audit",
                    _ => "DROP TRIGGER audit_no_update",
                };
                tx.execute_unprepared(allow).await?;
                tx.execute_unprepared("UPDATE audit SET principal = 'somebody else' WHERE seq = 2")
                    .await?;
                Ok(())
            })
        })
        .await
        .expect("tampered");
    let found = client.get("/api/v1/audit:verify").await.ok();
    assert_eq!(found["sound"], false);
    assert_eq!(
        found["faults"][0],
        "row 2 was changed: its hash is not that of its content"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, word) in [
        ("audit?outcome=maybe", "`allowed` or `refused`"),
        ("audit?scope=default", "/workspaces/default"),
        ("audit:verify?head=12", "64 hex digits"),
        ("audit:export?outcome=maybe", "`allowed` or `refused`"),
    ] {
        let problem = client.get(&format!("/api/v1/{path}")).await.fails(400);
        assert!(
            problem["hint"].as_str().is_some_and(|hint| hint.contains(word)),
            "{problem}"
        );
    }
}
