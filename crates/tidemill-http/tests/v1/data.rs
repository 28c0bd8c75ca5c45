//! `/api/v1/workspaces/{ws}/data`.

use std::path::Path;

use serde_json::{Value, json};
use tidemill_api::runner::Source;
use tidemill_app::resolve;
use tidemill_objects::{Silent, TreeBuilder, UploadOptions, upload_tree};
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default/data";

/// A folder of the machine, registered as the datastore `lake`.
async fn lake(server: &TestServer) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let body = json!({"type": "local_folder", "path": folder.path()});
    server
        .client()
        .put("/api/v1/workspaces/default/datastores/lake", body)
        .await
        .ok();
    folder
}

fn write(folder: &Path, name: &str, content: &str) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("inside")).expect("a folder");
    std::fs::write(file, content).expect("a file");
}

/// What a client uploads, as the server keeps it.
async fn uploaded(server: &TestServer, folder: &Path) -> String {
    let store = tidemill_app::bytes::tree_store(&server.app).expect("opens");
    let options = UploadOptions {
        base: None,
        known: None,
        now: std::time::SystemTime::now(),
    };
    let builder = TreeBuilder::data(folder).expect("walks");
    upload_tree(builder, &store, options, &Silent)
        .await
        .expect("uploads")
        .digest
        .to_hex()
}

async fn resolved(server: &TestServer, path: &str) -> Result<resolve::Resolved, String> {
    let path = path.parse().expect("a path");
    resolve::data(&server.app.system(), "default", &path, None)
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn data_in_a_datastore_is_named_where_it_lies() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "flights/01.csv", "a,b\n1,2\n");
    write(folder.path(), "flights/02.csv", "a,b\n");
    let body = json!({
        "path": "azureml://datastores/lake/paths/flights/", "type": "uri_folder",
        "description": "By month", "tags": {"team": "ops"},
    });
    let made = client.post(&format!("{URL}/flights/versions"), body).await.ok();
    assert_eq!(
        (made["version"].as_str(), made["type"].as_str()),
        (Some("1"), Some("uri_folder"))
    );
    assert_eq!(
        (made["files"].as_u64(), made["size_bytes"].as_u64()),
        (Some(2), Some(12))
    );
    assert_eq!(made["uri"], "azureml://datastores/lake/paths/flights/");
    assert_eq!(
        (&made["labels"], &made["created_by"]),
        (&json!(["latest"]), &json!("owner"))
    );
    let found = resolved(&server, "azureml:flights@latest")
        .await
        .expect("resolves");
    assert_eq!(
        found.source,
        Source::Datastore {
            datastore: "lake".into(),
            path: "flights/".into()
        }
    );
    assert_eq!(found.manifest.as_deref(), made["digest"].as_str());
    assert_eq!(found.asset.as_deref(), Some("data/flights/1"));
    let kept = server
        .app
        .dir
        .trees()
        .join("manifests")
        .join(found.manifest.expect("known"));
    assert!(kept.is_file(), "{kept:?}");
}

#[tokio::test]
async fn the_same_again_is_the_same_answer_and_other_bytes_are_a_conflict() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "x.csv", "1");
    let body = json!({"path": "azureml://datastores/lake/paths/x.csv", "type": "uri_file"});
    let path = format!("{URL}/x/versions/2024-01");
    let made = client.put(&path, body.clone()).await.ok();
    assert_eq!(client.put(&path, body.clone()).await.ok(), made);
    write(folder.path(), "x.csv", "2");
    let problem = client.put(&path, body.clone()).await.fails(409);
    let detail = problem["detail"].as_str().expect("text");
    let digest = &made["digest"].as_str().expect("a digest")[..12];
    assert!(
        detail.contains("`x` version `2024-01`") && detail.contains(digest),
        "{detail}"
    );
    let next = client.post(&format!("{URL}/x/versions"), body).await.ok();
    assert_eq!(next["version"], "1");
    assert_ne!(next["digest"], made["digest"]);
}

#[tokio::test]
async fn uploaded_data_is_a_tree_or_a_file_in_one() {
    let server = TestServer::start().await;
    let client = server.client();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a/1.csv", "1");
    write(folder.path(), "a/2.csv", "22");
    let tree = uploaded(&server, folder.path()).await;
    let whole = json!({"path": format!("tidemill://trees/{tree}")});
    let made = client.post(&format!("{URL}/whole/versions"), whole).await.ok();
    assert_eq!(
        (made["type"].as_str(), made["digest"].as_str()),
        (Some("uri_folder"), Some(tree.as_str()))
    );
    let file = json!({"path": format!("tidemill://trees/{tree}/a/2.csv")});
    let made = client.post(&format!("{URL}/file/versions"), file).await.ok();
    assert_eq!(
        (made["type"].as_str(), made["size_bytes"].as_u64()),
        (Some("uri_file"), Some(2))
    );
    let found = resolved(&server, "azureml:file:1").await.expect("resolves");
    assert_eq!(
        found.source,
        Source::Tree {
            tree: tree.clone(),
            path: "a/2.csv".into()
        }
    );
    let absent = json!({"path": format!("tidemill://trees/{tree}/b")});
    client
        .post(&format!("{URL}/file/versions"), absent)
        .await
        .fails(404);
    let unknown = json!({"path": format!("tidemill://trees/{}", "0".repeat(64))});
    client
        .post(&format!("{URL}/file/versions"), unknown)
        .await
        .fails(404);
}

#[tokio::test]
async fn a_snapshot_outlives_its_source() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    for (name, path) in [("all", "in"), ("one", "in/1.csv"), ("some", "in/*.csv")] {
        write(folder.path(), "in/1.csv", "1");
        write(folder.path(), "in/2.csv", "2");
        write(folder.path(), "in/notes.txt", "n");
        let body = json!({"path": format!("azureml://datastores/lake/paths/{path}"), "snapshot": true});
        let made = client.post(&format!("{URL}/{name}/versions"), body).await.ok();
        let files = if name == "one" {
            1
        } else if name == "some" {
            2
        } else {
            3
        };
        assert_eq!(made["files"].as_u64(), Some(files), "{made}");
        std::fs::remove_dir_all(folder.path().join("in")).expect("it goes");
        let found = resolved(&server, &format!("azureml:{name}:1"))
            .await
            .expect("resolves");
        assert!(matches!(found.source, Source::Tree { .. }), "{found:?}");
    }
    let left = std::fs::read_dir(server.app.dir.cache()).expect("lists").count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_alias_names_the_same_bytes() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "x.csv", "1");
    let body = json!({"path": "azureml://datastores/lake/paths/x.csv"});
    let first = client.post(&format!("{URL}/x/versions"), body).await.ok();
    let second = client
        .post(&format!("{URL}/y/versions"), json!({"path": "azureml:x:1"}))
        .await
        .ok();
    assert_eq!(
        (&second["digest"], &second["uri"]),
        (&first["digest"], &first["uri"])
    );
}

#[tokio::test]
async fn a_file_that_is_no_mltable_is_refused() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "t/data.csv", "1");
    let body = json!({"path": "azureml://datastores/lake/paths/t", "type": "mltable"});
    let problem = client
        .post(&format!("{URL}/t/versions"), body.clone())
        .await
        .fails(400);
    assert!(
        problem["detail"].as_str().expect("text").contains("`MLTable`"),
        "{problem}"
    );
    write(folder.path(), "t/MLTable", "paths:\n- file: ./data.csv\n");
    assert_eq!(
        client.post(&format!("{URL}/t/versions"), body).await.ok()["type"],
        "mltable"
    );
}

#[tokio::test]
async fn what_cannot_be_reached_is_said_with_the_next_step() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "x.csv", "1");
    let share = json!({"type": "azure_file", "account_name": "a", "file_share_name": "s"});
    client
        .put("/api/v1/workspaces/default/datastores/share", share)
        .await
        .ok();
    for (status, path) in [
        (404, "azureml://datastores/nowhere/paths/x"),
        (404, "azureml://datastores/lake/paths/absent/"),
        (400, "azureml://datastores/lake/paths/../x"),
        (400, "azureml://datastores/share/paths/x"),
        (403, "/etc/passwd"),
        (403, "file:///etc/passwd"),
        (400, "data/relative.csv"),
        (400, "/tmp/../etc/passwd"),
        (400, "s3://bucket/x.csv"),
        (400, "ftp://example.org/x"),
        (404, "azureml:absent:1"),
        (404, "azureml://jobs/absent/outputs/x"),
        (404, "runs:/absent/model"),
        (400, "azureml://datastores/${{name}}/paths/x"),
    ] {
        let answer = client
            .post(&format!("{URL}/x/versions"), json!({"path": path}))
            .await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    client.get(&format!("{URL}/x")).await.fails(404);
}

#[tokio::test]
async fn a_path_of_the_machine_is_found_in_a_folder_that_the_workspace_may_use() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "in/x.csv", "1");
    let body = json!({"path": folder.path().join("in/x.csv")});
    let made = client.post(&format!("{URL}/x/versions"), body).await.ok();
    assert_eq!(made["uri"], "azureml://datastores/lake/paths/in/x.csv");
    std::os::unix::fs::symlink("/etc", folder.path().join("out")).expect("a link");
    let body = json!({"path": folder.path().join("out/passwd"), "type": "uri_file"});
    let answer = client.post(&format!("{URL}/y/versions"), body).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

#[tokio::test]
async fn public_urls_are_read_from_the_workspaces_mirrors() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    let mirror = tempfile::tempdir().expect("a folder");
    write(mirror.path(), "datasets/titanic.csv", "1");
    write(folder.path(), "mirror/iris.csv", "22");
    let mirrors = json!({"uri_mirrors": {
        "https://files.example.org/": mirror.path(),
        "https://files.example.org/lake/": "azureml://datastores/lake/paths/mirror/",
        "https://acc.blob.core.windows.net/": mirror.path(),
    }});
    client.put("/api/v1/workspaces/default", mirrors).await.ok();
    for (url, size, local) in [
        ("https://files.example.org/datasets/titanic.csv", 1, true),
        ("https://files.example.org/lake/iris.csv", 2, false),
        ("wasbs://datasets@acc.blob.core.windows.net/titanic.csv", 1, true),
    ] {
        let made = client
            .post(
                &format!("{URL}/m/versions"),
                json!({"path": url, "type": "uri_file"}),
            )
            .await
            .ok();
        assert_eq!(
            (made["uri"].as_str(), made["size_bytes"].as_u64()),
            (Some(url), Some(size))
        );
        let found = resolved(&server, "azureml:m@latest").await.expect("resolves");
        assert_eq!(matches!(found.source, Source::Local { .. }), local, "{found:?}");
        assert_eq!(
            resolved(&server, url).await.expect("resolves").source,
            found.source
        );
    }
    for (status, url) in [
        (404, "https://files.example.org/absent.csv"),
        (400, "https://files.example.org/%2e%2e/x"),
    ] {
        client
            .post(&format!("{URL}/m/versions"), json!({"path": url}))
            .await
            .fails(status);
    }
    std::os::unix::fs::symlink("/etc/passwd", mirror.path().join("link")).expect("a link");
    let body = json!({"path": "https://files.example.org/link"});
    client.post(&format!("{URL}/m/versions"), body).await.fails(404);
}

#[tokio::test]
async fn a_url_is_read_and_its_bytes_are_named() {
    let server = TestServer::start().await;
    let url = format!("http://{}/health", server.address);
    let made = server
        .client()
        .post(&format!("{URL}/web/versions"), json!({"path": url}))
        .await
        .ok();
    assert_eq!(
        (made["type"].as_str(), made["size_bytes"].as_u64()),
        (Some("uri_file"), Some(2))
    );
    let found = resolved(&server, "azureml:web:1").await.expect("resolves");
    assert_eq!(found.source, Source::Url { url });
    assert_eq!(found.manifest.as_deref(), made["digest"].as_str());
}

#[tokio::test]
async fn progress_is_told_to_who_asks_for_events() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "x.csv", "1");
    let accept = [("accept", "text/event-stream, application/json")];
    let path = format!("{URL}/x/versions");
    let body = json!({"path": "azureml://datastores/lake/paths/x.csv"});
    let text = client.send("POST", &path, Some(body), &accept).await.ok();
    let events = events(text.as_str().expect("text"));
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["progress", "done"]);
    assert_eq!(events[0].1, json!({"files": 1, "bytes": 1}));
    assert_eq!(events[1].1["version"], "1");
    let body = json!({"path": "azureml://datastores/lake/paths/absent.csv"});
    let text = client.send("POST", &path, Some(body), &accept).await.ok();
    let events = self::events(text.as_str().expect("text"));
    assert_eq!(
        (events[0].0.as_str(), &events[0].1["status"]),
        ("problem", &json!(404))
    );
}

fn events(text: &str) -> Vec<(String, Value)> {
    let field = |event: &str, name: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(|value| value.trim().to_owned())
    };
    text.split("\n\n")
        .filter_map(|event| {
            let data = serde_json::from_str(&field(event, "data:")?).expect("JSON");
            Some((field(event, "event:")?, data))
        })
        .collect()
}

#[tokio::test]
async fn archived_versions_are_no_latest_and_still_resolve() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    for content in ["1", "22"] {
        write(folder.path(), "x.csv", content);
        let body = json!({"path": "azureml://datastores/lake/paths/x.csv"});
        client.post(&format!("{URL}/x/versions"), body).await.ok();
    }
    client
        .post(&format!("{URL}/x/versions/2:archive"), json!({}))
        .await
        .ok();
    assert_eq!(client.get(&format!("{URL}/x")).await.ok()["latest_version"], "1");
    let versions = client.get(&format!("{URL}/x/versions")).await.ok();
    assert_eq!(versions["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        resolved(&server, "azureml:x")
            .await
            .expect("resolves")
            .asset
            .as_deref(),
        Some("data/x/1")
    );
    assert!(resolved(&server, "azureml:x:2").await.is_ok());
}

#[tokio::test]
async fn a_change_writes_its_audit_row_and_an_unchanged_answer_none() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "x.csv", "1");
    let body = json!({"path": "azureml://datastores/lake/paths/x.csv"});
    client
        .put(&format!("{URL}/x/versions/1"), body.clone())
        .await
        .ok();
    let rows = |count| tidemill_store::audit::latest(server.app.store.read(), count);
    let row = &rows(1).await.expect("reads")[0];
    assert_eq!(
        (row.action.as_str(), row.scope.as_str()),
        ("data/write", "/workspaces/default/data/x")
    );
    let before = rows(50).await.expect("reads").len();
    client.put(&format!("{URL}/x/versions/1"), body).await.ok();
    assert_eq!(rows(50).await.expect("reads").len(), before);
}

#[tokio::test]
async fn a_workspace_with_data_is_not_deleted() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put("/api/v1/workspaces/team", json!({})).await.ok();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "x", "1");
    let tree = uploaded(&server, folder.path()).await;
    let body = json!({"path": format!("tidemill://trees/{tree}")});
    client
        .post("/api/v1/workspaces/team/data/x/versions", body)
        .await
        .ok();
    let problem = client.delete("/api/v1/workspaces/team").await.fails(409);
    assert!(
        problem["detail"].as_str().expect("text").contains("1 data"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_version_that_is_a_table_has_a_profile() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "flights/01.csv", "delay,carrier\n5,UA\n,AA\n");
    write(folder.path(), "flights/02.csv", "delay,carrier\n2.5,UA\n");
    let body = json!({"type": "uri_folder", "path": "azureml://datastores/lake/paths/flights/"});
    client.put(&format!("{URL}/flights/versions/1"), body).await.ok();
    let url = format!("{URL}/flights/versions/1/profile");
    let profile = client.get(&url).await.ok();
    assert_eq!(
        (&profile["rows"], &profile["columns"][0]["missing"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(profile["columns"][0]["numbers"]["mean"], 3.75);
    // It is kept by content: a target needs no second look, and neither does a lost file.
    write(folder.path(), "flights/02.csv", "delay,carrier\n9,XX\n");
    let again = client.get(&format!("{url}?target=carrier")).await.ok();
    assert_eq!(
        (&again["columns"], &again["target"]["column"]),
        (&profile["columns"], &json!("carrier"))
    );
    client.get(&format!("{url}?target=none")).await.fails(400);
    // What was changed before it was ever read is told.
    let body = json!({"type": "uri_folder", "path": "azureml://datastores/lake/paths/flights/"});
    client.put(&format!("{URL}/flights/versions/2"), body).await.ok();
    write(folder.path(), "flights/02.csv", "delay,carrier\n10,YY\n");
    client
        .get(&format!("{URL}/flights/versions/2/profile"))
        .await
        .fails(409);
}

#[tokio::test]
async fn an_uploaded_table_is_profiled_and_a_broken_one_is_told_without_paths_of_the_server() {
    let server = TestServer::start().await;
    let client = server.client();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a.csv", "x,y\n1,2\n");
    write(folder.path(), "broken.csv", "x,y\n1,2\n3\n");
    let tree = uploaded(&server, folder.path()).await;
    for (name, file) in [("good", "a.csv"), ("bad", "broken.csv")] {
        let body = json!({"type": "uri_file", "path": format!("tidemill://trees/{tree}/{file}")});
        client.put(&format!("{URL}/{name}/versions/1"), body).await.ok();
    }
    assert_eq!(
        client.get(&format!("{URL}/good/versions/1/profile")).await.ok()["rows"],
        1
    );
    let problem = client
        .get(&format!("{URL}/bad/versions/1/profile"))
        .await
        .fails(400);
    let detail = problem["detail"].as_str().expect("text");
    assert!(detail.starts_with("failed to read broken.csv, row 3"), "{detail}");
}

#[tokio::test]
async fn files_of_a_version_are_listed_and_read_as_they_were() {
    let server = TestServer::start().await;
    let (client, folder) = (server.client(), lake(&server).await);
    write(folder.path(), "m/part/a.csv", "aaa");
    write(folder.path(), "m/b.csv", "x,y\n1,2\n");
    let tree = uploaded(&server, &folder.path().join("m")).await;
    for (name, path, count) in [
        ("lake", "azureml://datastores/lake/paths/m".to_owned(), 2),
        ("tree", format!("tidemill://trees/{tree}"), 2),
        ("single", "azureml://datastores/lake/paths/m/b.csv".to_owned(), 1),
        ("inner", format!("tidemill://trees/{tree}/b.csv"), 1),
    ] {
        let made = client
            .post(&format!("{URL}/{name}/versions"), json!({"path": path}))
            .await;
        made.ok();
        let files = format!("{URL}/{name}/versions/1/files");
        let listed = client.get(&files).await.ok();
        assert_eq!(
            listed["items"].as_array().map(Vec::len),
            Some(count),
            "{name}: {listed}"
        );
        let read = client.get(&format!("{files}/b.csv")).await.ok();
        assert_eq!(read, "x,y\n1,2\n", "{name}");
        client.get(&format!("{files}/absent.csv")).await.fails(404);
        client
            .get(&format!("{files}/..%2F..%2Fetc%2Fpasswd"))
            .await
            .fails(400);
    }
    // What lies in a datastore may be changed by others; what was uploaded may not.
    write(folder.path(), "m/b.csv", "x,y\n");
    client
        .get(&format!("{URL}/lake/versions/1/files/b.csv"))
        .await
        .fails(409);
    client
        .get(&format!("{URL}/tree/versions/1/files/b.csv"))
        .await
        .ok();
    client
        .get(&format!("{URL}/lake/versions/7/files"))
        .await
        .fails(404);
}
