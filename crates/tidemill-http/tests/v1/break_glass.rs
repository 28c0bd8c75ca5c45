//! Break-glass: who may change production without a release, with whom, for how long, and what everybody hears of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use tidemill_app::{Clock, SystemClock};
use tidemill_testkit::{Client, TestServer};

/// A clock that is ahead by what it is told.
#[derive(Debug, Default)]
struct Ahead(AtomicI64, SystemClock);

impl Clock for Ahead {
    fn now_ms(&self) -> i64 {
        self.1.now_ms() + self.0.load(Ordering::SeqCst)
    }

    fn ulid(&self) -> String {
        self.1.ulid()
    }

    fn secret(&self) -> [u8; 32] {
        self.1.secret()
    }
}

impl Ahead {
    fn minutes(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }
}

const PRD: &str = "/api/v1/workspaces/prd";
const GLASS: &str = "/api/v1/workspaces/prd/break-glass";
const ENDPOINT: &str = "/api/v1/workspaces/prd/online-endpoints/flights";

struct Stage {
    server: TestServer,
    clock: Arc<Ahead>,
    owner: Client,
    ann: Client,
    bob: Client,
    dan: Client,
}

/// A workspace of the last stage, two release managers and a data scientist.
async fn stage() -> Stage {
    let clock = Arc::new(Ahead::default());
    let given = clock.clone();
    let server = TestServer::start_with(|options| {
        options.clock = given;
        options.webhooks = tidemill_app::webhook::WebhookOptions {
            allow_http: true,
            allow_private: true,
        };
    })
    .await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    for (name, stage) in [("dev", "DEV"), ("prd", "PRD")] {
        owner
            .put(&format!("/api/v1/workspaces/{name}"), json!({ "stage": stage }))
            .await
            .ok();
    }
    let mut people = Vec::new();
    for (name, role) in [
        ("ann", "Release Manager"),
        ("bob", "Release Manager"),
        ("dan", "Data Scientist"),
    ] {
        owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
        let given = json!({"principal": format!("user:{name}"), "role": role, "scope": "/"});
        owner.post("/api/v1/assignments", given).await.ok();
        let made = owner
            .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
            .await
            .ok();
        people.push(server.client_with(made["token"].as_str().expect("shown once")));
    }
    let (dan, bob, ann) = (people.pop(), people.pop(), people.pop());
    Stage {
        server,
        clock,
        owner,
        ann: ann.expect("three"),
        bob: bob.expect("three"),
        dan: dan.expect("three"),
    }
}

async fn asked(client: &Client, minutes: i64) -> String {
    let made = client
        .post(
            GLASS,
            json!({"reason": "it answers nothing since 14:02", "minutes": minutes}),
        )
        .await
        .ok();
    assert_eq!(made["state"], "Asked");
    made["id"].as_str().expect("an id").to_owned()
}

/// What removing an endpoint is answered: what answers in production is gone then.
async fn change(client: &Client) -> u16 {
    client.put(ENDPOINT, json!({"auth_mode": "key"})).await.ok();
    client.delete(ENDPOINT).await.status
}

async fn history(client: &Client) -> Vec<(String, String)> {
    let found = client.get(&format!("{PRD}/release-history")).await.ok();
    let text = |row: &Value, field: &str| row[field].as_str().expect("text").to_owned();
    found["items"]
        .as_array()
        .expect("rows")
        .iter()
        .rev()
        .map(|row| (text(row, "kind"), text(row, "who")))
        .collect()
}

#[tokio::test]
async fn two_people_open_production_for_a_time_and_everybody_hears_of_it() {
    let stage = stage().await;
    let (owner, ann, bob) = (&stage.owner, &stage.ann, &stage.bob);
    for client in [owner, ann, bob] {
        assert_eq!(change(client).await, 403, "not even the owner");
    }
    let refused = ann.delete(ENDPOINT).await.fails(403);
    assert!(
        refused["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("release break-glass open")),
        "{refused}"
    );
    let id = asked(ann, 30).await;
    assert_eq!(change(ann).await, 403, "nobody has agreed yet");
    let alone = ann
        .post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .fails(403);
    assert!(
        alone["detail"]
            .as_str()
            .is_some_and(|text| text.contains("it takes two people")),
        "{alone}"
    );
    let open = bob.post(&format!("{GLASS}/{id}:approve"), json!({})).await.ok();
    assert_eq!(
        (open["state"].as_str(), open["approved_by"].as_str()),
        (Some("Open"), Some("user:bob"))
    );
    assert_eq!(change(bob).await, 403, "only who asked");
    assert_eq!(change(owner).await, 403, "only who asked");
    assert_eq!(change(ann).await, 204);
    assert_eq!(change(ann).await, 204);
    let listed = bob.get(GLASS).await.ok();
    assert_eq!(
        (&listed["items"][0]["uses"], &listed["items"][0]["state"]),
        (&2.into(), &"Open".into())
    );
    // Its time is over, by itself.
    stage.clock.minutes(29);
    assert_eq!(change(ann).await, 204);
    stage.clock.minutes(2);
    assert_eq!(change(ann).await, 403);
    assert_eq!(bob.get(GLASS).await.ok()["items"][0]["state"], "Expired");
    bob.post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .fails(412);
    // All of it stands in the history of the stage, in the audit log as alarms, and among the events.
    let wanted = [
        ("asked", "ann"),
        ("opened", "bob"),
        ("used", "ann"),
        ("used", "ann"),
        ("used", "ann"),
    ];
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(kind, who)| (format!("break_glass_{kind}"), format!("user:{who}")))
        .collect();
    assert_eq!(history(bob).await, wanted);
    let rows = owner.get("/api/v1/audit?action=releases/break-glass").await.ok();
    let alarms = rows["items"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["detail"]["after"]["alarm"] == true);
    assert_eq!(alarms.count(), 4, "{rows}");
    let agreed = owner.get("/api/v1/audit?action=releases/approve").await.ok();
    assert_eq!(agreed["items"][0]["detail"]["after"]["is"], "opened", "{agreed}");
    let used = rows["items"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["detail"]["after"]["is"] == "used")
        .expect("one");
    let after = &used["detail"]["after"];
    assert_eq!(
        (after["why"].as_str(), after["approved_by"].as_str()),
        (Some("it answers nothing since 14:02"), Some("user:bob"))
    );
    assert!(
        after["change"]
            .as_str()
            .is_some_and(|what| what.ends_with("endpoints/flights")),
        "{after}"
    );
    let events = tidemill_store::event::list(stage.server.app.store.read(), None, 1000)
        .await
        .expect("events");
    let told = events
        .iter()
        .filter(|event| event.kind == "releases/break-glass" && event.detail.contains("\"alarm\":true"));
    assert_eq!(told.count(), 4);
}

#[tokio::test]
async fn who_may_not_or_cannot_break_the_glass_is_refused() {
    let stage = stage().await;
    let (owner, ann, bob, dan) = (&stage.owner, &stage.ann, &stage.bob, &stage.dan);
    let reason = json!({"reason": "it answers nothing since 14:02"});
    dan.post(GLASS, reason.clone()).await.fails(403);
    let id = asked(ann, 60).await;
    dan.post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .fails(403);
    dan.post(&format!("{GLASS}/{id}:close"), json!({}))
        .await
        .fails(403);
    assert_eq!(
        dan.get(GLASS).await.ok()["items"][0]["state"],
        "Asked",
        "a reader sees it"
    );
    ann.post(GLASS, reason.clone()).await.fails(409);
    // Neither a service principal nor a limited token is a person.
    owner.put("/api/v1/service-principals/ci", json!({})).await.ok();
    owner
        .post(
            "/api/v1/assignments",
            json!({"principal": "service-principal:ci", "role": "Release Manager", "scope": "/"}),
        )
        .await
        .ok();
    let secret = owner
        .post("/api/v1/service-principals/ci/secrets", json!({}))
        .await
        .ok();
    let ci = stage
        .server
        .client_with(secret["token"].as_str().expect("shown once"));
    ci.post(GLASS, reason.clone()).await.fails(403);
    ci.post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .fails(403);
    // Closed before anybody agreed, and after.
    bob.post(&format!("{GLASS}/{id}:close"), json!({})).await.ok();
    bob.post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .fails(412);
    bob.post(&format!("{GLASS}/{id}:close"), json!({}))
        .await
        .fails(412);
    let id = asked(ann, 60).await;
    bob.post(&format!("{GLASS}/{id}:approve"), json!({})).await.ok();
    assert_eq!(change(ann).await, 204);
    // Who agreed has left: it counts no more.
    owner
        .put("/api/v1/users/bob", json!({"disabled": true}))
        .await
        .ok();
    assert_eq!(change(ann).await, 403);
    owner
        .put("/api/v1/users/bob", json!({"disabled": false}))
        .await
        .ok();
    assert_eq!(change(ann).await, 204);
    ann.post(&format!("{GLASS}/{id}:close"), json!({})).await.ok();
    assert_eq!(change(ann).await, 403);
    // Nobody agrees for an hour.
    let id = asked(ann, 60).await;
    stage.clock.minutes(61);
    bob.post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .fails(412);
    // What cannot be.
    for wrong in [
        json!({}),
        json!({"reason": "  short   "}),
        json!({"reason": "long enough, this", "minutes": 0}),
        json!({"reason": "long enough, this", "minutes": 241}),
        json!({"reason": "x".repeat(2001)}),
    ] {
        ann.post(GLASS, wrong).await.fails(400);
    }
    ann.post("/api/v1/workspaces/dev/break-glass", reason.clone())
        .await
        .fails(400);
    ann.post(&format!("{GLASS}/01kx:approve"), json!({}))
        .await
        .fails(404);
    ann.post(&format!("{GLASS}/01kx:smash"), json!({}))
        .await
        .fails(400);
}

/// Hears one message after the other, and gives their bodies.
fn hears(most: usize) -> (String, std::sync::mpsc::Receiver<Value>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/alarm", listener.local_addr().expect("an address"));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(most) {
            let mut stream = stream.expect("a connection");
            let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
            let body = loop {
                let count = stream.read(&mut part).expect("a request");
                bytes.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head
                    .to_lowercase()
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break body.to_owned();
                }
            };
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .expect("an answer");
            drop(tell.send(serde_json::from_str(&body).expect("JSON")));
        }
    });
    (address, told)
}

#[tokio::test]
async fn a_team_is_called_when_the_glass_is_broken() {
    let stage = stage().await;
    let (address, told) = hears(4);
    let events = |actions: &[&str]| {
        let event = |action: &&str| json!({"entity": "BREAK_GLASS", "action": action});
        actions.iter().map(event).collect::<Vec<_>>()
    };
    let wanted =
        json!({"name": "on-call", "url": address, "events": events(&["ASKED", "OPENED", "USED", "CLOSED"])});
    let hooks = "/workspaces/prd/api/2.0/mlflow/webhooks";
    let made = stage.owner.post(hooks, wanted).await.ok();
    // MLflow's own client knows no such word, and is told nothing of it.
    assert_eq!(
        (
            &made["webhook"]["events"],
            made["webhook"]["alarms"].as_array().map(Vec::len)
        ),
        (&json!([]), Some(4)),
        "{made}"
    );
    let wrong = json!({"name": "n", "url": address, "events": events(&["CREATED"])});
    stage.owner.post(hooks, wrong).await.fails(400);
    let id = asked(&stage.ann, 30).await;
    stage
        .bob
        .post(&format!("{GLASS}/{id}:approve"), json!({}))
        .await
        .ok();
    assert_eq!(change(&stage.ann).await, 204);
    stage
        .ann
        .post(&format!("{GLASS}/{id}:close"), json!({}))
        .await
        .ok();
    let heard = tokio::task::spawn_blocking(move || {
        let patience = std::time::Duration::from_secs(30);
        (0..4)
            .map(|_| told.recv_timeout(patience).expect("an alarm"))
            .collect::<Vec<_>>()
    });
    let heard = heard.await.expect("it listens");
    let mut actions: Vec<_> = heard.iter().filter_map(|one| one["action"].as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["asked", "closed", "opened", "used"], "{heard:?}");
    let used = heard.iter().find(|one| one["action"] == "used").expect("one");
    assert_eq!(
        (
            &used["entity"],
            &used["workspace"],
            &used["data"]["why"],
            &used["data"]["approved_by"]
        ),
        (
            &"break_glass".into(),
            &"prd".into(),
            &"it answers nothing since 14:02".into(),
            &"user:bob".into()
        )
    );
}

#[tokio::test]
async fn new_keys_need_no_release_but_a_role() {
    let stage = stage().await;
    stage.ann.put(ENDPOINT, json!({"auth_mode": "key"})).await.ok();
    let keys = format!("{ENDPOINT}:credentials");
    let before = stage.ann.post(&keys, json!({})).await.ok();
    let anew = format!("{ENDPOINT}:regenerate-keys");
    stage
        .dan
        .post(&anew, json!({"key_type": "primary"}))
        .await
        .fails(403);
    stage.dan.post(&keys, json!({})).await.fails(403);
    // A key that has leaked must not wait for a release; what answers stays as it is.
    stage.ann.post(&anew, json!({"key_type": "primary"})).await.ok();
    let after = stage.ann.post(&keys, json!({})).await.ok();
    assert_ne!(before["primaryKey"], after["primaryKey"]);
    assert_eq!(before["secondaryKey"], after["secondaryKey"]);
    let restart = format!("{ENDPOINT}/deployments/blue:restart");
    stage.dan.post(&restart, json!({})).await.fails(403);
    stage.ann.post(&restart, json!({})).await.fails(404);
}
