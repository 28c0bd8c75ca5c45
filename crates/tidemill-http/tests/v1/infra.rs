//! `/api/v1/infra`: plans, what they do, and when they are refused.

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

fn resource(kind: &str, place: Option<&str>, name: &str, spec: Value) -> Value {
    json!({ "kind": kind, "place": place, "name": name, "spec": spec, "file": format!("{kind}.yml"), "line": 1 })
}

/// A group with a workspace, a team that works in it, and what it works with.
fn flights() -> Vec<Value> {
    vec![
        resource(
            "assignment",
            None,
            "",
            json!({"principal": "team:analysts", "role": "Flights", "scope": "/workspaces/flights-dev"}),
        ),
        resource(
            "compute",
            Some("flights-dev"),
            "cpu",
            json!({"type": "amlcompute", "max_instances": 2}),
        ),
        resource(
            "datastore",
            Some("flights-dev"),
            "lake",
            json!({"type": "local_folder", "path": "/tmp/lake"}),
        ),
        resource("policy", Some("flights-dev"), "", json!({"quota": {"jobs": 5}})),
        resource(
            "environment",
            Some("flights-dev"),
            "train",
            json!({"image": "python:3.11"}),
        ),
        resource(
            "workspace",
            Some("flights"),
            "flights-dev",
            json!({"stage": "DEV", "description": "Late?"}),
        ),
        resource(
            "role",
            None,
            "Flights",
            json!({"actions": ["jobs/read"], "assignableScopes": ["/groups/flights"]}),
        ),
        resource("team", None, "analysts", json!({"members": []})),
        resource(
            "group",
            None,
            "flights",
            json!({"stages": ["DEV", "TEST", "PRD"]}),
        ),
    ]
}

async fn planned(client: &Client, resources: &[Value]) -> Value {
    client
        .post(
            "/api/v1/infra/plans",
            json!({"stack": "flights", "resources": resources}),
        )
        .await
        .ok()
}

async fn apply(client: &Client, plan: &Value) -> tidemill_testkit::client::Answer {
    let id = plan["id"].as_str().expect("an id");
    client
        .post(&format!("/api/v1/infra/plans/{id}:apply"), json!(null))
        .await
}

async fn up(client: &Client, resources: &[Value]) -> Value {
    apply(client, &planned(client, resources).await).await.ok()
}

fn actions(plan: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let steps = plan["steps"].as_array().expect("steps");
    steps
        .iter()
        .map(|step| (text(&step["address"]), text(&step["action"])))
        .collect()
}

fn action<'a>(plan: &'a [(String, String)], address: &str) -> &'a str {
    let found = plan.iter().find(|(name, _)| name == address);
    found.map_or("none", |(_, action)| action.as_str())
}

#[tokio::test]
async fn a_stack_comes_up_in_order_and_the_second_apply_changes_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let plan = planned(&client, &flights()).await;
    assert_eq!(
        (plan["state"].as_str(), plan["counts"]["create"].as_u64()),
        (Some("planned"), Some(9))
    );
    assert_eq!(plan["stages"], json!(["DEV"]));
    client.get("/api/v1/workspaces/flights-dev").await.fails(404);
    let done = apply(&client, &plan).await.ok();
    assert_eq!(
        (done["state"].as_str(), done["error"].as_str()),
        (Some("applied"), None)
    );
    assert!(
        done["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .all(|step| step["state"] == "done")
    );
    let workspace = client.get("/api/v1/workspaces/flights-dev").await.ok();
    assert_eq!(
        (workspace["group"].as_str(), workspace["spec"]["stage"].as_str()),
        (Some("flights"), Some("DEV"))
    );

    let second = planned(&client, &flights()).await;
    assert_eq!(
        (second["has_changes"].as_bool(), second["counts"]["keep"].as_u64()),
        (Some(false), Some(9)),
        "{second}"
    );
    assert_eq!(apply(&client, &second).await.ok()["counts"]["keep"], 9);
    // The first plan was applied; to ask again does nothing.
    assert_eq!(apply(&client, &plan).await.ok()["state"], "applied");
    let drift = client.get("/api/v1/infra/stacks/flights/drift").await.ok();
    assert_eq!(
        (
            drift["looked_at"].as_u64(),
            drift["items"].as_array().map(Vec::len)
        ),
        (Some(9), Some(0)),
        "{drift}"
    );
    // Every step was a change like any other.
    let audit = client.get("/api/v1/audit?limit=1000").await.ok().to_string();
    for action in [
        "groups/write",
        "computes/write",
        "assignments/write",
        "infra/plan",
        "infra/apply",
    ] {
        assert!(audit.contains(action), "{action}");
    }
}

#[tokio::test]
async fn a_change_by_hand_shows_as_drift_and_is_put_back() {
    let server = TestServer::start().await;
    let client = server.client();
    up(&client, &flights()).await;
    let path = "/api/v1/workspaces/flights-dev/computes/cpu";
    client
        .put(path, json!({"type": "amlcompute", "max_instances": 9}))
        .await
        .ok();
    client
        .delete("/api/v1/workspaces/flights-dev/datastores/lake")
        .await
        .ok();
    let drift = client.get("/api/v1/infra/stacks/flights/drift").await.ok();
    assert_eq!(
        drift["items"],
        json!([
            {"address": "datastore flights-dev/lake", "how": "gone", "fields": []},
            {"address": "compute flights-dev/cpu", "how": "changed", "fields": [{"path": "max_instances", "before": 2, "after": 9}]},
        ])
    );
    let plan = planned(&client, &flights()).await;
    let step = plan["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["kind"] == "compute")
        .expect("there");
    assert_eq!(
        (step["action"].as_str(), step["why"].as_str()),
        (
            Some("change"),
            Some("it was changed by hand since it was applied")
        )
    );
    assert_eq!(
        step["fields"],
        json!([{"path": "max_instances", "before": 9, "after": 2}])
    );
    apply(&client, &plan).await.ok();
    assert_eq!(client.get(path).await.ok()["spec"]["max_instances"], 2);
    assert_eq!(
        client.get("/api/v1/infra/stacks/flights/drift").await.ok()["items"],
        json!([])
    );
}

#[tokio::test]
async fn what_the_files_drop_goes_and_what_was_made_by_hand_stays() {
    let server = TestServer::start().await;
    let client = server.client();
    up(&client, &flights()).await;
    let own = "/api/v1/workspaces/flights-dev/computes/by-hand";
    client.put(own, json!({"type": "amlcompute"})).await.ok();
    let fewer: Vec<Value> = flights()
        .into_iter()
        .filter(|one| !["compute", "assignment", "role"].contains(&one["kind"].as_str().expect("text")))
        .collect();
    let plan = planned(&client, &fewer).await;
    let told = actions(&plan);
    assert_eq!(action(&told, "compute flights-dev/cpu"), "delete");
    assert_eq!(action(&told, "compute flights-dev/by-hand"), "none");
    // The role goes after the assignment that gives it.
    let place = |name: &str| {
        told.iter()
            .position(|(address, _)| address.starts_with(name))
            .expect("there")
    };
    assert!(place("assignment") < place("role"), "{told:?}");
    apply(&client, &plan).await.ok();
    client
        .get("/api/v1/workspaces/flights-dev/computes/cpu")
        .await
        .fails(404);
    client.get(own).await.ok();
}

#[tokio::test]
async fn another_type_means_another_resource_in_its_place() {
    let server = TestServer::start().await;
    let client = server.client();
    up(&client, &flights()).await;
    let mut changed = flights();
    changed[1]["spec"] = json!({"type": "computeinstance"});
    changed[5]["spec"]["description"] = json!("Later?");
    let plan = planned(&client, &changed).await;
    let told = actions(&plan);
    assert_eq!(action(&told, "compute flights-dev/cpu"), "replace");
    assert_eq!(action(&told, "workspace flights-dev"), "change");
    apply(&client, &plan).await.ok();
    assert_eq!(
        client
            .get("/api/v1/workspaces/flights-dev/computes/cpu")
            .await
            .ok()["spec"]["type"],
        "computeinstance"
    );
}

#[tokio::test]
async fn a_plan_is_refused_when_the_world_has_moved_and_says_what_moved() {
    let server = TestServer::start().await;
    let client = server.client();
    up(&client, &flights()).await;
    let mut changed = flights();
    changed[1]["spec"]["max_instances"] = json!(4);
    let plan = planned(&client, &changed).await;
    let other = planned(&client, &changed).await;
    client
        .put(
            "/api/v1/workspaces/flights-dev/datastores/lake",
            json!({"type": "local_folder", "path": "/tmp/elsewhere"}),
        )
        .await
        .ok();
    let refused = apply(&client, &plan).await.fails(409);
    let detail = refused["detail"].as_str().expect("text");
    assert!(
        detail.contains("the world has moved")
            && detail.contains("datastore flights-dev/lake was changed (path)"),
        "{detail}"
    );
    // Nothing of it was done.
    assert_eq!(
        client
            .get("/api/v1/workspaces/flights-dev/computes/cpu")
            .await
            .ok()["spec"]["max_instances"],
        2
    );
    // Put back, it is as it was, and another plan that was made then may be applied.
    client
        .put(
            "/api/v1/workspaces/flights-dev/datastores/lake",
            json!({"type": "local_folder", "path": "/tmp/lake"}),
        )
        .await
        .ok();
    apply(&client, &other).await.ok();
    // After that, what is left of the first is refused, too.
    apply(&client, &plan).await.fails(409);
}

#[tokio::test]
async fn what_is_there_already_is_adopted_and_belongs_to_one_stack() {
    let server = TestServer::start().await;
    let client = server.client();
    client
        .put(
            "/api/v1/groups/flights",
            json!({"stages": ["DEV", "TEST", "PRD"]}),
        )
        .await
        .ok();
    let plan = planned(&client, &flights()).await;
    assert_eq!(action(&actions(&plan), "group flights"), "adopt");
    apply(&client, &plan).await.ok();
    let other = json!({"stack": "other", "resources": [flights().pop()]});
    let refused = client.post("/api/v1/infra/plans", other).await.fails(409);
    assert!(
        refused["detail"]
            .as_str()
            .expect("text")
            .contains("group flights belongs to stack `flights` (group.yml:1)")
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_files_is_said_with_file_and_line() {
    let server = TestServer::start().await;
    let client = server.client();
    let compute = |spec: Value| resource("compute", Some("flights-dev"), "cpu", spec);
    let table = [
        (
            vec![compute(json!({"type": "amlcompute"}))],
            "needs workspace flights-dev, which is not there and not in the files (compute.yml:1)",
        ),
        (
            vec![compute(json!({"type": "amlcompute", "max_instnces": 2}))],
            "max_instnces",
        ),
        (vec![resource("thing", None, "x", json!({}))], "kind `thing`"),
        (
            vec![
                flights().pop().expect("a group"),
                flights().pop().expect("a group"),
            ],
            "group flights is wanted twice (group.yml:1)",
        ),
        (
            vec![
                resource("team", None, "a", json!({"members": ["team:b"]})),
                resource("team", None, "b", json!({"members": ["team:a"]})),
            ],
            "these need each other: team a → team b → team a",
        ),
    ];
    for (resources, expected) in table {
        let answer = client
            .post(
                "/api/v1/infra/plans",
                json!({"stack": "s", "resources": resources}),
            )
            .await
            .fails(400);
        let detail = answer["detail"].as_str().expect("text");
        assert!(detail.contains(expected), "{detail}");
    }
}

#[tokio::test]
async fn a_plan_says_which_permissions_lack_and_is_refused_before_anything_is_done() {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    owner.put("/api/v1/users/it", json!({})).await.ok();
    let role = json!({"actions": ["infra/*", "groups/*", "workspaces/*", "computes/*", "datastores/*", "environments/*"]});
    owner.put("/api/v1/roles/Builder", role).await.ok();
    let given = json!({"principal": "user:it", "role": "Builder", "scope": "/"});
    owner.post("/api/v1/assignments", given).await.ok();
    let made = owner
        .post("/api/v1/tokens?principal=user:it", json!({}))
        .await
        .ok();
    let it = server.client_with(made["token"].as_str().expect("shown once"));
    let plan = planned(&it, &flights()).await;
    let lacking: Vec<&str> = plan["lacking"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for lack in [
        "principals/write at /",
        "roles/write at /",
        "policies/write at /workspaces/flights-dev/policies/policy",
    ] {
        assert!(lacking.contains(&lack), "{lacking:?}");
    }
    assert!(
        !lacking.iter().any(|lack| lack.contains("computes")),
        "{lacking:?}"
    );
    let refused = apply(&it, &plan).await.fails(403);
    assert!(
        refused["detail"]
            .as_str()
            .expect("text")
            .contains("principals/write at /")
    );
    owner.get("/api/v1/groups/flights").await.fails(404);
    let audit = owner.get("/api/v1/audit?outcome=refused").await.ok().to_string();
    assert!(audit.contains("infra/apply") && audit.contains("these permissions are lacking"));
    // Somebody who may do all of it applies the same plan.
    apply(&owner, &plan).await.ok();
    // What one may not see is not told: the fields of the policy.
    owner
        .put(
            "/api/v1/workspaces/flights-dev/policy",
            json!({"quota": {"jobs": 77}}),
        )
        .await
        .ok();
    let drift = it.get("/api/v1/infra/stacks/flights/drift").await.ok();
    assert!(
        drift.to_string().contains("policy flights-dev/policy") && !drift.to_string().contains("77"),
        "{drift}"
    );
}

#[tokio::test]
async fn everything_goes_in_reverse_order_unless_something_would_be_lost() {
    let server = TestServer::start().await;
    let client = server.client();
    let few: Vec<Value> = flights()
        .into_iter()
        .filter(|one| one["kind"] != "environment")
        .collect();
    up(&client, &few).await;
    let destroy = json!({"stack": "flights", "destroy": true});
    let run = client
        .post(
            "/workspaces/flights-dev/api/2.0/mlflow/runs/create",
            json!({"experiment_id": "0"}),
        )
        .await
        .ok();
    let plan = client.post("/api/v1/infra/plans", destroy.clone()).await.ok();
    assert_eq!(plan["blocked"].as_array().map(Vec::len), Some(1), "{plan}");
    assert!(
        plan["blocked"][0]
            .as_str()
            .expect("text")
            .contains("workspace `flights-dev` holds 1 runs"),
        "{plan}"
    );
    let workspace = plan["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .find(|step| step["kind"] == "workspace")
        .expect("there");
    assert_eq!(workspace["loses"], json!(["1 runs"]));
    apply(&client, &plan).await.fails(409);
    client
        .get("/api/v1/workspaces/flights-dev/computes/cpu")
        .await
        .ok();
    let run_id = run["run"]["info"]["run_id"].clone();
    client
        .post(
            "/workspaces/flights-dev/api/2.0/mlflow/runs/delete",
            json!({"run_id": run_id}),
        )
        .await
        .ok();
}

#[tokio::test]
async fn an_empty_stack_is_what_a_destroyed_one_is() {
    let server = TestServer::start().await;
    let client = server.client();
    up(&client, &flights()).await;
    let plan = client
        .post(
            "/api/v1/infra/plans",
            json!({"stack": "flights", "destroy": true}),
        )
        .await
        .ok();
    assert_eq!(
        (
            plan["counts"]["delete"].as_u64(),
            plan["blocked"].as_array().map(Vec::len)
        ),
        (Some(9), Some(0)),
        "{plan}"
    );
    let told = actions(&plan);
    let place = |name: &str| {
        told.iter()
            .position(|(address, _)| address == name)
            .expect("there")
    };
    assert!(place("compute flights-dev/cpu") < place("workspace flights-dev"));
    assert!(place("workspace flights-dev") < place("group flights"));
    let done = apply(&client, &plan).await.ok();
    assert_eq!(
        (done["state"].as_str(), done["error"].as_str()),
        (Some("applied"), None)
    );
    client.get("/api/v1/groups/flights").await.fails(404);
    assert_eq!(
        client.get("/api/v1/infra/stacks/flights").await.ok()["resources"],
        json!([])
    );
    // And it comes up again, as if it had never been there.
    assert_eq!(up(&client, &flights()).await["state"], "applied");
    assert_eq!(planned(&client, &flights()).await["has_changes"], json!(false));
}

#[tokio::test]
async fn a_second_apply_of_a_stack_is_refused_while_the_first_goes_on() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut many = vec![
        resource("group", None, "flights", json!({})),
        resource("workspace", Some("flights"), "flights-dev", json!({})),
    ];
    many.extend((0..150).map(|n| {
        resource(
            "compute",
            Some("flights-dev"),
            &format!("c{n}"),
            json!({"type": "amlcompute"}),
        )
    }));
    let (first, second) = (planned(&client, &many).await, planned(&client, &many).await);
    let going = tokio::spawn({
        let (client, first) = (client.clone(), first.clone());
        async move { apply(&client, &first).await }
    });
    let id = first["id"].as_str().expect("an id");
    let path = format!("/api/v1/infra/plans/{id}");
    while client.get(&path).await.ok()["state"] != "applying" {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let refused = apply(&client, &second).await.fails(409);
    let detail = refused["detail"].as_str().expect("text");
    assert!(
        detail.contains(&format!("plan {id} of stack `flights` is being applied by owner")),
        "{detail}"
    );
    assert_eq!(going.await.expect("ends").ok()["state"], "applied");
    // Now the world has moved for the second.
    apply(&client, &second).await.fails(409);
}

#[tokio::test]
async fn secrets_are_sealed_masked_and_compared_by_a_mark() {
    let server = TestServer::start().await;
    let client = server.client();
    let stack = |key: &str| {
        vec![
            resource("group", None, "flights", json!({})),
            resource("workspace", Some("flights"), "flights-dev", json!({})),
            resource(
                "secret",
                Some("flights"),
                "db",
                json!({"value": format!("hush-{key}")}),
            ),
            resource(
                "datastore",
                Some("flights-dev"),
                "raw",
                json!({"type": "s3", "bucket": "b", "credentials": {"access_key_id": "id", "secret_access_key": format!("hush-{key}")}}),
            ),
            resource(
                "datastore",
                Some("flights-dev"),
                "named",
                json!({"type": "s3", "bucket": "b", "credentials": {"access_key_id": "id", "secret_access_key": "${{secrets.db}}"}}),
            ),
            resource(
                "compute",
                Some("flights-dev"),
                "cpu",
                json!({"type": "amlcompute", "ssh_settings": {"admin_username": "ada", "admin_password": format!("hush-{key}")}}),
            ),
        ]
    };
    let plan = planned(&client, &stack("one")).await;
    assert!(plan.to_string().contains("*** ("), "{plan}");
    let done = apply(&client, &plan).await.ok();
    let same = planned(&client, &stack("one")).await;
    assert_eq!(same["has_changes"], json!(false), "{same}");
    let other = planned(&client, &stack("two")).await;
    assert_eq!(other["counts"]["change"], 3, "{other}");
    // Changed by hand, it shows, and not what it is.
    let path = "/api/v1/workspaces/flights-dev/datastores/raw";
    let by_hand = json!({"type": "s3", "bucket": "b", "credentials": {"access_key_id": "id", "secret_access_key": "hush-three"}});
    client.put(path, by_hand).await.ok();
    let drift = client.get("/api/v1/infra/stacks/flights/drift").await.ok();
    assert_eq!(
        drift["items"][0]["fields"][0]["path"],
        "credentials.secret_access_key"
    );
    let audit = client.get("/api/v1/audit?limit=1000").await.ok();
    for told in [&plan, &done, &same, &other, &drift, &audit] {
        assert!(!told.to_string().contains("hush"), "{told}");
    }
    for file in ["tidemill.db", "tidemill.db-wal"] {
        let bytes = std::fs::read(server.dir.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(4).any(|part| part == b"hush"), "{file}");
    }
}
