//! Tags of jobs: changed by several at once, and beside what is logged to their runs.

use futures::future::join_all;
use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const JOB: &str = "/api/v1/workspaces/default/jobs/one";

/// A job with tags, which waits for a compute that is stopped.
async fn job_with(client: &Client, tags: Value) {
    let compute = "/api/v1/workspaces/default/computes/off";
    client.put(compute, json!({"type": "computeinstance"})).await.ok();
    client.post(&format!("{compute}:stop"), json!({})).await.ok();
    let spec = json!({"type": "command", "command": "true", "environment": {"image": "python"}, "compute": "azureml:off", "tags": tags});
    client
        .put(JOB, json!({"spec": spec, "environment_policy": "relaxed"}))
        .await
        .ok();
}

async fn run_tags(client: &Client) -> Value {
    let run = client.get("/api/2.0/mlflow/runs/get?run_id=one").await.ok();
    let tags = run["run"]["data"]["tags"].as_array().expect("tags").clone();
    let pair = |tag: &Value| {
        (
            tag["key"].as_str().expect("a key").to_owned(),
            tag["value"].clone(),
        )
    };
    Value::Object(tags.iter().map(pair).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_tags_that_several_remove_at_once_none_comes_back() {
    let server = TestServer::start().await;
    let client = server.client();
    let names: Vec<String> = (0..16).map(|n| format!("t{n}")).collect();
    let all: serde_json::Map<String, Value> = names.iter().map(|name| (name.clone(), json!("x"))).collect();
    job_with(&client, Value::Object(all)).await;
    let removals = names.iter().map(|name| {
        let client = client.clone();
        let body = json!({"tags": {name: null}});
        async move { client.send("PATCH", JOB, Some(body), &[]).await.ok() }
    });
    join_all(removals).await;
    let left = client.get(JOB).await.ok();
    assert_eq!(left["tags"], json!({}), "{left}");
    let of_run = run_tags(&client).await;
    assert!(names.iter().all(|name| of_run.get(name).is_none()), "{of_run}");
    // And of tags that several set at once, none is lost.
    let sets = names.iter().map(|name| {
        let client = client.clone();
        let body = json!({"tags": {name: "y"}});
        async move { client.send("PATCH", JOB, Some(body), &[]).await.ok() }
    });
    join_all(sets).await;
    let set = client.get(JOB).await.ok();
    assert_eq!(
        set["tags"].as_object().map(serde_json::Map::len),
        Some(16),
        "{set}"
    );
}

#[tokio::test]
async fn a_tag_that_was_changed_on_the_run_is_not_set_back_by_another_one_of_the_job() {
    let server = TestServer::start().await;
    let client = server.client();
    job_with(&client, json!({"colour": "red", "team": "ops"})).await;
    let log = json!({"run_id": "one", "key": "colour", "value": "blue"});
    client.post("/api/2.0/mlflow/runs/set-tag", log).await.ok();
    let change = json!({"tags": {"size": "s", "team": null}});
    client.send("PATCH", JOB, Some(change), &[]).await.ok();
    let of_run = run_tags(&client).await;
    assert_eq!(
        (&of_run["colour"], &of_run["size"], of_run.get("team")),
        (&json!("blue"), &json!("s"), None),
        "{of_run}"
    );
}
