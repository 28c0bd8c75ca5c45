//! `/api/v1/workspaces/{ws}/components`.

use serde_json::{Value, json};
use tidemill_app::component;
use tidemill_testkit::TestServer;

const URL: &str = "/api/v1/workspaces/default/components";

fn train() -> Value {
    json!({
        "type": "command",
        "display_name": "Train",
        "inputs": {"data": {"type": "uri_folder"}, "rate": {"type": "number", "default": 0.1}},
        "outputs": {"model": {"type": "mlflow_model"}},
        "command": "python train.py ${{inputs.data}} ${{inputs.rate}} ${{outputs.model}}",
        "environment": "azureml:sklearn-1.5@latest",
    })
}

#[tokio::test]
async fn the_same_content_without_a_version_is_a_new_version() {
    let server = TestServer::start().await;
    let client = server.client();
    let versions = format!("{URL}/train/versions");
    let first = client.post(&versions, train()).await.ok();
    let second = client.post(&versions, train()).await.ok();
    assert_eq!(
        (first["version"].as_str(), second["version"].as_str()),
        (Some("1"), Some("2"))
    );
    assert_eq!(first["digest"], second["digest"]);
    let third = client.put(&format!("{versions}/0.3"), train()).await.ok();
    assert_eq!(
        (third["version"].as_str(), third["labels"].as_array()),
        (Some("0.3"), Some(&vec![json!("latest")]))
    );
    assert_eq!(client.post(&versions, train()).await.ok()["version"], "3");
}

#[tokio::test]
async fn a_reference_gives_the_component_back() {
    let server = TestServer::start().await;
    server
        .client()
        .put(&format!("{URL}/train/versions/7"), train())
        .await
        .ok();
    let wanted = serde_json::from_value(json!("azureml:train:7")).expect("a reference");
    let found = component::resolve(&server.app.system(), "default", &wanted)
        .await
        .expect("resolves");
    assert_eq!((found.name(), found.version()), (Some("train"), Some("7")));
    assert_eq!(found.inputs().len(), 2);
}

#[tokio::test]
async fn description_and_tags_may_change_and_nothing_else() {
    let server = TestServer::start().await;
    let client = server.client();
    let path = format!("{URL}/train/versions/1");
    let made = client.put(&path, train()).await.ok();
    let patch = json!({"description": "Trains", "tags": {"team": "a", "old": "x"}});
    client.send("PATCH", &path, Some(patch), &[]).await.ok();
    let patch = json!({"tags": {"old": null}});
    let changed = client
        .send("PATCH", &path, Some(patch), &[("if-match", "2")])
        .await
        .ok();
    assert_eq!(
        (&changed["description"], &changed["tags"]),
        (&json!("Trains"), &json!({"team": "a"}))
    );
    assert_eq!(
        (&changed["digest"], &changed["etag"]),
        (&made["digest"], &json!("3"))
    );
    client
        .send("PATCH", &path, Some(json!({"tags": {}})), &[("if-match", "1")])
        .await
        .fails(412);
    client
        .send("PATCH", &path, Some(json!({"command": "rm"})), &[])
        .await
        .fails(400);
}

#[tokio::test]
async fn labels_move_between_versions() {
    let server = TestServer::start().await;
    let client = server.client();
    for version in ["1", "2"] {
        client
            .put(&format!("{URL}/train/versions/{version}"), train())
            .await
            .ok();
    }
    let label = format!("{URL}/train/labels/prod");
    client.put(&label, json!({"version": "1"})).await.ok();
    assert_eq!(client.get(&label).await.ok()["version"], "1");
    client.put(&label, json!({"version": "2"})).await.ok();
    let labels = client.get(&format!("{URL}/train/labels")).await.ok();
    assert_eq!(
        labels["items"],
        json!([{"label": "prod", "version": "2"}, {"label": "latest", "version": "2"}])
    );
    client.put(&label, json!({"version": "9"})).await.fails(404);
    client
        .put(&format!("{URL}/train/labels/latest"), json!({"version": "1"}))
        .await
        .fails(400);
    client.delete(&label).await.ok();
    let problem = client.get(&label).await.fails(404);
    assert!(
        problem["hint"].as_str().expect("a hint").contains("latest"),
        "{problem}"
    );
}

#[tokio::test]
async fn archived_names_are_hidden_from_lists() {
    let server = TestServer::start().await;
    let client = server.client();
    for name in ["train", "score"] {
        client
            .put(&format!("{URL}/{name}/versions/1"), train())
            .await
            .ok();
    }
    client.post(&format!("{URL}/score:archive"), json!({})).await.ok();
    let names = |page: Value| -> Vec<String> {
        page["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|row| row["name"].as_str().expect("a name").into())
            .collect()
    };
    assert_eq!(names(client.get(URL).await.ok()), ["train"]);
    assert_eq!(
        names(client.get(&format!("{URL}?archived=only")).await.ok()),
        ["score"]
    );
    assert_eq!(
        names(client.get(&format!("{URL}?archived=include&limit=1")).await.ok()),
        ["score"]
    );
    client.get(&format!("{URL}?archived=maybe")).await.fails(400);
    client.post(&format!("{URL}/score:restore"), json!({})).await.ok();
    assert_eq!(names(client.get(URL).await.ok()), ["score", "train"]);
}

#[tokio::test]
async fn pages_of_versions_follow_each_other() {
    let server = TestServer::start().await;
    let client = server.client();
    let versions = format!("{URL}/train/versions");
    for _ in 0..3 {
        client.post(&versions, train()).await.ok();
    }
    let first = client.get(&format!("{versions}?limit=2")).await.ok();
    let next = first["next"].as_str().expect("more");
    let second = client.get(&format!("{versions}?limit=2&after={next}")).await.ok();
    let shown: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().expect("items"))
        .map(|row| row["version"].as_str().expect("a version"))
        .collect();
    assert_eq!(shown, ["3", "2", "1"]);
    assert!(second.get("next").is_none());
}

#[tokio::test]
async fn code_must_be_uploaded_and_bindings_must_fit() {
    let server = TestServer::start().await;
    let client = server.client();
    let versions = format!("{URL}/train/versions");
    for (field, value) in [
        ("code", json!("/home/me/src")),
        ("command", json!("echo ${{inputs.nothing}}")),
        ("inputs", json!({"a/b": {"type": "string"}})),
    ] {
        let mut body = train();
        body[field] = value;
        client.post(&versions, body).await.fails(400);
    }
    let mut body = train();
    body["code"] = json!(format!("tidemill://trees/{}", "0".repeat(64)));
    client.post(&versions, body).await.fails(404);
    client.get(&format!("{URL}/train")).await.fails(404);
}

#[tokio::test]
async fn two_that_register_at_once_get_two_numbers() {
    let server = TestServer::start().await;
    let versions = format!("{URL}/train/versions");
    let made = futures::future::join_all((0..8).map(|_| {
        let (client, versions) = (server.client(), versions.clone());
        async move {
            client.post(&versions, train()).await.ok()["version"]
                .as_str()
                .map(str::to_owned)
        }
    }))
    .await;
    let mut numbers: Vec<u32> = made
        .into_iter()
        .map(|version| version.expect("a version").parse().expect("a number"))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}
