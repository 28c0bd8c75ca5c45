//! `/api/v1/workspaces/{ws}/environments`.

use serde_json::{Value, json};
use tidemill_app::environment;
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default/environments";

fn conda() -> Value {
    json!({
        "image": "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
        "conda_file": {"dependencies": ["python=3.11", {"pip": ["scikit-learn"]}]},
    })
}

async fn resolved(server: &TestServer, reference: Value) -> Result<environment::ResolvedEnvironment, String> {
    let wanted = serde_json::from_value(reference).expect("a reference");
    environment::resolve(&server.app.system(), "default", &wanted)
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn versions_count_up_and_a_label_finds_them() {
    let server = TestServer::start().await;
    let client = server.client();
    let versions = format!("{URL}/sklearn-env/versions");
    assert_eq!(client.post(&versions, conda()).await.ok()["version"], "1");
    let mut other = conda();
    other["conda_file"]["dependencies"][0] = json!("python=3.12");
    assert_eq!(client.post(&versions, other).await.ok()["version"], "2");
    let latest = client.get(&format!("{URL}/sklearn-env/labels/latest")).await.ok();
    assert_eq!(
        (latest["version"].as_str(), latest["type"].as_str()),
        (Some("2"), Some("conda"))
    );
    let found = resolved(&server, json!("azureml:sklearn-env@latest"))
        .await
        .expect("resolves");
    assert_eq!(found.label().as_deref(), Some("sklearn-env:2"));
    assert_eq!(found.request["conda"]["dependencies"][0], "python=3.12");
    assert!(found.request.get("policy").is_none());
}

#[tokio::test]
async fn the_same_content_again_is_the_same_answer_and_other_content_is_a_conflict() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = format!("{URL}/env/versions/1");
    let first = client.put(&path, conda()).await.ok();
    assert_eq!(client.put(&path, conda()).await.ok(), first);
    let mut tagged = conda();
    tagged["tags"] = json!({"team": "a"});
    let changed = client.put(&path, tagged).await.ok();
    assert_eq!(
        (&changed["digest"], &changed["tags"]),
        (&first["digest"], &json!({"team": "a"}))
    );
    let mut other = conda();
    other["image"] = json!("python:3.11");
    let problem = client.put(&path, other).await.fails(409);
    let detail = problem["detail"].as_str().expect("text");
    assert!(detail.contains("`env` version `1`"), "{detail}");
    let versions = client.get(&format!("{URL}/env/versions")).await.ok();
    assert_eq!(versions["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn curated_names_stand_for_themselves_in_each_spelling() {
    let server = TestServer::start().await;
    for reference in [
        "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "azureml:AzureML-sklearn-1.5@latest",
        "azureml:sklearn-1.5",
    ] {
        let found = resolved(&server, json!(reference)).await.expect(reference);
        assert_eq!(found.request["name"], "sklearn-1.5", "{reference}");
    }
    // The workspace's own comes first.
    server
        .client()
        .post(&format!("{URL}/sklearn-1.5/versions"), conda())
        .await
        .ok();
    let found = resolved(&server, json!("azureml:sklearn-1.5"))
        .await
        .expect("resolves");
    assert_eq!(found.version.as_deref(), Some("1"));
}

#[tokio::test]
async fn an_unknown_environment_names_what_there_is() {
    let server = TestServer::start().await;
    server
        .client()
        .post(&format!("{URL}/mine/versions"), conda())
        .await
        .ok();
    let error = resolved(&server, json!("azureml:nothing:3"))
        .await
        .expect_err("unknown");
    assert!(error.contains("mine") && error.contains("sklearn-1.5"), "{error}");
    let error = resolved(&server, json!("azureml:mine:7"))
        .await
        .expect_err("unknown");
    assert!(
        error.contains("`mine:7`") && error.contains("versions 1"),
        "{error}"
    );
}

#[tokio::test]
async fn an_environment_that_is_written_out_needs_no_name() {
    let server = TestServer::start().await;
    let found = resolved(&server, conda()).await.expect("resolves");
    assert_eq!((found.label(), found.build_context), (None, None));
    let local = json!({"build": {"path": "/home/me/context"}});
    let error = resolved(&server, local).await.expect_err("not uploaded");
    assert!(error.contains("upload"), "{error}");
}

#[tokio::test]
async fn an_archived_version_is_hidden_and_still_resolves_by_name() {
    let server = TestServer::start().await;
    let client = server.client();
    client.put(&format!("{URL}/env/versions/1"), conda()).await.ok();
    client
        .post(&format!("{URL}/env/versions/1:archive"), json!({}))
        .await
        .ok();
    let listed = client.get(&format!("{URL}/env/versions")).await.ok();
    assert_eq!(listed["items"], json!([]));
    let all = client
        .get(&format!("{URL}/env/versions?archived=include"))
        .await
        .ok();
    assert_eq!(all["items"][0]["archived"], true);
    assert!(resolved(&server, json!("azureml:env:1")).await.is_ok());
    assert!(resolved(&server, json!("azureml:env@latest")).await.is_err());
    client
        .post(&format!("{URL}/env/versions/1:restore"), json!({}))
        .await
        .ok();
    assert!(resolved(&server, json!("azureml:env@latest")).await.is_ok());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, body) in [
        ("env/versions", json!({})),
        ("env/versions", json!({"image": "x", "unknown": 1})),
        ("env/versions", json!({"image": "x", "name": "other"})),
        ("env/versions/2", json!({"image": "x", "version": "3"})),
        ("env/versions/latest", json!({"image": "x"})),
        ("a%20b/versions", json!({"image": "x"})),
        ("env/versions/..%2F1", json!({"image": "x"})),
    ] {
        let method = if path.ends_with("versions") { "POST" } else { "PUT" };
        let answer = client
            .send(method, &format!("{URL}/{path}"), Some(body.clone()), &[])
            .await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.body);
    }
    client
        .post(&format!("{URL}/env/versions/1:explode"), json!({}))
        .await
        .fails(400);
}

#[tokio::test]
async fn curated_environments_are_shown_and_listed_as_those_of_a_registry() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ["AzureML-sklearn-1.5/labels/latest", "sklearn-1.5/versions/1"] {
        let found = client.get(&format!("{URL}/{path}")).await.ok();
        assert_eq!(
            (&found["name"], &found["version"], &found["type"]),
            (&json!("sklearn-1.5"), &json!("1"), &json!("conda"))
        );
        let packages = found["spec"]["conda_file"]["dependencies"].to_string();
        assert!(packages.contains("scikit-learn~=1.5.0"), "{found}");
    }
    let listed = client.get(&format!("{URL}?registry=azureml")).await.ok();
    let names: Vec<&str> = listed["items"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["name"].as_str())
        .collect();
    assert!(
        names.contains(&"sklearn-1.5") && names.contains(&"minimal"),
        "{names:?}"
    );
    assert_eq!(
        client.get(URL).await.ok()["items"],
        json!([]),
        "the workspace has none of its own"
    );
    let versions = client
        .get(&format!("{URL}/sklearn-1.5/versions?registry=azureml"))
        .await
        .ok();
    assert_eq!(versions["items"][0]["version"], "1");
    client.get(&format!("{URL}?registry=contoso")).await.fails(404);
    client
        .get(&format!("{URL}/nothing/versions?registry=azureml"))
        .await
        .fails(404);
    // One of the workspace's own is what its name means there.
    client
        .post(&format!("{URL}/sklearn-1.5/versions"), conda())
        .await
        .ok();
    let own = client.get(&format!("{URL}/sklearn-1.5/labels/latest")).await.ok();
    assert_eq!(own["created_by"], "owner");
    client
        .get(&format!("{URL}/sklearn-1.5/versions/9"))
        .await
        .fails(404);
    let curated = client
        .get(&format!("{URL}/sklearn-1.5/versions?registry=azureml"))
        .await
        .ok();
    assert_eq!(curated["items"][0]["created_by"], Value::Null);
}
