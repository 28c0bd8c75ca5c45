//! What becomes of workspaces: archived and restored, moved, deleted with all in them, recovered, gone for good.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const LAB: &str = "/api/v1/workspaces/lab";

async fn start(keep: Option<Duration>) -> (TestServer, Client) {
    let server =
        TestServer::start_with(|options| options.keep_deleted = keep.unwrap_or(options.keep_deleted)).await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    (server, owner)
}

/// A workspace with a run that logged something, an artifact, a model and a datastore.
async fn lab(owner: &Client) -> String {
    owner.put(LAB, json!({"description": "The lab"})).await.ok();
    let mlflow = "/workspaces/lab/api/2.0/mlflow";
    let run = owner
        .post(&format!("{mlflow}/runs/create"), json!({"experiment_id": "0"}))
        .await
        .ok();
    let run = run["run"]["info"]["run_id"].as_str().expect("an id").to_owned();
    let point = json!({"run_id": run, "key": "loss", "value": 0.5, "timestamp": 1, "step": 1});
    owner.post(&format!("{mlflow}/runs/log-metric"), point).await.ok();
    owner
        .post(
            &format!("{mlflow}/registered-models/create"),
            json!({"name": "m"}),
        )
        .await
        .ok();
    owner
        .put(
            &format!("{LAB}/datastores/lake"),
            json!({"type": "local_folder", "path": "/tmp"}),
        )
        .await
        .ok();
    let file = format!("/workspaces/lab/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/a.txt");
    owner.send("PUT", &file, Some(json!("bytes")), &[]).await.ok();
    run
}

async fn somebody(server: &TestServer, owner: &Client, name: &str, role: &str, scope: &str) -> Client {
    owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
    let given = json!({"principal": format!("user:{name}"), "role": role, "scope": scope});
    owner.post("/api/v1/assignments", given).await.ok();
    let made = owner
        .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
        .await
        .ok();
    server.client_with(made["token"].as_str().expect("shown once"))
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().expect("a problem says what")
}

#[tokio::test]
async fn a_deleted_workspace_is_nowhere_and_comes_back_as_it_was() {
    let (server, owner) = start(None).await;
    let run = lab(&owner).await;
    let ada = somebody(&server, &owner, "ada", "Reader", "/workspaces/lab").await;
    let contents = owner.get(&format!("{LAB}/contents")).await.ok();
    let held = contents["held"].to_string();
    for noun in ["runs", "models", "datastores"] {
        assert!(held.contains(noun), "{held}");
    }
    assert!(
        contents["depends"]
            .to_string()
            .contains("1 principals have roles in it"),
        "{contents}"
    );
    assert!(detail(&owner.delete(LAB).await.fails(409)).contains("1 runs"));
    ada.delete(&format!("{LAB}?contents=true")).await.fails(403);
    owner.delete(&format!("{LAB}?contents=true")).await.ok();

    let get_run = format!("/workspaces/lab/api/2.0/mlflow/runs/get?run_id={run}");
    for client in [&owner, &ada] {
        for path in [
            LAB,
            &format!("{LAB}/datastores"),
            &format!("{LAB}/datastores/lake"),
            &format!("{LAB}/data"),
            &get_run,
        ] {
            assert_eq!(client.get(path).await.status, 404, "{path}");
        }
    }
    let names = |list: &Value| list["items"].to_string().contains("\"lab\"");
    assert!(!names(&owner.get("/api/v1/workspaces").await.ok()));
    let deleted = owner.get("/api/v1/workspaces?deleted=true").await.ok();
    let row = &deleted["items"][0];
    assert_eq!(
        (row["name"].as_str(), row["deleted_by"].as_str()),
        (Some("lab"), Some("owner"))
    );
    let kept_ms = row["kept_until"].as_i64().expect("a time") - row["deleted_at"].as_i64().expect("a time");
    assert_eq!(kept_ms, 7 * 24 * 3600 * 1000);
    let bob = somebody(&server, &owner, "bob", "Reader", "/workspaces/default").await;
    assert_eq!(
        bob.get("/api/v1/workspaces?deleted=true").await.ok()["items"],
        json!([])
    );
    bob.post(&format!("{LAB}:recover"), json!({})).await.fails(404);
    ada.post(&format!("{LAB}:recover"), json!({})).await.fails(403);
    // Its name is not free as long as it is kept.
    assert!(detail(&owner.put(LAB, json!({})).await.fails(409)).contains("was deleted, and is still kept"));

    let back = owner.post(&format!("{LAB}:recover"), json!({})).await.ok();
    assert_eq!(back["deleted_at"], Value::Null);
    assert_eq!(back["spec"]["description"], "The lab");
    let found = ada.get(&get_run).await.ok();
    assert_eq!(found["run"]["data"]["metrics"][0]["value"], 0.5);
    owner.post(&format!("{LAB}:recover"), json!({})).await.fails(409);
    let log = owner
        .get("/api/v1/audit?action=workspaces/delete&outcome=allowed")
        .await
        .ok()
        .to_string();
    assert!(log.contains("recovered") && log.contains("deleted"), "{log}");
}

#[tokio::test]
async fn when_its_time_is_over_it_is_gone_with_its_files_and_its_name_is_free() {
    let (server, owner) = start(Some(Duration::ZERO)).await;
    let run = lab(&owner).await;
    let folder = server.app.dir.artifacts("lab");
    assert!(folder.join("0").exists(), "{folder:?}");
    owner.delete(&format!("{LAB}?contents=true")).await.ok();
    assert!(folder.exists(), "it is still kept");
    server.app.purge().await.expect("purges");
    assert!(!server.app.dir.workspaces().join("lab").exists());
    assert_eq!(
        owner.get("/api/v1/workspaces?deleted=true").await.ok()["items"],
        json!([])
    );
    owner.post(&format!("{LAB}:recover"), json!({})).await.fails(404);
    // One of its name that is made now has nothing of it.
    owner.put(LAB, json!({})).await.ok();
    let get_run = format!("/workspaces/lab/api/2.0/mlflow/runs/get?run_id={run}");
    owner.get(&get_run).await.fails(404);
    assert_eq!(
        owner.get(&format!("{LAB}/contents")).await.ok()["held"],
        json!([])
    );
    owner.delete(LAB).await.ok();
    owner.get(LAB).await.fails(404);
}

#[tokio::test]
async fn for_good_is_for_good() {
    let (server, owner) = start(None).await;
    lab(&owner).await;
    // Nothing that is at work is removed by the way.
    assert!(
        detail(&owner.delete(&format!("{LAB}?permanently=true")).await.fails(409))
            .contains("it is not deleted")
    );
    owner.delete(&format!("{LAB}?contents=true")).await.ok();
    server.app.purge().await.expect("purges");
    assert_eq!(
        owner.get("/api/v1/workspaces?deleted=true").await.ok()["items"]
            .as_array()
            .map(Vec::len),
        Some(1),
        "it is kept"
    );
    owner.delete(&format!("{LAB}?permanently=true")).await.ok();
    assert!(!server.app.dir.workspaces().join("lab").exists());
    lab(&owner).await;
    owner
        .delete(&format!("{LAB}?contents=true&permanently=true"))
        .await
        .ok();
    owner.post(&format!("{LAB}:recover"), json!({})).await.fails(404);
    owner
        .delete("/api/v1/workspaces/default?contents=true")
        .await
        .fails(403);
    owner
        .delete("/api/v1/workspaces/default?contents=true&permanently=true")
        .await
        .fails(403);
}

#[tokio::test]
async fn an_archived_workspace_is_read_alone() {
    let (server, owner) = start(None).await;
    let run = lab(&owner).await;
    let eng = somebody(&server, &owner, "eng", "ML Engineer", "/workspaces/lab").await;
    eng.post(&format!("{LAB}:archive"), json!({})).await.fails(403);
    let archived = owner.post(&format!("{LAB}:archive"), json!({})).await.ok();
    assert!(archived["archived_at"].as_i64().is_some(), "{archived}");
    let log = json!({"run_id": run, "key": "loss", "value": 0.4, "timestamp": 2, "step": 2});
    for client in [&owner, &eng] {
        client
            .get(&format!("/workspaces/lab/api/2.0/mlflow/runs/get?run_id={run}"))
            .await
            .ok();
        client.get(&format!("{LAB}/datastores/lake")).await.ok();
        let refused = client
            .post("/workspaces/lab/api/2.0/mlflow/runs/log-metric", log.clone())
            .await;
        assert_eq!(refused.status, 403, "{}", refused.body);
        client
            .post(
                "/workspaces/lab/api/2.0/mlflow/runs/create",
                json!({"experiment_id": "0"}),
            )
            .await
            .fails(403);
        let problem = client
            .put(
                &format!("{LAB}/datastores/pond"),
                json!({"type": "local_folder", "path": "/tmp"}),
            )
            .await
            .fails(403);
        assert!(detail(&problem).contains("is archived"), "{problem}");
    }
    owner.put(LAB, json!({})).await.fails(403);
    owner.post(&format!("{LAB}:restore"), json!({})).await.ok();
    eng.post("/workspaces/lab/api/2.0/mlflow/runs/log-metric", log)
        .await
        .ok();
    owner
        .post("/api/v1/workspaces/default:archive", json!({}))
        .await
        .fails(403);
    owner.post(&format!("{LAB}:explode"), json!({})).await.fails(400);
}

#[tokio::test]
async fn a_move_says_what_breaks_and_is_for_who_may_change_both_groups() {
    let (server, owner) = start(None).await;
    lab(&owner).await;
    owner
        .put("/api/v1/groups/default/secrets/LAKE", json!({"value": "v"}))
        .await
        .ok();
    owner
        .put("/api/v1/groups/europe", json!({"stages": ["DEV"]}))
        .await
        .ok();
    let lake = json!({"type": "s3", "bucket": "b", "credentials": {"access_key_id": "i", "secret_access_key": "${{secrets.LAKE}}"}});
    owner.put(&format!("{LAB}/datastores/cloud"), lake).await.ok();
    let half = somebody(&server, &owner, "half", "Owner", "/groups/default").await;
    half.post(&format!("{LAB}:move"), json!({"group": "europe"}))
        .await
        .fails(404);
    let problem = owner
        .post(&format!("{LAB}:move"), json!({"group": "europe"}))
        .await
        .fails(409);
    assert!(
        detail(&problem).contains("datastore `cloud` names secret `LAKE`"),
        "{problem}"
    );
    assert!(
        detail(&problem).contains("1 roles that are given at group `default`"),
        "{problem}"
    );
    assert_eq!(owner.get(LAB).await.ok()["group"], "default");
    owner
        .put("/api/v1/groups/europe/secrets/LAKE", json!({"value": "v"}))
        .await
        .ok();
    let moved = owner
        .post(&format!("{LAB}:move"), json!({"group": "europe", "anyway": true}))
        .await
        .ok();
    assert_eq!(moved["group"], "europe");
    assert_eq!(moved["warnings"].as_array().map(Vec::len), Some(1), "{moved}");
    half.get(LAB).await.fails(404);
    // Stages hold: one that the other group does not have stays where it is.
    owner.put(LAB, json!({"stage": "DEV"})).await.ok();
    owner
        .put("/api/v1/groups/prod", json!({"stages": ["PRD"]}))
        .await
        .ok();
    let problem = owner
        .post(&format!("{LAB}:move"), json!({"group": "prod", "anyway": true}))
        .await
        .fails(400);
    assert!(detail(&problem).contains("stage `DEV`"), "{problem}");
}

/// How often a submission and a deletion meet.
const ROUNDS: u32 = 32;

/// Submits a job and deletes its workspace meanwhile, many times over: what was submitted is either in a workspace that stays, or was over
/// before that went. The submission looks at each of its many outputs between its look at the workspace and its transaction. A deletion that
/// came first is followed by one that comes later, and one that came last by one that comes earlier: so they meet at the edge, however fast
/// or busy the machine is.
pub(crate) async fn race(owner: &Client) {
    let outputs: serde_json::Map<String, Value> = (0..300)
        .map(|n| (format!("o{n}"), json!({"type": "uri_folder"})))
        .collect();
    let compute = json!({"type": "computeinstance"});
    let spec = json!({"type": "command", "command": "true", "environment": {"image": "python"}, "outputs": outputs, "compute": "azureml:off"});
    let body = json!({"spec": spec, "environment_policy": "relaxed"});
    let made = async |n: u32| {
        let lab = format!("/api/v1/workspaces/race-{n}");
        owner.put(&lab, json!({})).await.ok();
        // A job waits there, and so is not over.
        owner
            .put(&format!("{lab}/computes/off"), compute.clone())
            .await
            .ok();
        owner
            .post(&format!("{lab}/computes/off:stop"), json!({}))
            .await
            .ok();
        lab
    };
    let lab = made(ROUNDS).await;
    let began = std::time::Instant::now();
    owner.put(&format!("{lab}/jobs/one"), body.clone()).await.ok();
    let takes = began.elapsed();
    let (mut stayed, mut refused) = (0, 0);
    let (mut wait, step) = (Duration::ZERO, takes / 8);
    for n in 0..ROUNDS {
        let lab = made(n).await;
        let job = format!("{lab}/jobs/one");
        let gone = format!("{lab}?contents=true");
        let deletion = async {
            tokio::time::sleep(wait).await;
            owner.delete(&gone).await
        };
        let (submitted, deleted) = tokio::join!(owner.put(&job, body.clone()), deletion);
        match (submitted.status, deleted.status) {
            (200..300, 409) => {
                stayed += 1;
                wait = wait.saturating_sub(step);
            }
            (403 | 404 | 409, 200..300) => {
                refused += 1;
                // Until the first one stays it may take much longer than it did alone.
                wait = if stayed == 0 { wait * 2 + step } else { wait + step };
            }
            odd => panic!("round {n}: {odd:?}: {} {}", submitted.body, deleted.body),
        }
    }
    assert!(stayed > 0 && refused > 0, "they met {stayed} and {refused} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_and_the_deletion_of_its_workspace_do_not_both_succeed() {
    let (_server, owner) = start(None).await;
    race(&owner).await;
}
