//! What a workspace and its group ask of tags and names, as clients of MLflow and REST meet it.

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const API: &str = "/api/2.0/mlflow";
const POLICY: &str = "/api/v1/workspaces/default/policy";
const WARNING: &str = "tidemill.policy.warning";

async fn set(client: &Client, rules: Value) {
    client
        .put(POLICY, json!({"type": "policy", "tag_policy": rules}))
        .await
        .ok();
}

async fn start(client: &Client, name: &str, tags: Value) -> tidemill_testkit::client::Answer {
    let body = json!({"experiment_id": "0", "run_name": name, "tags": tags});
    client.post(&format!("{API}/runs/create"), body).await
}

fn id(made: &Value) -> String {
    made["run"]["info"]["run_id"].as_str().expect("an id").to_owned()
}

async fn tag(client: &Client, run: &str, key: &str) -> Option<String> {
    let run = client.get(&format!("{API}/runs/get?run_id={run}")).await.ok();
    let tags = run["run"]["data"]["tags"].as_array().expect("tags").clone();
    let found = tags.into_iter().find(|tag| tag["key"] == key)?;
    found["value"].as_str().map(str::to_owned)
}

async fn refusals(client: &Client) -> Vec<String> {
    let log = client.get("/api/v1/audit?outcome=refused").await.ok();
    let rows = log["items"].as_array().expect("rows").clone();
    rows.iter().map(|row| row["detail"].to_string()).collect()
}

#[tokio::test]
async fn a_run_without_its_tag_is_refused_by_name_of_the_rule() {
    let server = TestServer::start().await;
    let client = server.client();
    set(
        &client,
        json!({"work-item": {"tag": "work_item", "pattern": "AB#[0-9]+", "effect": "refuse",
            "description": "Ask the board."}}),
    )
    .await;
    let refused = start(&client, "a", json!([])).await.fails(403);
    assert_eq!(refused["error_code"], "PERMISSION_DENIED");
    let said = refused["message"].as_str().expect("a text");
    assert!(
        said.starts_with(
            "failed to start the run: rule `work-item` of workspace `default`: the tag `work_item` is missing; its \
             value has to fit `AB#[0-9]+` (Ask the board.)"
        ),
        "{said}"
    );
    assert!(refusals(&client).await[0].contains("work-item"));
    let odd = start(&client, "a", json!([{"key": "work_item", "value": "17"}]))
        .await
        .fails(403);
    assert!(
        odd["message"]
            .as_str()
            .is_some_and(|text| text.contains("does not fit")),
        "{odd}"
    );
    let run = id(
        &start(&client, "a", json!([{"key": "work_item", "value": "AB#17"}]))
            .await
            .ok(),
    );
    // What it must have may be changed to something that fits, and not taken away.
    let path = |verb: &str| format!("{API}/runs/{verb}");
    let to = |value: &str| json!({"run_id": run, "key": "work_item", "value": value});
    client.post(&path("set-tag"), to("18")).await.fails(403);
    client.post(&path("set-tag"), to("AB#18")).await.ok();
    let batch = json!({"run_id": run, "tags": [{"key": "work_item", "value": "none"}], "params": [{"key": "p", "value": "1"}]});
    client.post(&path("log-batch"), batch).await.fails(403);
    client
        .post(&path("delete-tag"), json!({"run_id": run, "key": "work_item"}))
        .await
        .fails(403);
    assert_eq!(tag(&client, &run, "work_item").await.as_deref(), Some("AB#18"));
    assert_eq!(tag(&client, &run, WARNING).await, None);
    // A run below it is spoken for; one below a run that is not there is not.
    let below = |parent: &str| json!([{"key": "mlflow.parentRunId", "value": parent}]);
    start(&client, "b", below(&run)).await.ok();
    start(&client, "b", below("nowhere")).await.fails(403);
    client.delete(POLICY).await.ok();
    start(&client, "a", json!([])).await.ok();
}

#[tokio::test]
async fn a_tag_that_is_due_at_the_end_keeps_a_run_from_finishing_and_not_from_failing() {
    let server = TestServer::start().await;
    let client = server.client();
    set(
        &client,
        json!({"reviewer": {"tag": "reviewer", "effect": "refuse", "checked": "end"}}),
    )
    .await;
    let run = id(&start(&client, "a", json!([])).await.ok());
    let end = |status: &str| json!({"run_id": run, "status": status, "end_time": 5});
    let path = format!("{API}/runs/update");
    let refused = client.post(&path, end("FINISHED")).await.fails(403);
    assert!(
        refused["message"].as_str().is_some_and(
            |text| text.contains("rule `reviewer` of workspace `default`: the tag `reviewer` is missing")
        ),
        "{refused}"
    );
    client.post(&path, end("FAILED")).await.ok();
    assert!(
        tag(&client, &run, WARNING)
            .await
            .is_some_and(|text| text.contains("reviewer"))
    );
    let set_tag = json!({"run_id": run, "key": "reviewer", "value": "ada"});
    client.post(&format!("{API}/runs/set-tag"), set_tag).await.ok();
    assert_eq!(tag(&client, &run, WARNING).await, None);
    client.post(&path, end("FINISHED")).await.ok();
}

#[tokio::test]
async fn a_warning_stands_on_the_run_until_it_is_mended() {
    let server = TestServer::start().await;
    let client = server.client();
    set(
        &client,
        json!({
            "team": {"tag": "team"},
            "names": {"name": "[a-z]+-[0-9]+", "on": ["run"]},
        }),
    )
    .await;
    let made = start(&client, "Final FINAL", json!([])).await.ok();
    let run = id(&made);
    let said = tag(&client, &run, WARNING).await.expect("a warning");
    assert_eq!(
        said,
        "rule `team` of workspace `default`: the tag `team` is missing; rule `names` of workspace `default`: the name \
         \"Final FINAL\" does not fit `[a-z]+-[0-9]+`"
    );
    let shown = made["run"]["data"]["tags"].as_array().expect("tags").clone();
    assert!(shown.iter().any(|tag| tag["key"] == WARNING), "{made}");
    let tagged = json!({"run_id": run, "key": "team", "value": "ops"});
    client.post(&format!("{API}/runs/set-tag"), tagged).await.ok();
    let said = tag(&client, &run, WARNING).await.expect("a warning");
    assert!(said.starts_with("rule `names`"), "{said}");
    let renamed = json!({"run_id": run, "run_name": "final-2"});
    client.post(&format!("{API}/runs/update"), renamed).await.ok();
    assert_eq!(tag(&client, &run, WARNING).await, None);
    let gone = json!({"run_id": run, "key": "team"});
    client.post(&format!("{API}/runs/delete-tag"), gone).await.ok();
    assert!(tag(&client, &run, WARNING).await.is_some());
}

#[tokio::test]
async fn the_group_and_the_workspace_both_hold_and_their_rules_are_told() {
    let server = TestServer::start().await;
    let client = server.client();
    let strict =
        json!({"item": {"tag": "item", "effect": "refuse", "link": "https://tracker.example/{digits}"}});
    client
        .put(
            "/api/v1/groups/default",
            json!({"name": "default", "tag_policy": strict}),
        )
        .await
        .ok();
    // The workspace may add, not soften.
    set(&client, json!({"item": {"tag": "item", "effect": "warn"}})).await;
    let refused = start(&client, "a", json!([])).await.fails(403);
    assert!(
        refused["message"]
            .as_str()
            .is_some_and(|text| text.contains("rule `item` of group `default`")),
        "{refused}"
    );
    let rules = client.get(&format!("{POLICY}/tags")).await.ok();
    let told = |at: usize, field: &str| rules["items"][at][field].clone();
    assert_eq!(
        (
            told(0, "of"),
            told(0, "effect"),
            told(1, "of"),
            told(1, "effect"),
            told(1, "link")
        ),
        (
            json!("workspace `default`"),
            json!("warn"),
            json!("group `default`"),
            json!("refuse"),
            json!("https://tracker.example/{digits}")
        )
    );
    assert_eq!(told(1, "on"), json!(["run", "job"]));
    // Another group's workspace is free.
    client
        .put("/api/v1/workspaces/elsewhere?group=other", json!({}))
        .await
        .ok();
    let body = json!({"experiment_id": "0"});
    client
        .post("/workspaces/elsewhere/api/2.0/mlflow/runs/create", body)
        .await
        .ok();
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_is_refused_with_its_place() {
    let server = TestServer::start().await;
    let client = server.client();
    let table = [
        (
            json!({"a": {"tag": "t", "pattern": "("}}),
            "failed to read the pattern `(` of rule `a`",
        ),
        (
            json!({"a": {"effect": "warn"}}),
            "tag_policy.a: expected `tag` or `name`",
        ),
        (json!({"a": {"tag": "t", "name": "x"}}), "not both"),
        (
            json!({"a": {"tag": "t", "link": "javascript:alert({value})"}}),
            "expected a URL of http or https",
        ),
        (
            json!({"a": {"tag": "t", "link": "https://t.example"}}),
            "{value} or {digits}",
        ),
        (json!({"a b": {"tag": "t"}}), "expected a name of letters"),
    ];
    for (rules, said) in table {
        let body = json!({"type": "policy", "tag_policy": rules});
        let answer = client.put(POLICY, body).await.fails(400);
        assert!(
            answer["detail"].as_str().is_some_and(|text| text.contains(said)),
            "{said}: {answer}"
        );
    }
    client
        .put(
            "/api/v1/groups/default",
            json!({"name": "default", "tag_policy": {"a": {"tag": "t", "pattern": "["}}}),
        )
        .await
        .fails(400);
}
