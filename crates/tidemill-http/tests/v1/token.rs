//! Tokens: whose they are, how long and for what they count, and that they end at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;
use tidemill_app::{Clock, SystemClock};
use tidemill_testkit::{Client, TestServer};

const DAY_MS: i64 = 24 * 3_600_000;

/// The machine's clock, and as far ahead as a test wants.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    clock: SystemClock,
    pub(crate) by_ms: AtomicI64,
}

impl Clock for Ahead {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms() + self.by_ms.load(Ordering::SeqCst)
    }
    fn ulid(&self) -> String {
        self.clock.ulid()
    }
    fn secret(&self) -> [u8; 32] {
        self.clock.secret()
    }
}

async fn start() -> (TestServer, Client, Arc<Ahead>) {
    let clock = Arc::new(Ahead::default());
    let own = clock.clone();
    let server = TestServer::start_with(move |options| options.clock = own).await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    (server, owner, clock)
}

#[tokio::test]
async fn an_expired_token_does_not_count_and_says_so() {
    let (server, owner, clock) = start().await;
    let made = owner
        .post("/api/v1/tokens", json!({"label": "short", "days": 1}))
        .await
        .ok();
    let client = server.client_with(made["token"].as_str().expect("shown once"));
    client.get("/api/v1/workspaces/default").await.ok();
    clock.by_ms.store(DAY_MS + 1000, Ordering::SeqCst);
    let problem = client.get("/api/v1/workspaces/default").await.fails(401);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("has expired")),
        "{problem}"
    );
    for days in [0, -1, 367] {
        owner
            .post("/api/v1/tokens", json!({ "days": days }))
            .await
            .fails(400);
    }
}

#[tokio::test]
async fn a_token_counts_at_its_place_and_for_its_actions_alone() {
    let (server, owner, _) = start().await;
    for ws in ["dev", "prd"] {
        owner
            .put(&format!("/api/v1/workspaces/{ws}"), json!({}))
            .await
            .ok();
    }
    let asked = json!({"scope": "/workspaces/dev", "actions": ["datastores/read", "workspaces/read"]});
    let made = owner.post("/api/v1/tokens", asked).await.ok();
    let client = server.client_with(made["token"].as_str().expect("shown once"));
    client.get("/api/v1/workspaces/dev/datastores").await.ok();
    let elsewhere = client.get("/api/v1/workspaces/prd/datastores").await;
    assert!([403, 404].contains(&elsewhere.status), "{elsewhere:?}");
    let lake = json!({"type": "local_folder", "path": "/tmp"});
    let problem = client
        .put("/api/v1/workspaces/dev/datastores/lake", lake)
        .await
        .fails(403);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("was not made for datastores/write")),
        "{problem}"
    );
    // What is limited makes nothing that is not.
    client.post("/api/v1/tokens", json!({})).await.fails(403);
}

#[tokio::test]
async fn a_token_of_somebody_else_and_its_end() {
    let (server, owner, _) = start().await;
    owner.put("/api/v1/service-principals/ci", json!({})).await.ok();
    owner.put("/api/v1/users/ada", json!({})).await.ok();
    let made = owner
        .post("/api/v1/tokens?principal=service-principal:ci", json!({}))
        .await
        .ok();
    let ci = server.client_with(made["token"].as_str().expect("shown once"));
    assert_eq!(
        ci.get("/api/v1/session").await.ok()["principal"],
        "service-principal:ci"
    );
    let ada = owner
        .post("/api/v1/tokens?principal=user:ada", json!({}))
        .await
        .ok();
    let ada = server.client_with(ada["token"].as_str().expect("shown once"));
    ada.post("/api/v1/tokens?principal=service-principal:ci", json!({}))
        .await
        .fails(403);
    let id = made["name"].as_str().expect("an id");
    ada.delete(&format!("/api/v1/tokens/{id}")).await.fails(404);
    owner.delete(&format!("/api/v1/tokens/{id}")).await.ok();
    ci.get("/api/v1/session").await.fails(401);
}
