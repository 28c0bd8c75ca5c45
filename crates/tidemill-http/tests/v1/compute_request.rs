//! Requests for computes: who asks, who decides, and what comes of it.

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const URL: &str = "/api/v1/workspaces/default/compute-requests";

async fn somebody(server: &TestServer, owner: &Client, name: &str, role: &str) -> Client {
    owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
    let given = json!({"principal": format!("user:{name}"), "role": role, "scope": "/workspaces/default"});
    owner.post("/api/v1/assignments", given).await.ok();
    let made = owner
        .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
        .await
        .ok();
    server.client_with(made["token"].as_str().expect("shown once"))
}

async fn start() -> (TestServer, Client, Client, Client) {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    let ada = somebody(&server, &owner, "ada", "Data Scientist").await;
    let it = somebody(&server, &owner, "it", "IT Administrator").await;
    (server, owner, ada, it)
}

async fn ask(client: &Client, name: &str, nodes: u32) -> Value {
    let body =
        json!({"name": name, "spec": {"type": "amlcompute", "max_instances": nodes}, "reason": "a sweep"});
    client.post(URL, body).await.ok()
}

fn at(request: &Value, action: &str) -> String {
    format!("{URL}/{}:{action}", request["name"].as_str().expect("an id"))
}

#[tokio::test]
async fn who_may_not_make_a_compute_asks_for_it_and_gets_what_was_asked_for() {
    let (server, owner, ada, it) = start().await;
    let compute = "/api/v1/workspaces/default/computes/big";
    ada.put(compute, json!({"type": "amlcompute"})).await.fails(403);
    let asked = ask(&ada, "big", 4).await;
    assert_eq!(
        (asked["state"].as_str(), asked["created_by"].as_str()),
        (Some("requested"), Some("user:ada"))
    );
    owner.get(compute).await.fails(404);
    ada.post(&at(&asked, "approve"), json!({})).await.fails(403);
    let done = it
        .post(&at(&asked, "approve"), json!({"comment": "until Friday"}))
        .await
        .ok();
    assert_eq!(
        (done["state"].as_str(), done["decided_by"].as_str()),
        (Some("approved"), Some("user:it"))
    );
    assert_eq!(ada.get(compute).await.ok()["spec"]["max_instances"], 4);
    it.post(&at(&asked, "reject"), json!({})).await.fails(409);
    // Another size of the same one.
    let more = ask(&ada, "big", 6).await;
    it.post(&at(&more, "reject"), json!({"comment": "too many"}))
        .await
        .ok();
    assert_eq!(ada.get(compute).await.ok()["spec"]["max_instances"], 4);
    let log = owner.get("/api/v1/audit?action=computes/request").await.ok();
    let who: Vec<_> = log["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["principal"].as_str())
        .collect();
    assert_eq!(
        who,
        [
            Some("user:it"),
            Some("user:ada"),
            Some("user:it"),
            Some("user:ada")
        ]
    );
    drop(server);
}

#[tokio::test]
async fn everybody_sees_their_own_and_who_decides_sees_all() {
    let (server, owner, ada, it) = start().await;
    let bob = somebody(&server, &owner, "bob", "Data Scientist").await;
    ask(&ada, "a", 1).await;
    ask(&bob, "b", 1).await;
    let names = |list: Value| -> Vec<String> {
        let items = list["items"].as_array().expect("rows").clone();
        items
            .iter()
            .map(|one| one["compute"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(names(ada.get(URL).await.ok()), ["a"]);
    assert_eq!(names(it.get(URL).await.ok()), ["b", "a"]);
    let own = ask(&owner, "c", 1).await;
    let problem = owner.post(&at(&own, "approve"), json!({})).await.fails(403);
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("their own request")),
        "{problem}"
    );
}

#[tokio::test]
async fn what_nobody_may_make_is_not_asked_for() {
    let (_server, owner, ada, it) = start().await;
    owner
        .put(
            "/api/v1/workspaces/default/policy",
            json!({"compute": {"max_nodes": 3}}),
        )
        .await
        .ok();
    let body = |spec: Value, reason: &str| json!({"name": "big", "spec": spec, "reason": reason});
    let over = ada
        .post(URL, body(json!({"type": "amlcompute", "max_instances": 4}), "x"))
        .await;
    assert!((400..500).contains(&over.status), "{over:?}");
    ada.post(URL, body(json!({"type": "amlcompute"}), "  "))
        .await
        .fails(400);
    ada.post(URL, body(json!({"type": "amlcompute", "nodes": 3}), "x"))
        .await
        .fails(400);
    ada.post(
        URL,
        json!({"name": "../x", "spec": {"type": "local"}, "reason": "x"}),
    )
    .await
    .fails(400);
    // A policy that has come since holds when it is decided.
    let asked = ask(&ada, "big", 3).await;
    owner
        .put(
            "/api/v1/workspaces/default/policy",
            json!({"compute": {"max_nodes": 2}}),
        )
        .await
        .ok();
    let refused = it.post(&at(&asked, "approve"), json!({})).await;
    assert!((400..500).contains(&refused.status), "{refused:?}");
    assert_eq!(it.get(URL).await.ok()["items"][0]["state"], "requested");
    for n in 0..19 {
        ask(&ada, &format!("c{n}"), 1).await;
    }
    ada.post(URL, body(json!({"type": "amlcompute"}), "one more"))
        .await
        .fails(429);
}

#[tokio::test]
async fn the_password_that_a_compute_carries_is_nowhere_to_be_read() {
    let (server, owner, ada, it) = start().await;
    let spec = json!({"type": "amlcompute", "ssh_settings": {"admin_username": "ada", "admin_password": "hunter-22-hunter"}});
    let asked = ada
        .post(
            URL,
            json!({"name": "own", "spec": spec, "reason": "to look inside"}),
        )
        .await
        .ok();
    let listed = it.get(URL).await.ok();
    let done = it.post(&at(&asked, "approve"), json!({})).await.ok();
    let audit = owner.get("/api/v1/audit").await.ok();
    for said in [&asked, &listed, &done, &audit] {
        assert!(said.to_string().contains("amlcompute"), "{said}");
        assert!(!said.to_string().contains("hunter-22"), "{said}");
    }
    // Nor in the file of the database; and `***` keeps it.
    let path = "/api/v1/workspaces/default/computes/own";
    let sealed = async || {
        let row = tidemill_store::compute::get(server.app.store.read(), "default", "own").await;
        row.expect("reads").expect("there").spec
    };
    let before = sealed().await;
    assert!(before.contains("sealed:1:default:"), "{before}");
    let shown = owner.get(path).await.ok()["spec"].clone();
    assert_eq!(shown["ssh_settings"]["admin_password"], "***");
    owner.put(path, shown).await.ok();
    assert_eq!(sealed().await, before);
    for file in ["tidemill.db", "tidemill.db-wal"] {
        let bytes = std::fs::read(server.dir.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(9).any(|part| part == b"hunter-22"), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_decide_at_once_one_is_heard_and_nothing_is_half_done() {
    let (server, owner, ada, it) = start().await;
    let other = somebody(&server, &owner, "other", "IT Administrator").await;
    for n in 0..12 {
        let name = format!("c{n}");
        let asked = ask(&ada, &name, 1).await;
        let (yes, no) = (at(&asked, "approve"), at(&asked, "reject"));
        let (yes, no) = tokio::join!(it.post(&yes, json!({})), other.post(&no, json!({})));
        let compute = ada
            .get(&format!("/api/v1/workspaces/default/computes/{name}"))
            .await
            .status;
        match (yes.status, no.status) {
            (200, 409) => assert_eq!(compute, 200),
            (409, 200) => assert_eq!(compute, 404, "a compute that was refused is not there"),
            odd => panic!("{odd:?}"),
        }
        let scope = format!("/workspaces/default/computes/{name}");
        let log = owner
            .get(&format!("/api/v1/audit?outcome=allowed&scope={scope}"))
            .await
            .ok();
        let actions: Vec<_> = log["items"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["action"].as_str().expect("text"))
            .collect();
        let made = actions
            .iter()
            .filter(|action| **action == "computes/write")
            .count();
        assert_eq!(made, usize::from(yes.status == 200), "{log}");
    }
}
