//! `/api/v1/groups/{group}/secrets` and `/api/v1/vault`.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tidemill_app::vault::{Key, KeyService, MasterKey};
use tidemill_app::{App, AppOptions, OpContext, Principal};
use tidemill_testkit::{Client, TestServer};

const URL: &str = "/api/v1/groups/default/secrets";

async fn set(client: &Client, name: &str, value: &str) -> Value {
    client
        .put(&format!("{URL}/{name}"), json!({ "value": value }))
        .await
        .ok()
}

async fn revealed(client: &Client, path: &str) -> Value {
    client.post(&format!("{URL}/{path}"), json!({})).await.ok()["value"].clone()
}

/// Opens a data folder once more, with another master key or the one of its file.
async fn reopened(server: &TestServer, master_key: MasterKey) -> tidemill_app::Result<Arc<App>> {
    let mut options = AppOptions::new(server.dir.path());
    options.master_key = master_key;
    App::open(options).await
}

/// There, a second application on one database is refused.
fn on_postgresql() -> bool {
    std::env::var("TIDEMILL_TEST_DATABASE").is_ok_and(|database| database == "postgresql")
}

#[tokio::test]
async fn a_value_comes_out_by_reveal_alone() {
    let server = TestServer::start().await;
    let client = server.client();
    let made = set(&client, "db", "hunter2").await;
    let shown = client.get(&format!("{URL}/db")).await.ok();
    let listed = client.get(URL).await.ok();
    let versions = client.get(&format!("{URL}/db/versions")).await.ok();
    for answer in [&made, &shown, &listed, &versions] {
        assert!(!answer.to_string().contains("hunter2"), "{answer}");
    }
    assert_eq!(revealed(&client, "db:reveal").await, "hunter2");
    let row = &tidemill_store::audit::latest(server.app.store.read(), 1)
        .await
        .expect("reads")[0];
    assert_eq!(
        (row.action.as_str(), row.scope.as_str(), row.detail.as_str()),
        ("secrets/get", "/groups/default/secrets/db", r#"{"version":1}"#)
    );
}

#[tokio::test]
async fn another_value_is_a_new_version_and_the_same_one_is_not() {
    let server = TestServer::start().await;
    let client = server.client();
    set(&client, "db", "one").await;
    assert_eq!(set(&client, "db", "two").await["version"], 2);
    assert_eq!(set(&client, "db", "two").await["version"], 2);
    assert_eq!(revealed(&client, "db:reveal").await, "two");
    assert_eq!(revealed(&client, "db:reveal?version=1").await, "one");
    client
        .post(&format!("{URL}/db:reveal?version=9"), json!({}))
        .await
        .fails(404);
    let versions = client.get(&format!("{URL}/db/versions")).await.ok();
    let numbers: Vec<_> = versions["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|row| row["version"].clone())
        .collect();
    assert_eq!(numbers, [2, 1]);
}

#[tokio::test]
async fn a_deleted_secret_is_restored_and_a_purged_one_is_gone() {
    let server = TestServer::start().await;
    let client = server.client();
    set(&client, "db", "one").await;
    client.delete(&format!("{URL}/db")).await.ok();
    let gone = client.get(&format!("{URL}/db")).await.fails(404);
    assert!(
        gone["hint"].as_str().is_some_and(|hint| hint.contains("restore")),
        "{gone}"
    );
    client
        .post(&format!("{URL}/db:reveal"), json!({}))
        .await
        .fails(404);
    let deleted = client.get(&format!("{URL}?deleted=true")).await.ok();
    assert_eq!(deleted["items"][0]["name"], "db");
    client.post(&format!("{URL}/db:restore"), json!({})).await.ok();
    assert_eq!(revealed(&client, "db:reveal").await, "one");
    client.delete(&format!("{URL}/db?purge=true")).await.ok();
    client
        .post(&format!("{URL}/db:restore"), json!({}))
        .await
        .fails(404);
    assert_eq!(set(&client, "db", "new").await["version"], 1);
}

#[tokio::test]
async fn what_cannot_be_a_secret_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, value) in [
        ("a%20b", "x"),
        ("1a", "x"),
        ("a", ""),
        ("a", "x\0"),
        ("a", &"x".repeat(70_000)),
    ] {
        let problem = client
            .put(&format!("{URL}/{name}"), json!({ "value": value }))
            .await
            .fails(400);
        assert!(!problem.to_string().contains("xx"), "{problem}");
    }
    let nowhere = client
        .put("/api/v1/groups/nowhere/secrets/a", json!({ "value": "hunter2" }))
        .await
        .fails(404);
    assert!(
        nowhere["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("default")),
        "{nowhere}"
    );
    let typo = client
        .put(&format!("{URL}/a"), json!({ "value": 12345 }))
        .await
        .fails(400);
    assert!(
        typo["detail"].as_str().is_some_and(|text| text.contains("value")),
        "{typo}"
    );
}

#[tokio::test]
async fn a_job_reads_no_secret_by_itself() {
    let server = TestServer::start().await;
    set(&server.client(), "db", "hunter2").await;
    for principal in [
        Principal::Job {
            workspace: "default".into(),
            job: "a".into(),
        },
        Principal::Runner {
            workspace: "default".into(),
            job: "a".into(),
        },
    ] {
        let ctx = OpContext::new(server.app.clone(), principal, "r".into());
        tidemill_app::secret::reveal(&ctx, "default", "db", None)
            .await
            .expect_err("not by a job");
        tidemill_app::secret::get(&ctx, "default", "db")
            .await
            .expect_err("not by a job");
        tidemill_app::vault::rotate(&ctx).await.expect_err("not by a job");
    }
    let refused = server
        .client()
        .get("/api/v1/audit?outcome=refused&action=secrets/get")
        .await
        .ok();
    assert_eq!(refused["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn credentials_of_datastores_are_sealed_and_may_name_a_secret() {
    let server = TestServer::start().await;
    let client = server.client();
    let lake = "/api/v1/workspaces/default/datastores/lake";
    let spec = |key: &str| json!({"type": "s3", "bucket": "b", "credentials": {"access_key_id": "id", "secret_access_key": key}});
    client.put(lake, spec("very-secret-key")).await.ok();
    let row = tidemill_store::datastore::get(server.app.store.read(), "default", "lake")
        .await
        .expect("reads")
        .expect("there");
    assert!(!row.spec.contains("very-secret-key"), "{}", row.spec);
    let config = async || tidemill_app::bytes::config(&server.app.system(), "default", "lake").await;
    assert_eq!(
        config().await.expect("opens")["secret_access_key"],
        "very-secret-key"
    );
    // What is shown is written back, and the secret stays.
    client.put(lake, spec("***")).await.ok();
    assert_eq!(
        config().await.expect("opens")["secret_access_key"],
        "very-secret-key"
    );
    client.put(lake, spec("${{secrets.LAKE}}")).await.fails(404);
    set(&client, "LAKE", "from-the-vault").await;
    let shown = client.put(lake, spec("${{secrets.LAKE}}")).await.ok();
    assert_eq!(
        shown["spec"]["credentials"]["secret_access_key"],
        "${{secrets.LAKE}}"
    );
    assert_eq!(
        config().await.expect("opens")["secret_access_key"],
        "from-the-vault"
    );
    client.delete(&format!("{URL}/LAKE")).await.ok();
    let gone = config().await.expect_err("its secret is gone").to_string();
    assert!(gone.contains("lake") && gone.contains("LAKE"), "{gone}");
}

#[tokio::test]
async fn credentials_that_were_kept_as_they_are_are_taken_in_and_overwritten() {
    if on_postgresql() {
        return;
    }
    let server = TestServer::start().await;
    let client = server.client();
    client
        .put(
            "/api/v1/workspaces/default/datastores/lake",
            json!({"type": "s3", "bucket": "b"}),
        )
        .await
        .ok();
    let mut row = tidemill_store::datastore::get(server.app.store.read(), "default", "lake")
        .await
        .expect("reads")
        .expect("there");
    row.spec = json!({"type": "s3", "name": "lake", "bucket": "b",
        "credentials": {"access_key_id": "id", "secret_access_key": "plain-old-secret"}})
    .to_string();
    server
        .app
        .store
        .write::<_, tidemill_store::StoreError, _>(|tx| {
            Box::pin(async move { tidemill_store::datastore::put(tx, row).await })
        })
        .await
        .expect("written");
    // The same for the password of a compute.
    let compute = "/api/v1/workspaces/default/computes/cpu";
    client.put(compute, json!({"type": "amlcompute"})).await.ok();
    let mut row = tidemill_store::compute::get(server.app.store.read(), "default", "cpu")
        .await
        .expect("reads")
        .expect("there");
    row.spec =
        json!({"type": "amlcompute", "name": "cpu", "ssh_settings": {"admin_password": "plain-old-secret"}})
            .to_string();
    server
        .app
        .store
        .write::<_, tidemill_store::StoreError, _>(|tx| {
            Box::pin(async move { tidemill_store::compute::put(tx, row).await })
        })
        .await
        .expect("written");
    let app = reopened(&server, MasterKey::File).await.expect("opens");
    let config = tidemill_app::bytes::config(&app.system(), "default", "lake")
        .await
        .expect("opens");
    assert_eq!(config["secret_access_key"], "plain-old-secret");
    for file in ["tidemill.db", "tidemill.db-wal"] {
        let bytes = std::fs::read(server.dir.path().join(file)).unwrap_or_default();
        assert!(
            !bytes.windows(16).any(|window| window == b"plain-old-secret"),
            "{file}"
        );
    }
}

#[tokio::test]
async fn the_master_key_is_rotated_while_secrets_are_read() {
    let server = TestServer::start().await;
    let client = server.client();
    set(&client, "db", "hunter2").await;
    let file = server.dir.path().join("keys/master.key");
    let before = (
        client.get("/api/v1/vault").await.ok(),
        std::fs::read(&file).expect("a key"),
    );
    let reading = tokio::spawn({
        let client = client.clone();
        async move {
            for _ in 0..50 {
                assert_eq!(revealed(&client, "db:reveal").await, "hunter2");
            }
        }
    });
    for _ in 0..5 {
        client.post("/api/v1/vault:rotate", json!({})).await.ok();
    }
    reading.await.expect("every reader got the value");
    let after = client.get("/api/v1/vault").await.ok();
    assert_ne!(
        (&before.0["master_key"], &before.1),
        (&after["master_key"], &std::fs::read(&file).expect("a key"))
    );
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("a key").permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!file.with_file_name("master.key.next").exists());
    if !on_postgresql() {
        let app = reopened(&server, MasterKey::File)
            .await
            .expect("opens with the new key");
        let found = tidemill_app::secret::reveal(&app.system(), "default", "db", None)
            .await
            .expect("opens");
        assert_eq!(found, (1, "hunter2".to_owned()));
        std::fs::write(&file, before.1).expect("written");
        reopened(&server, MasterKey::File)
            .await
            .expect_err("the old key opens nothing any more");
    }
}

#[tokio::test]
async fn a_rotation_that_broke_off_is_taken_up_by_the_next_start() {
    if on_postgresql() {
        return;
    }
    let server = TestServer::start().await;
    let client = server.client();
    set(&client, "db", "hunter2").await;
    let keys = server.dir.path().join("keys");
    let old = std::fs::read(keys.join("master.key")).expect("a key");
    client.post("/api/v1/vault:rotate", json!({})).await.ok();
    // Killed after the database was written, and before the file was renamed.
    std::fs::rename(keys.join("master.key"), keys.join("master.key.next")).expect("renamed");
    std::fs::write(keys.join("master.key"), &old).expect("written");
    let app = reopened(&server, MasterKey::File).await.expect("opens");
    tidemill_app::secret::reveal(&app.system(), "default", "db", None)
        .await
        .expect("opens");
    assert!(!keys.join("master.key.next").exists());
    // Killed after the new key was written, and before the database was.
    std::fs::write(keys.join("master.key.next"), &old).expect("written");
    reopened(&server, MasterKey::File).await.expect("opens");
    assert!(!keys.join("master.key.next").exists());
}

#[tokio::test]
async fn another_master_key_is_refused_by_name_and_nothing_is_overwritten() {
    if on_postgresql() {
        return;
    }
    let server = TestServer::start().await;
    set(&server.client(), "db", "hunter2").await;
    let file = server.dir.path().join("keys/master.key");
    let right = std::fs::read_to_string(&file).expect("a key");
    let id = Key::parse(&right).expect("a key").id();
    let missing = async |source| {
        reopened(&server, source)
            .await
            .expect_err("not with that key")
            .to_string()
    };
    std::fs::write(&file, Key::new([7; 32]).hex()).expect("written");
    let other = missing(MasterKey::File).await;
    assert!(
        other.contains(&id) && other.contains("nothing was changed"),
        "{other}"
    );
    assert_eq!(
        std::fs::read_to_string(&file).expect("there"),
        Key::new([7; 32]).hex()
    );
    std::fs::write(&file, "no key").expect("written");
    assert!(
        missing(MasterKey::File)
            .await
            .contains("holds no key of 32 bytes")
    );
    std::fs::remove_file(&file).expect("removed");
    assert!(missing(MasterKey::File).await.contains("is missing"));
    assert!(!file.exists(), "no new key was made");
    let given = missing(MasterKey::Given {
        key: Key::new([8; 32]),
        before: None,
    })
    .await;
    assert!(given.contains("TIDEMILL_MASTER_KEY"), "{given}");
    // The key moves from its file into a variable, and is changed there.
    let [old, new] = [Key::parse(&right).expect("a key"), Key::new([9; 32])];
    let app = reopened(
        &server,
        MasterKey::Given {
            key: new.clone(),
            before: Some(old),
        },
    )
    .await
    .expect("opens");
    tidemill_app::vault::rotate(&app.system())
        .await
        .expect_err("that key is not the server's to make");
    let app = reopened(
        &server,
        MasterKey::Given {
            key: new,
            before: None,
        },
    )
    .await
    .expect("opens");
    let found = tidemill_app::secret::reveal(&app.system(), "default", "db", None)
        .await
        .expect("opens");
    assert_eq!(found.1, "hunter2");
}

/// A key service as a cloud has one: it wraps, and never gives its key away. Here it shows when it was asked.
#[derive(Debug)]
struct Service {
    key: Mutex<Key>,
    asked: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl KeyService for Service {
    fn id(&self) -> String {
        self.key.lock().expect("whole").id()
    }
    async fn wrap(&self, key: &[u8; 32], group: &str) -> Result<String, String> {
        self.asked.lock().expect("whole").push(format!("wrap {group}"));
        Ok(self.key.lock().expect("whole").seal(key, group, *key))
    }
    async fn unwrap(&self, wrapped: &str, group: &str) -> Result<[u8; 32], String> {
        self.asked.lock().expect("whole").push(format!("unwrap {group}"));
        let bytes = self
            .key
            .lock()
            .expect("whole")
            .open(wrapped, group)
            .ok_or("access denied")?;
        bytes.try_into().map_err(|_| "odd length".to_owned())
    }
}

#[tokio::test]
async fn a_key_service_keeps_the_master_key_to_itself() {
    let service = Arc::new(Service {
        key: Mutex::new(Key::new([3; 32])),
        asked: Mutex::default(),
    });
    let server =
        TestServer::start_with(|options| options.master_key = MasterKey::Service(service.clone())).await;
    let client = server.client();
    set(&client, "db", "hunter2").await;
    assert_eq!(revealed(&client, "db:reveal").await, "hunter2");
    assert_eq!(client.get("/api/v1/vault").await.ok()["kept"], "service");
    assert!(!server.dir.path().join("keys/master.key").exists());
    assert_eq!(
        service.asked.lock().expect("whole").first().map(String::as_str),
        Some("wrap default")
    );
    client.post("/api/v1/vault:rotate", json!({})).await.ok();
    *service.key.lock().expect("whole") = Key::new([4; 32]);
    if !on_postgresql() {
        let refused = reopened(&server, MasterKey::Service(service))
            .await
            .expect_err("the service refuses")
            .to_string();
        assert!(refused.contains("access denied"), "{refused}");
    }
}
