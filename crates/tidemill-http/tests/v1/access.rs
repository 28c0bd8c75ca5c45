//! Users, teams, service principals, tokens, roles and assignments, and what they let be done.

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const PASSWORD: &str = "correct horse battery";

/// A server with its owner's client.
async fn start() -> (TestServer, Client) {
    let server = TestServer::start().await;
    let token = std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
    let owner = server.client_with(token.trim());
    (server, owner)
}

async fn user(owner: &Client, name: &str) {
    owner
        .put(&format!("/api/v1/users/{name}"), json!({"password": PASSWORD}))
        .await
        .ok();
}

async fn give(owner: &Client, principal: &str, role: &str, scope: &str) -> String {
    let body = json!({"principal": principal, "role": role, "scope": scope});
    let made = owner.post("/api/v1/assignments", body).await.ok();
    made["name"].as_str().expect("an id").to_owned()
}

/// A client of a user, by a token that the owner made for them.
async fn client_of(server: &TestServer, owner: &Client, principal: &str) -> Client {
    let made = owner
        .post(
            &format!("/api/v1/tokens?principal={principal}"),
            json!({"label": "test"}),
        )
        .await
        .ok();
    server.client_with(made["token"].as_str().expect("shown once"))
}

async fn somebody(server: &TestServer, owner: &Client, name: &str, role: &str, scope: &str) -> Client {
    user(owner, name).await;
    give(owner, name, role, scope).await;
    client_of(server, owner, &format!("user:{name}")).await
}

/// The refusals of an action in the audit log.
async fn refusals(owner: &Client, action: &str) -> Vec<Value> {
    let log = owner
        .get(&format!("/api/v1/audit?outcome=refused&action={action}"))
        .await
        .ok();
    log["items"].as_array().expect("rows").clone()
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().expect("a problem says what")
}

#[tokio::test]
async fn with_a_second_principal_loopback_signs_in_too() {
    let (server, owner) = start().await;
    server.client().get("/api/v1/workspaces/default").await.ok();
    user(&owner, "ada").await;
    server.client().get("/api/v1/workspaces/default").await.fails(401);
    owner.get("/api/v1/workspaces/default").await.ok();
    owner.delete("/api/v1/users/ada").await.ok();
    server.client().get("/api/v1/workspaces/default").await.ok();
}

#[tokio::test]
async fn a_reader_reads_and_changes_nothing() {
    let (server, owner) = start().await;
    let ada = somebody(&server, &owner, "ada", "Reader", "/workspaces/default").await;
    ada.get("/api/v1/workspaces/default/datastores").await.ok();
    let lake = json!({"type": "local_folder", "path": "/tmp"});
    let problem = ada
        .put("/api/v1/workspaces/default/datastores/lake", lake)
        .await
        .fails(403);
    assert!(detail(&problem).contains("role `Reader`"), "{problem}");
    let rows = refusals(&owner, "datastores/write").await;
    assert_eq!(rows[0]["principal"], "user:ada");
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_there() {
    let (server, owner) = start().await;
    owner.put("/api/v1/workspaces/secret", json!({})).await.ok();
    let ada = somebody(&server, &owner, "ada", "Reader", "/workspaces/default").await;
    let hidden = ada.get("/api/v1/workspaces/secret").await.fails(404);
    let missing = ada.get("/api/v1/workspaces/nowhere").await.fails(404);
    assert_eq!(
        detail(&hidden).replace("secret", ""),
        detail(&missing).replace("nowhere", "")
    );
    ada.get("/api/v1/workspaces/secret/datastores").await.fails(404);
    ada.get("/workspaces/secret/api/2.0/mlflow/experiments/get?experiment_id=0")
        .await
        .fails(404);
    let list = ada.get("/api/v1/workspaces").await.ok();
    let names: Vec<_> = list["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(names, ["default"]);
}

#[tokio::test]
async fn a_role_on_a_group_counts_in_its_workspaces() {
    let (server, owner) = start().await;
    owner.put("/api/v1/groups/eu", json!({})).await.ok();
    owner
        .put("/api/v1/workspaces/dev?group=eu", json!({"stage": "DEV"}))
        .await
        .ok();
    let ada = somebody(&server, &owner, "ada", "Contributor", "/groups/eu").await;
    ada.get("/api/v1/workspaces/dev").await.ok();
    ada.put("/api/v1/workspaces/lab?group=eu", json!({})).await.ok();
    ada.get("/api/v1/workspaces/default").await.fails(404);
    ada.put("/api/v1/workspaces/other", json!({})).await.fails(404);
    let problem = owner
        .put("/api/v1/workspaces/dev", json!({"stage": "QA"}))
        .await
        .fails(400);
    assert!(detail(&problem).contains("DEV, TEST, PRD"), "{problem}");
    owner.delete("/api/v1/groups/eu").await.fails(409);
}

#[tokio::test]
async fn production_stays_production_unless_the_group_says_otherwise() {
    let (server, owner) = start().await;
    owner.put("/api/v1/groups/eu", json!({})).await.ok();
    owner
        .put("/api/v1/workspaces/prd?group=eu", json!({"stage": "PRD"}))
        .await
        .ok();
    let ada = somebody(&server, &owner, "ada", "Contributor", "/workspaces/prd").await;
    let described = json!({"stage": "PRD", "description": "what answers"});
    ada.put("/api/v1/workspaces/prd", described).await.ok();
    for spec in [json!({"stage": "DEV"}), json!({})] {
        let problem = ada.put("/api/v1/workspaces/prd", spec).await.fails(403);
        assert!(detail(&problem).contains("out of stage PRD"), "{problem}");
    }
    assert_eq!(refusals(&owner, "groups/write").await.len(), 2);
    owner
        .put("/api/v1/workspaces/prd", json!({"stage": "DEV"}))
        .await
        .ok();
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (server, owner) = start().await;
    let problem = owner.delete("/api/v1/assignments/owner").await.fails(409);
    assert!(detail(&problem).contains("owner of the server"), "{problem}");
    owner
        .put("/api/v1/users/owner", json!({"disabled": true}))
        .await
        .fails(409);
    assert_eq!(refusals(&owner, "assignments/delete").await.len(), 1);
    let ada = somebody(&server, &owner, "ada", "Owner", "/").await;
    ada.delete("/api/v1/assignments/owner").await.ok();
    owner.get("/api/v1/workspaces/default").await.fails(404);
    ada.delete("/api/v1/users/ada").await.fails(409);
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let (server, owner) = start().await;
    let sharer = json!({"actions": ["assignments/*", "roles/*", "principals/*", "models/*", "*/read"]});
    owner.put("/api/v1/roles/Sharer", sharer).await.ok();
    let bob = somebody(&server, &owner, "bob", "Sharer", "/").await;
    user(&owner, "eve").await;
    let owner_role = json!({"principal": "user:eve", "role": "Owner", "scope": "/"});
    let problem = bob.post("/api/v1/assignments", owner_role).await.fails(403);
    assert!(
        detail(&problem).contains("nobody gives more than they have"),
        "{problem}"
    );
    bob.put("/api/v1/roles/Root", json!({"actions": ["*"]}))
        .await
        .fails(403);
    bob.put("/api/v1/roles/Steward", json!({"actions": ["models/*"]}))
        .await
        .ok();
    bob.put("/api/v1/users/owner", json!({"password": "mine from now on"}))
        .await
        .fails(403);
    bob.post("/api/v1/tokens?principal=user:owner", json!({}))
        .await
        .fails(403);
    assert_eq!(refusals(&owner, "assignments/write").await.len(), 1);
    assert_eq!(refusals(&owner, "roles/write").await.len(), 1);
    assert_eq!(refusals(&owner, "principals/write").await.len(), 2);
}

#[tokio::test]
async fn a_team_is_never_in_itself() {
    let (_server, owner) = start().await;
    owner.put("/api/v1/teams/a", json!({})).await.ok();
    owner
        .put("/api/v1/teams/b", json!({"members": ["team:a"]}))
        .await
        .ok();
    let problem = owner
        .put("/api/v1/teams/a", json!({"members": ["team:b"]}))
        .await
        .fails(400);
    assert!(detail(&problem).contains("in itself"), "{problem}");
    owner
        .put("/api/v1/teams/a", json!({"members": ["team:a"]}))
        .await
        .fails(400);
    owner
        .put("/api/v1/teams/a", json!({"members": ["user:nobody"]}))
        .await
        .fails(400);
    assert_eq!(refusals(&owner, "principals/write").await.len(), 3);
}

#[tokio::test]
async fn a_teams_role_counts_for_its_members_until_they_leave() {
    let (server, owner) = start().await;
    user(&owner, "ada").await;
    owner
        .put("/api/v1/teams/analysts", json!({"members": ["user:ada"]}))
        .await
        .ok();
    owner
        .put("/api/v1/teams/all", json!({"members": ["team:analysts"]}))
        .await
        .ok();
    give(&owner, "team:all", "Reader", "/workspaces/default").await;
    let ada = client_of(&server, &owner, "user:ada").await;
    ada.get("/api/v1/workspaces/default").await.ok();
    owner.put("/api/v1/teams/analysts", json!({})).await.ok();
    ada.get("/api/v1/workspaces/default").await.fails(404);
}

#[tokio::test]
async fn a_wildcard_does_not_escape_its_scope() {
    let (_server, owner) = start().await;
    user(&owner, "ada").await;
    for scope in [
        "/workspaces/*",
        "/workspaces/default/../other",
        "workspaces/default",
    ] {
        let role = json!({"actions": ["jobs/*"], "assignableScopes": [scope]});
        owner.put("/api/v1/roles/Wide", role).await.fails(400);
        let given = json!({"principal": "ada", "role": "Reader", "scope": scope});
        owner.post("/api/v1/assignments", given).await.fails(400);
    }
    owner.put("/api/v1/workspaces/dev", json!({})).await.ok();
    let narrow = json!({"actions": ["jobs/*"], "assignableScopes": ["/workspaces/dev"]});
    owner.put("/api/v1/roles/Narrow", narrow).await.ok();
    let outside = json!({"principal": "ada", "role": "Narrow", "scope": "/workspaces/default"});
    let problem = owner.post("/api/v1/assignments", outside).await.fails(400);
    assert!(detail(&problem).contains("assignableScopes"), "{problem}");
    assert_eq!(refusals(&owner, "assignments/write").await.len(), 4);
    assert_eq!(refusals(&owner, "roles/write").await.len(), 3);
}

#[tokio::test]
async fn a_custom_role_of_azure_reads_as_it_is() {
    let (_server, owner) = start().await;
    let role = json!({
        "Name": "Data Scientist Restricted", "IsCustom": true, "Description": "No compute",
        "Actions": ["Microsoft.MachineLearningServices/workspaces/*", "Microsoft.Insights/alertRules/*"],
        "NotActions": ["Microsoft.MachineLearningServices/workspaces/computes/write"],
        "AssignableScopes": ["/subscriptions/1/resourceGroups/default"],
    });
    let made = owner
        .put("/api/v1/roles/Data%20Scientist%20Restricted", role)
        .await
        .ok();
    assert_eq!(
        made["without_counterpart"],
        json!(["Microsoft.Insights/alertRules/*"])
    );
    let allows = made["allows"].as_array().expect("actions");
    assert!(allows.contains(&json!("runs/write")) && !allows.contains(&json!("computes/write")));
    owner
        .put("/api/v1/roles/Reader", json!({"actions": ["*"]}))
        .await
        .fails(409);
}

#[tokio::test]
async fn a_token_is_limited_shown_once_and_revoked_at_once() {
    let (server, owner) = start().await;
    let limits = json!({"label": "ci", "scope": "/workspaces/default", "actions": ["*/read"]});
    let made = owner.post("/api/v1/tokens", limits).await.ok();
    let limited = server.client_with(made["token"].as_str().expect("shown once"));
    limited.get("/api/v1/workspaces/default").await.ok();
    let lake = json!({"type": "local_folder", "path": "/tmp"});
    let problem = limited
        .put("/api/v1/workspaces/default/datastores/lake", lake)
        .await
        .fails(403);
    assert!(detail(&problem).contains("token"), "{problem}");
    limited.post("/api/v1/tokens", json!({})).await.fails(403);
    let listed = owner.get("/api/v1/tokens").await.ok();
    assert!(listed["items"][0].get("token").is_none(), "{listed}");
    owner
        .delete(&format!(
            "/api/v1/tokens/{}",
            made["name"].as_str().expect("an id")
        ))
        .await
        .ok();
    limited.get("/api/v1/workspaces/default").await.fails(401);
    owner.post("/api/v1/tokens", json!({"days": 0})).await.fails(400);
    owner
        .post("/api/v1/tokens", json!({"days": 4000}))
        .await
        .fails(400);
}

#[tokio::test]
async fn a_service_principal_signs_in_with_its_secret() {
    let (server, owner) = start().await;
    owner.put("/api/v1/service-principals/ci", json!({})).await.ok();
    give(
        &owner,
        "service-principal:ci",
        "Contributor",
        "/workspaces/default",
    )
    .await;
    let made = owner
        .post(
            "/api/v1/service-principals/ci/secrets",
            json!({"label": "pipeline"}),
        )
        .await
        .ok();
    let ci = server.client_with(made["token"].as_str().expect("shown once"));
    assert_eq!(
        ci.get("/api/v1/session").await.ok()["principal"],
        "service-principal:ci"
    );
    ci.get("/api/v1/workspaces/default").await.ok();
    owner
        .put("/api/v1/service-principals/ci", json!({"disabled": true}))
        .await
        .ok();
    ci.get("/api/v1/workspaces/default").await.fails(401);
}

#[tokio::test]
async fn mlflow_takes_a_name_and_a_password() {
    let (server, owner) = start().await;
    user(&owner, "ada").await;
    give(&owner, "ada", "Data Scientist", "/workspaces/default").await;
    let nobody = server.client();
    let basic = |password: &str| {
        use base64::Engine;
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(format!("ada:{password}"))
        )
    };
    let (right, wrong) = (basic(PASSWORD), basic("wrong"));
    let create = "/api/2.0/mlflow/experiments/create";
    let named = |name: &str| Some(json!({"name": name}));
    nobody
        .send("POST", create, named("a"), &[("authorization", &right)])
        .await
        .ok();
    nobody
        .send("POST", create, named("b"), &[("authorization", &wrong)])
        .await
        .fails(401);
    let model = "/api/2.0/mlflow/registered-models/create";
    let refused = nobody
        .send("POST", model, named("m"), &[("authorization", &right)])
        .await
        .fails(403);
    assert_eq!(refused["error_code"], "PERMISSION_DENIED");
    owner
        .put("/api/v1/users/ada", json!({"password": "another long password"}))
        .await
        .ok();
    nobody
        .send("POST", create, named("c"), &[("authorization", &right)])
        .await
        .fails(401);
}

#[tokio::test]
async fn whoever_guesses_waits() {
    let (server, owner) = start().await;
    user(&owner, "ada").await;
    let guess = |password: &str| json!({"user": "ada", "password": password});
    for _ in 0..5 {
        server
            .client()
            .post("/api/v1/session", guess("wrong"))
            .await
            .fails(401);
    }
    server
        .client()
        .post("/api/v1/session", guess(PASSWORD))
        .await
        .fails(429);
    let rows = refusals(&owner, "session/create").await;
    assert_eq!(rows.len(), 5);
    owner
        .put("/api/v1/users/bob", json!({"password": "short"}))
        .await
        .fails(400);
}

#[tokio::test]
async fn a_session_is_a_cookie_that_no_other_site_can_use() {
    let (server, owner) = start().await;
    user(&owner, "ada").await;
    give(&owner, "ada", "Contributor", "/workspaces/default").await;
    let base = format!("http://{}", server.address);
    let http = reqwest::Client::new();
    let answer = http
        .post(format!("{base}/api/v1/session"))
        .json(&json!({"user": "ada", "password": PASSWORD}))
        .send()
        .await
        .expect("answers");
    let set = answer.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Strict"),
        "{set}"
    );
    let cookie = set.split(';').next().expect("a pair").to_owned();
    let page = server.client();
    let who = page
        .send("GET", "/api/v1/session", None, &[("cookie", &cookie)])
        .await
        .ok();
    assert_eq!(who["principal"], "user:ada");
    let url = "/api/v1/workspaces/default/datastores/lake";
    let lake = || Some(json!({"type": "local_folder", "path": "/tmp"}));
    page.send("PUT", url, lake(), &[("cookie", &cookie)])
        .await
        .fails(401);
    page.send(
        "PUT",
        url,
        lake(),
        &[("cookie", &cookie), ("origin", "http://evil.example")],
    )
    .await
    .fails(403);
    page.send("PUT", url, lake(), &[("cookie", &cookie), ("origin", &base)])
        .await
        .ok();
    page.send(
        "DELETE",
        "/api/v1/session",
        None,
        &[("cookie", &cookie), ("origin", &base)],
    )
    .await
    .ok();
    page.send("GET", "/api/v1/session", None, &[("cookie", &cookie)])
        .await
        .fails(401);
}

#[tokio::test]
async fn rights_are_explained() {
    let (server, owner) = start().await;
    let ada = somebody(&server, &owner, "ada", "Reader", "/workspaces/default").await;
    let asked = "/api/v1/rights?principal=user:ada&scope=/workspaces/default&action=";
    let may = owner.get(&format!("{asked}models/read")).await.ok();
    assert_eq!(may["allowed"], true);
    let may_not = ada.get(&format!("{asked}models/write")).await.ok();
    assert_eq!(may_not["allowed"], false);
    let who = owner
        .get("/api/v1/rights/who?action=models/write&scope=/workspaces/default")
        .await
        .ok();
    assert_eq!(who["items"][0]["principal"], "user:owner");
    assert_eq!(who["items"].as_array().map(Vec::len), Some(1));
    ada.get("/api/v1/rights?principal=user:owner&scope=/&action=models/read")
        .await
        .fails(403);
    owner.get(&format!("{asked}models/fly")).await.fails(400);
}

#[tokio::test]
async fn a_workspace_is_reached_from_its_networks_alone() {
    let (_server, owner) = start().await;
    let shut = json!({"allowed_networks": ["10.0.0.0/8"]});
    let problem = owner.put("/api/v1/workspaces/default", shut).await.fails(400);
    assert!(detail(&problem).contains("127.0.0.1"), "{problem}");
    let open = json!({"allowed_networks": ["10.0.0.0/8", "127.0.0.1"]});
    owner.put("/api/v1/workspaces/default", open).await.ok();
    owner
        .put(
            "/api/v1/workspaces/default",
            json!({"allowed_networks": ["somewhere"]}),
        )
        .await
        .fails(400);
}

#[tokio::test]
async fn what_the_server_fetches_for_somebody_it_does_not_fetch_as_the_owner() {
    let server = TestServer::start().await;
    // Nobody has to sign in here, and the server is on its own machine.
    server.client().get("/api/v1/workspaces/default").await.ok();
    let own = format!("http://{}/api/v1/audit", server.address);
    let asked = json!({"type": "uri_file", "path": own});
    let problem = server
        .client()
        .put("/api/v1/workspaces/default/data/log/versions/1", asked)
        .await
        .fails(403);
    assert!(detail(&problem).contains("needs credentials"), "{problem}");
}

#[tokio::test]
async fn a_limited_token_neither_sets_a_password_nor_ends_other_tokens() {
    let (server, owner) = start().await;
    // Somebody who signs in with an account elsewhere, and has no password yet.
    owner.put("/api/v1/users/ada", json!({})).await.ok();
    give(&owner, "ada", "Owner", "/").await;
    let whole = client_of(&server, &owner, "user:ada").await;
    let asked = json!({"label": "ci", "scope": "/workspaces/default", "actions": ["models/read"]});
    let made = whole.post("/api/v1/tokens", asked).await.ok();
    let limited = server.client_with(made["token"].as_str().expect("shown once"));
    let new = json!({"old": "", "new": PASSWORD});
    let problem = limited.put("/api/v1/session/password", new).await.fails(403);
    assert!(detail(&problem).contains("limited token"), "{problem}");
    let tokens = whole.get("/api/v1/tokens").await.ok();
    for token in tokens["items"].as_array().expect("tokens") {
        let url = format!("/api/v1/tokens/{}", token["name"].as_str().expect("an id"));
        limited.delete(&url).await.fails(403);
    }
    whole.get("/api/v1/workspaces/default").await.ok();
    let log = refusals(&owner, "principals/write").await;
    assert!(log.iter().any(|row| row["principal"] == "user:ada"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_passwords_that_are_tried_at_once_are_no_more_than_those_that_come_one_by_one() {
    let (server, owner) = start().await;
    user(&owner, "ada").await;
    let tries = (0..40).map(|n| {
        let client = server.client();
        tokio::spawn(async move {
            let body = json!({"user": "ada", "password": format!("guess {n}")});
            // A proxy may say whatever it likes of who is behind it.
            let behind = format!("10.0.0.{n}");
            let answer = client
                .send(
                    "POST",
                    "/api/v1/session",
                    Some(body),
                    &[("x-forwarded-for", &behind)],
                )
                .await;
            answer.status
        })
    });
    let mut looked_at = 0;
    for one in tries.collect::<Vec<_>>() {
        match one.await.expect("it is answered") {
            401 => looked_at += 1,
            429 => {}
            odd => panic!("{odd}"),
        }
    }
    assert_eq!(looked_at, 5);
    assert_eq!(refusals(&owner, "session/create").await.len(), 5);
}

#[tokio::test]
async fn whoever_follows_a_workspace_hears_nothing_once_they_may_not() {
    use futures::StreamExt;
    let (server, owner) = start().await;
    user(&owner, "ada").await;
    let given = give(&owner, "ada", "Reader", "/workspaces/default").await;
    let follow = async |ends: &dyn Fn() -> String| {
        let made = owner
            .post("/api/v1/tokens?principal=user:ada", json!({}))
            .await
            .ok();
        let url = format!("http://{}/api/v1/workspaces/default/events", server.address);
        let asked = reqwest::Client::new()
            .get(url)
            .bearer_auth(made["token"].as_str().expect("shown once"));
        let mut stream = asked.send().await.expect("it answers").bytes_stream();
        let experiment = json!({"experiment_id": "0"});
        owner
            .post("/api/2.0/mlflow/runs/create", experiment.clone())
            .await
            .ok();
        let first = stream.next().await.expect("something happened").expect("bytes");
        assert!(String::from_utf8_lossy(&first).contains("changed"));
        let end = match ends() {
            end if end.is_empty() => format!("/api/v1/tokens/{}", made["name"].as_str().expect("an id")),
            end => end,
        };
        owner.delete(&end).await.ok();
        owner.post("/api/2.0/mlflow/runs/create", experiment).await.ok();
        let rest = tokio::time::timeout(std::time::Duration::from_secs(5), stream.next()).await;
        assert!(matches!(rest, Ok(None)), "{rest:?}");
    };
    follow(&String::new).await;
    follow(&|| format!("/api/v1/assignments/{given}")).await;
}
