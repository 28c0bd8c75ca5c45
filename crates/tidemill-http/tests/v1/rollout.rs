//! Roll-outs of infrastructure: what a stage asks for before a plan is applied, who agrees, and what tests find.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_testkit::client::Answer;
use tidemill_testkit::{Client, Issuer, TestServer};

const MAIN: &str = "refs/heads/main";

/// A group whose PRD asks for everything, and who works with it.
struct World {
    server: TestServer,
    owner: Client,
    issuer: Issuer,
}

impl World {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let token =
            std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
        let owner = server.client_with(token.trim());
        let issuer = Issuer::start().await;
        let approver = json!({"actions": ["infra/read", "infra/approve"], "assignableScopes": ["/"]});
        owner.put("/api/v1/roles/Approver", approver).await.ok();
        for name in ["ada", "eve"] {
            owner.put(&format!("/api/v1/users/{name}"), json!({})).await.ok();
            give(&owner, &format!("user:{name}"), "Approver").await;
        }
        owner
            .put("/api/v1/teams/board", json!({"members": ["user:ada"]}))
            .await
            .ok();
        let federated =
            json!([{"issuer": issuer.url, "audience": "tidemill", "subject": "repo:acme/infra:*"}]);
        owner
            .put("/api/v1/service-principals/ci", json!({ "federated": federated }))
            .await
            .ok();
        give(&owner, "service-principal:ci", "IT Administrator").await;
        let prd = json!({
            "approvals": {"count": 1, "team": "board"}, "branches": [MAIN], "principals": ["service-principal:ci"],
            "tested_in": "TEST", "by_hand": false,
        });
        owner
            .put("/api/v1/groups/flights", json!({"infrastructure": {"PRD": prd}}))
            .await
            .ok();
        Self {
            server,
            owner,
            issuer,
        }
    }

    /// The CI job of a commit on a branch.
    async fn ci(&self, branch: &str, commit: &str) -> Client {
        let mut claims = self
            .issuer
            .claims("tidemill", &format!("repo:acme/infra:ref:{branch}"));
        claims["ref"] = json!(branch);
        claims["sha"] = json!(commit);
        let body = json!({"assertion": self.issuer.sign(&claims)});
        let done = self
            .server
            .client()
            .post("/api/v1/tokens:exchange", body)
            .await
            .ok();
        self.server
            .client_with(done["token"].as_str().expect("shown once"))
    }

    async fn user(&self, name: &str) -> Client {
        let made = self
            .owner
            .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
            .await
            .ok();
        self.server
            .client_with(made["token"].as_str().expect("shown once"))
    }
}

async fn give(owner: &Client, principal: &str, role: &str) {
    let body = json!({"principal": principal, "role": role, "scope": "/"});
    owner.post("/api/v1/assignments", body).await.ok();
}

/// A stage of the roll-out: a workspace and a compute, and a test of it.
async fn plan(client: &Client, stage: &str, source: &str, tests: Value) -> Value {
    let name = format!("flights-{}", stage.to_lowercase());
    let resources = json!([
        {"kind": "workspace", "place": "flights", "name": name, "spec": {"stage": stage}},
        {"kind": "compute", "place": name, "name": "cpu", "spec": {"type": "amlcompute", "max_instances": source.len()}},
    ]);
    let body = json!({"stack": name, "resources": resources, "tests": tests, "source": source});
    client.post("/api/v1/infra/plans", body).await.ok()
}

fn good() -> Value {
    json!([{"name": "its own store opens", "probe": {"datastore": "workspaceblobstore"}}])
}

async fn act(client: &Client, plan: &Value, what: &str) -> Answer {
    let id = plan["id"].as_str().expect("an id");
    client
        .post(&format!("/api/v1/infra/plans/{id}:{what}"), json!(null))
        .await
}

async fn look(client: &Client, plan: &Value) -> Value {
    client
        .get(&format!(
            "/api/v1/infra/plans/{}",
            plan["id"].as_str().expect("an id")
        ))
        .await
        .ok()
}

/// The plan when its tests have ended.
async fn tested(client: &Client, plan: &Value) -> Value {
    for _ in 0..200 {
        let now = look(client, plan).await;
        let open = |test: &Value| ["running", "planned"].contains(&test["state"].as_str().expect("a state"));
        if !now["tests"].as_array().expect("tests").iter().any(open) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the tests do not end")
}

/// Gate and verdict of each.
fn gates(plan: &Value) -> Vec<(&str, &str)> {
    let all = plan["gates"].as_array().expect("gates");
    all.iter()
        .map(|gate| {
            (
                gate["gate"].as_str().expect("text"),
                gate["verdict"].as_str().expect("text"),
            )
        })
        .collect()
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn prd_is_touched_by_ci_from_main_after_test_has_passed_and_the_board_agreed() {
    let world = World::start().await;
    let ci = world.ci(MAIN, "c1").await;
    let ada = world.user("ada").await;

    // Nothing was tested yet, and nobody has agreed.
    let first = plan(&ci, "PRD", "files-1", good()).await;
    assert_eq!(
        gates(&first),
        [
            ("principals", "passed"),
            ("branch", "passed"),
            ("tests", "waiting"),
            ("approvals", "waiting")
        ],
        "{first}"
    );
    assert_eq!(first["gates"][3]["who"], json!(["user:ada"]));
    assert_eq!(
        (first["branch"].as_str(), first["commit"].as_str()),
        (Some(MAIN), Some("c1"))
    );
    assert_eq!(first["stages"], json!(["PRD"]));
    let problem = act(&ci, &first, "apply").await.fails(412);
    assert!(
        detail(&problem).contains("PRD asks for tests") && detail(&problem).contains("approvals"),
        "{problem}"
    );
    world.owner.get("/api/v1/workspaces/flights-prd").await.fails(404);

    // Other files in TEST help nothing, and neither does a test that fails.
    let other = plan(&ci, "TEST", "files-22", good()).await;
    act(&ci, &other, "apply").await.ok();
    tested(&ci, &other).await;
    let broken = json!([{"name": "it answers", "probe": {"endpoint": "nowhere"}}, good()[0].clone()]);
    let failing = plan(&ci, "TEST", "files-1", broken).await;
    act(&ci, &failing, "apply").await.ok();
    let failing = tested(&ci, &failing).await;
    assert_eq!(
        (
            failing["tests"][0]["state"].as_str(),
            failing["tests"][1]["state"].as_str()
        ),
        (Some("failed"), Some("passed")),
        "{failing}"
    );
    let now = look(&ci, &first).await;
    assert_eq!(gates(&now)[2], ("tests", "waiting"));
    assert!(
        now["gates"][2]["says"]
            .as_str()
            .is_some_and(|says| says.starts_with("1 of 2 tests passed in TEST")),
        "{now}"
    );
    let passing = plan(&ci, "TEST", "files-1", good()).await;
    act(&ci, &passing, "apply").await.ok();
    tested(&ci, &passing).await;
    assert_eq!(gates(&look(&ci, &first).await)[2], ("tests", "passed"));

    // Who made it, and who is not asked, do not agree to it.
    let problem = act(&ci, &first, "approve").await.fails(403);
    assert!(detail(&problem).contains("who made it"), "{problem}");
    let eve = world.user("eve").await;
    let problem = act(&eve, &first, "approve").await.fails(403);
    assert!(
        detail(&problem).contains("no stage that it touches asks user:eve"),
        "{problem}"
    );
    let problem = act(&ci, &first, "apply").await.fails(412);
    assert!(
        !detail(&problem).contains("tests") && detail(&problem).contains("approvals"),
        "{problem}"
    );
    let agreed = act(&ada, &first, "approve").await.ok();
    assert_eq!(gates(&agreed)[3], ("approvals", "passed"));

    // Agreed to, and still CI's to apply: not the owner's.
    let problem = act(&world.owner, &first, "apply").await.fails(412);
    assert!(
        detail(&problem).contains("user:owner does not apply it"),
        "{problem}"
    );
    let done = act(&ci, &first, "apply").await.ok();
    assert_eq!(done["state"], "applied");
    let done = tested(&ci, &first).await;
    assert_eq!(done["tests"][0]["state"], "passed");

    // By hand nothing of PRD is changed any more, by nobody.
    let compute = json!({"type": "amlcompute", "max_instances": 9});
    let problem = world
        .owner
        .put("/api/v1/workspaces/flights-prd/computes/cpu", compute.clone())
        .await
        .fails(403);
    assert!(detail(&problem).contains("infra apply"), "{problem}");
    world
        .owner
        .put("/api/v1/workspaces/flights-test/computes/cpu", compute)
        .await
        .ok();
    // Nor under another spelling, nor by making or moving a workspace there.
    world
        .owner
        .put(
            "/api/v1/workspaces/Flights-PRD/policy",
            json!({"quota": {"user_jobs": 1}}),
        )
        .await
        .fails(403);
    let stage = json!({"stage": "PRD"});
    let problem = world
        .owner
        .put("/api/v1/workspaces/side?group=flights", stage.clone())
        .await
        .fails(403);
    assert!(detail(&problem).contains("into stage PRD"), "{problem}");
    world
        .owner
        .put("/api/v1/workspaces/flights-test", stage)
        .await
        .fails(403);
    let log = world.owner.get("/api/v1/audit?action=infra/approve").await.ok();
    let outcomes: Vec<_> = log["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["outcome"].as_str())
        .collect();
    assert_eq!(outcomes, [Some("allowed"), Some("refused"), Some("refused")]);
    let refused = world
        .owner
        .get("/api/v1/audit?action=infra/apply&outcome=refused")
        .await
        .ok();
    assert_eq!(refused["items"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_branch_is_what_the_signed_token_says_and_a_rejected_plan_is_not_applied() {
    let world = World::start().await;
    let verdicts = async |client: &Client| {
        let made = plan(client, "PRD", "files-1", good()).await;
        (
            made["gates"][0]["verdict"].clone(),
            made["gates"][1]["verdict"].clone(),
            made,
        )
    };
    let (_, branch, made) = verdicts(&world.ci("refs/heads/evil", "c1").await).await;
    assert_eq!(branch, "refused");
    assert!(
        made["gates"][1]["says"]
            .as_str()
            .is_some_and(|says| says.contains("refs/heads/evil")),
        "{made}"
    );
    let ci = world.ci(MAIN, "c1").await;
    let problem = act(&ci, &made, "apply").await.fails(412);
    assert!(
        detail(&problem).contains("branch"),
        "who applies it does not change where it was made from: {problem}"
    );
    // A secret of the same service principal vouches for no branch.
    let secret = world
        .owner
        .post("/api/v1/service-principals/ci/secrets", json!({}))
        .await
        .ok();
    let by_secret = world
        .server
        .client_with(secret["token"].as_str().expect("shown once"));
    let (principals, branch, made) = verdicts(&by_secret).await;
    assert_eq!(
        (principals, branch),
        (json!("passed"), json!("refused")),
        "{made}"
    );
    let (principals, branch, _) = verdicts(&world.owner).await;
    assert_eq!((principals, branch), (json!("refused"), json!("refused")));

    // Nobody takes the gates away by a plan from elsewhere, nor leaves a gate out of the request.
    let resources = json!([{"kind": "group", "name": "flights", "spec": {"stages": ["DEV", "TEST", "PRD"]}}]);
    let open = world
        .owner
        .post(
            "/api/v1/infra/plans",
            json!({"stack": "open", "resources": resources}),
        )
        .await
        .ok();
    assert!(gates(&open).contains(&("branch", "refused")), "{open}");
    act(&world.owner, &open, "apply").await.fails(412);

    let ada = world.user("ada").await;
    let (_, _, made) = verdicts(&ci).await;
    act(&ada, &made, "approve").await.ok();
    let said = act(&ada, &made, "reject").await.ok();
    assert_eq!(gates(&said)[3], ("approvals", "refused"), "the last word counts");
    act(&ci, &made, "apply").await.fails(412);
    // Who leaves the team no longer has a word.
    act(&ada, &made, "approve").await.ok();
    world
        .owner
        .put("/api/v1/teams/board", json!({"members": []}))
        .await
        .ok();
    assert_eq!(gates(&look(&ci, &made).await)[3], ("approvals", "waiting"));
}

#[tokio::test(flavor = "multi_thread")]
async fn gates_and_tests_that_make_no_sense_are_refused() {
    let world = World::start().await;
    for gate in [
        json!({"approvals": {"count": 0}}),
        json!({"branches": ["refs/*/main"]}),
        json!({"principals": ["ci"]}),
        json!({"tested_in": "PRD"}),
        json!({"tested_in": "QA"}),
        json!({"aprovals": {"count": 1}}),
    ] {
        let spec = json!({"infrastructure": {"PRD": gate}});
        world
            .owner
            .put("/api/v1/groups/odd", spec.clone())
            .await
            .fails(400);
    }
    world
        .owner
        .put("/api/v1/groups/odd", json!({"infrastructure": {"QA": {}}}))
        .await
        .fails(400);
    for tests in [
        json!([{"name": "a"}]),
        json!([{"name": "a", "probe": {}}]),
        json!([{"name": "a", "command": "true"}]),
        json!([{"name": "a", "probe": {"url": "https://x.example", "datastore": "d"}}]),
        json!([{"name": "a", "probe": {"datastore": "d"}}, {"name": "a", "probe": {"datastore": "e"}}]),
        json!([{"name": "a", "prob": {"datastore": "d"}}]),
        json!([{"name": "nowhere", "probe": {"datastore": "d"}}]),
    ] {
        let body = json!({"stack": "odd", "resources": [], "tests": tests});
        world.owner.post("/api/v1/infra/plans", body).await.fails(400);
    }
    let made = world
        .owner
        .post("/api/v1/infra/plans", json!({"stack": "odd", "resources": []}))
        .await
        .ok();
    act(&world.owner, &made, "test").await.fails(409);
    act(&world.owner, &made, "dance").await.fails(400);
}

/// A web server that answers as the path says, and the addresses of its pages.
async fn pages() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 1024];
                let read = stream.read(&mut asked).await.unwrap_or(0);
                let line = String::from_utf8_lossy(&asked[..read]).into_owned();
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = match path.as_str() {
                    "/broken" => ("500 Internal Server Error", "{}".to_owned()),
                    "/gone" => ("404 Not Found", "{}".to_owned()),
                    "/huge" => ("200 OK", "x".repeat(5 << 20)),
                    _ => ("200 OK", r#"{"rows": 3, "score": 0.5}"#.to_owned()),
                };
                match path.as_str() {
                    "/slow" => tokio::time::sleep(Duration::from_millis(400)).await,
                    "/never" => tokio::time::sleep(Duration::from_secs(60)).await,
                    "/cut" => return,
                    _ => {}
                }
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                // Whoever asked may have gone away.
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(body.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_say_what_they_found() {
    let server = TestServer::start_with(|options| {
        options.webhooks.allow_http = true;
        options.webhooks.allow_private = true;
    })
    .await;
    let owner = server.client();
    owner.put("/api/v1/groups/flights", json!({})).await.ok();
    let page = pages().await;
    // The probe, the limit in seconds, the state, and what it says.
    let table: &[(Value, u32, &str, &str)] = &[
        (json!({"url": "/ok"}), 9, "passed", "answered with status 200 in "),
        (
            json!({"url": "/ok", "expect": {"json": {"rows": 3}}}),
            9,
            "passed",
            "answered with status 200",
        ),
        (
            json!({"url": "/ok", "expect": {"json": {"score": 0.51}, "tolerance": 0.1}}),
            9,
            "passed",
            "answered",
        ),
        (
            json!({"url": "/ok", "expect": {"json": {"rows": 4}}}),
            9,
            "failed",
            "rows",
        ),
        (json!({"url": "/broken"}), 9, "failed", "500"),
        (
            json!({"url": "/gone", "expect": {"status": 404}}),
            9,
            "passed",
            "answered with status 404",
        ),
        (
            json!({"url": "/slow", "expect": {"max_latency_ms": 100}}),
            9,
            "failed",
            "ms, and may take 100 ms",
        ),
        (json!({"url": "/never"}), 1, "failed", "it took longer than 1 s"),
        (json!({"url": "/cut"}), 9, "failed", "it was not answered"),
        (
            json!({"url": "/huge"}),
            9,
            "failed",
            "the answer has more than 4 MiB",
        ),
        (
            json!({"datastore": "workspaceblobstore"}),
            9,
            "passed",
            "datastore workspaceblobstore opens",
        ),
        (json!({"datastore": "lake"}), 9, "failed", "`lake`"),
        (json!({"endpoint": "nowhere"}), 9, "failed", "`nowhere`"),
    ];
    let tests: Vec<Value> = table
        .iter()
        .enumerate()
        .map(|(number, (probe, limit, ..))| {
            let mut probe = probe.clone();
            if let Some(path) = probe["url"].as_str() {
                probe["url"] = json!(format!("{page}{path}"));
            }
            json!({"name": format!("test {number}"), "probe": probe, "timeout_seconds": limit})
        })
        .collect();
    let made = plan(&owner, "TEST", "files", json!(tests)).await;
    act(&owner, &made, "apply").await.ok();
    let done = tested(&owner, &made).await;
    for (number, (probe, _, state, says)) in table.iter().enumerate() {
        let test = &done["tests"][number];
        assert!(
            test["state"] == *state && test["says"].as_str().is_some_and(|said| said.contains(says)),
            "{probe}: {test}"
        );
    }
    // Run again they say the same, and never two at a time.
    act(&owner, &made, "test").await.ok();
    act(&owner, &made, "test").await.fails(409);
    tested(&owner, &made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_takes_too_long_is_stopped_and_an_address_of_this_machine_is_not_asked() {
    let world = World::start().await;
    let page = pages().await;
    let tests = json!([
        {"name": "its own machine", "probe": {"url": format!("{page}/ok")}},
        {"name": "it runs", "command": "true", "environment": {"image": "python"}, "compute": "cpu", "timeout_seconds": 1},
        {"name": "nowhere", "command": "true", "environment": {"image": "python"}, "compute": "none", "timeout_seconds": 9},
    ]);
    let made = plan(&world.owner, "TEST", "files", tests).await;
    act(&world.owner, &made, "apply").await.ok();
    let done = tested(&world.owner, &made).await;
    let test = |number: usize| {
        let test = &done["tests"][number];
        (
            test["state"].as_str().expect("a state"),
            test["says"].as_str().expect("a word").to_owned(),
        )
    };
    let (state, says) = test(0);
    assert!(state == "failed" && says.contains("http"), "{says}");
    let (state, says) = test(2);
    assert!(state == "failed" && says.contains("none"), "{says}");
    // Whether it ran at all hangs on the machine: what counts is that it is over.
    let (state, says) = test(1);
    assert!(state == "failed" && says.starts_with("job rollout_"), "{says}");
    let name = says.split(' ').nth(1).expect("a name");
    let job = world
        .owner
        .get(&format!("/api/v1/workspaces/flights-test/jobs/{name}"))
        .await
        .ok();
    assert!(
        ["Canceled", "CancelRequested", "Failed"].contains(&job["status"].as_str().expect("a status")),
        "{job}"
    );
}
