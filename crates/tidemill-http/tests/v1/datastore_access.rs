//! Access to a datastore by folder: who may read or write what lies where, by every way to its bytes.

use std::path::Path;

use serde_json::{Value, json};
use tidemill_testkit::{Client, TestServer};

const WS: &str = "/api/v1/workspaces/default";
const ACCESS: &str = "/api/v1/workspaces/default/datastores/lake/access";

struct World {
    server: TestServer,
    owner: Client,
    folder: tempfile::TempDir,
}

impl World {
    /// A lake with silver, gold and bronze, and a version of data in each, made while it was open to everybody.
    async fn start() -> Self {
        let server = TestServer::start().await;
        let token =
            std::fs::read_to_string(server.app.dir.owner_token()).expect("written at the first start");
        let owner = server.client_with(token.trim());
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["silver", "gold", "bronze"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
            std::fs::write(folder.path().join(name).join("a.csv"), format!("kind\n{name}\n"))
                .expect("a file");
        }
        let lake = json!({"type": "local_folder", "path": folder.path()});
        owner.put(&format!("{WS}/datastores/lake"), lake).await.ok();
        let world = Self {
            server,
            owner,
            folder,
        };
        for name in ["silver", "gold", "bronze"] {
            world.make(&world.owner, name, name).await.ok();
        }
        world
    }

    async fn make(&self, by: &Client, data: &str, path: &str) -> tidemill_testkit::client::Answer {
        let body = json!({"type": "uri_folder", "path": format!("azureml://datastores/lake/paths/{path}/")});
        by.post(&format!("{WS}/data/{data}/versions"), body).await
    }

    async fn somebody(&self, name: &str, role: &str) -> Client {
        self.owner
            .put(&format!("/api/v1/users/{name}"), json!({}))
            .await
            .ok();
        let given =
            json!({"principal": format!("user:{name}"), "role": role, "scope": "/workspaces/default"});
        self.owner.post("/api/v1/assignments", given).await.ok();
        let made = self
            .owner
            .post(&format!("/api/v1/tokens?principal=user:{name}"), json!({}))
            .await
            .ok();
        self.server
            .client_with(made["token"].as_str().expect("shown once"))
    }

    async fn grant(&self, principal: &str, path: &str, rights: &str) -> Value {
        let body = json!({"principal": principal, "path": path, "rights": rights});
        self.owner.post(ACCESS, body).await.ok()
    }
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().expect("a problem says what")
}

#[tokio::test]
async fn without_a_rule_a_datastore_is_its_workspaces_and_with_one_it_is_of_those_named() {
    let world = World::start().await;
    let (ada, eng) = (
        world.somebody("ada", "Data Scientist").await,
        world.somebody("eng", "ML Engineer").await,
    );
    let file = |name: &str| format!("{WS}/data/{name}/versions/1/files/a.csv");
    assert_eq!(ada.get(&file("gold")).await.ok(), "kind\ngold\n");
    assert_eq!(ada.get(ACCESS).await.ok()["by_folder"], false);

    let rules = world.grant("ada", "silver/*", "read").await;
    assert_eq!(rules["by_folder"], true);
    assert_eq!(rules["rules"][0]["path"], "silver/*");
    assert_eq!(
        (&rules["rules"][0]["rights"], &rules["rules"][0]["role"]),
        (&json!("read"), &json!("Datastore Reader"))
    );
    world.grant("ada", "gold", "read_write").await;
    assert_eq!(ada.get(&file("silver")).await.ok(), "kind\nsilver\n");
    assert_eq!(ada.get(&file("gold")).await.ok(), "kind\ngold\n");
    // Whoever names files that are not theirs is told the rule; what describes the data is not told of.
    let problem = ada.get(&file("bronze")).await.fails(403);
    assert!(
        detail(&problem).contains("datastore `lake` gives access by folder"),
        "{problem}"
    );
    assert!(
        detail(&problem).contains("`Datastore Reader` at `/workspaces/default/datastores/lake/silver`"),
        "{problem}"
    );
    ada.get(&format!("{WS}/data/bronze/versions/1")).await.fails(404);
    for client in [&eng, &world.owner] {
        client.get(&file("silver")).await.fails(403);
    }
    // The rules of others are not everybody's business, where one may not see assignments.
    let it = world.somebody("it", "IT Administrator").await;
    assert_eq!(
        it.get(ACCESS).await.ok()["rules"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(
        ada.get(ACCESS).await.ok()["rules"].as_array().map(Vec::len),
        Some(2)
    );

    // It counts at once, and is in the audit log.
    let rule = rules["rules"][0]["name"].as_str().expect("an id").to_owned();
    world.owner.delete(&format!("{ACCESS}/{rule}")).await.ok();
    ada.get(&file("silver")).await.fails(403);
    let log = world
        .owner
        .get("/api/v1/audit?outcome=refused&action=datastores/files/read")
        .await
        .ok();
    assert!(
        log.to_string()
            .contains("/workspaces/default/datastores/lake/silver"),
        "{log}"
    );
    let last = world.owner.get(ACCESS).await.ok()["rules"][0]["name"]
        .as_str()
        .expect("an id")
        .to_owned();
    let open = world.owner.delete(&format!("{ACCESS}/{last}")).await.ok();
    assert_eq!(open["by_folder"], false);
    assert!(
        open["warnings"][0]
            .as_str()
            .is_some_and(|text| text.contains("no rule left")),
        "{open}"
    );
    eng.get(&file("bronze")).await.ok();
}

#[tokio::test]
async fn every_way_to_the_bytes_asks() {
    let world = World::start().await;
    let ada = world.somebody("ada", "ML Engineer").await;
    // Known already, and no less the bytes of bronze.
    world
        .owner
        .get(&format!("{WS}/data/bronze/versions/1/profile"))
        .await
        .ok();
    world.grant("ada", "silver", "read").await;
    world.grant("ada", "out", "read_write").await;
    for path in [
        "bronze",
        "silver/../bronze",
        "",
        "si*",
        "silverware/../gold",
        "**/x",
    ] {
        let answer = world.make(&ada, "mine", path).await;
        assert!(matches!(answer.status, 400 | 403), "{path}: {}", answer.body);
    }
    world.make(&ada, "mine", "silver").await.ok();
    world.make(&ada, "some", "silver/*.csv").await.ok();
    ada.get(&format!("{WS}/data/bronze/versions/1/files"))
        .await
        .fails(403);
    ada.get(&format!("{WS}/data/bronze/versions/1/profile"))
        .await
        .fails(403);
    ada.get(&format!("{WS}/data/bronze/history")).await.fails(404);
    ada.get(&format!("{WS}/data/bronze/validations")).await.fails(404);
    ada.get(&format!("{WS}/data/silver/versions/1/profile"))
        .await
        .ok();
    ada.post(
        &format!("{WS}/data:query"),
        json!({"sql": "select * from bronze"}),
    )
    .await
    .fails(403);
    // A copy is read to be made; the folder of the machine is the datastore's.
    let snapshot =
        json!({"type": "uri_folder", "path": "azureml://datastores/lake/paths/gold/", "snapshot": true});
    ada.post(&format!("{WS}/data/copy/versions"), snapshot)
        .await
        .fails(403);
    let local = json!({"type": "uri_folder", "path": world.folder.path().join("gold")});
    ada.post(&format!("{WS}/data/local/versions"), local)
        .await
        .fails(403);
    let model = json!({"type": "custom_model", "path": "azureml://datastores/lake/paths/gold/a.csv"});
    ada.post(&format!("{WS}/models/m/versions"), model)
        .await
        .fails(403);
    let import = |path: &str| {
        json!({"name": "web", "source": {"type": "http", "url": "http://127.0.0.1:9/x.csv"},
            "path": format!("azureml://datastores/lake/paths/{path}")})
    };
    let problem = ada
        .post(&format!("{WS}/data-imports"), import("silver/in"))
        .await
        .fails(403);
    assert!(detail(&problem).contains("datastores/files/write"), "{problem}");
    let allowed = ada.post(&format!("{WS}/data-imports"), import("out/in")).await;
    assert_ne!(allowed.status, 403, "{}", allowed.body);
}

#[tokio::test]
async fn no_other_name_of_the_bytes_is_a_way_around() {
    let world = World::start().await;
    let eng = world.somebody("eng", "ML Engineer").await;
    let other = |path: &Path| json!({"type": "local_folder", "path": path});
    // One that was there before is told.
    eng.put(
        &format!("{WS}/datastores/before"),
        other(&world.folder.path().join("gold")),
    )
    .await
    .ok();
    let rules = world.grant("eng", "silver", "read").await;
    assert!(
        rules["warnings"]
            .to_string()
            .contains("datastore `before` of workspace `default`"),
        "{rules}"
    );
    for path in [
        world.folder.path().join("gold"),
        world.folder.path().to_owned(),
        world.folder.path().join("gold/../bronze"),
    ] {
        let problem = eng
            .put(&format!("{WS}/datastores/again"), other(&path))
            .await
            .fails(403);
        assert!(detail(&problem).contains("given by folder"), "{problem}");
    }
    // To move it would turn the rules to other folders; to describe it anew changes nothing.
    let problem = eng
        .put(
            &format!("{WS}/datastores/lake"),
            other(&world.folder.path().join("gold")),
        )
        .await
        .fails(403);
    assert!(detail(&problem).contains("given by folder"), "{problem}");
    let same = json!({"type": "local_folder", "path": world.folder.path(), "description": "The lake"});
    eng.put(&format!("{WS}/datastores/lake"), same).await.ok();
    // Removed by whoever may not share it, its bytes could be named anew without rules. Made anew under its name, it has them.
    let problem = eng.delete(&format!("{WS}/datastores/lake")).await.fails(403);
    assert!(detail(&problem).contains("given by folder"), "{problem}");
    world.owner.delete(&format!("{WS}/datastores/lake")).await.ok();
    eng.put(&format!("{WS}/datastores/lake"), other(world.folder.path()))
        .await
        .ok();
    eng.get(&format!("{WS}/data/gold/versions/1/files/a.csv"))
        .await
        .fails(403);
    let contributor = world.somebody("con", "Contributor").await;
    let mirror = json!({"uri_mirrors": {"https://example.org/": world.folder.path()}});
    contributor.put(WS, mirror.clone()).await.fails(403);
    world.owner.put(WS, mirror).await.ok();
}

#[tokio::test]
async fn only_who_shares_makes_rules_and_nobody_opens_a_datastore_by_the_way() {
    let world = World::start().await;
    let eng = world.somebody("eng", "ML Engineer").await;
    let body = json!({"principal": "user:eng", "path": "*", "rights": "read_write"});
    eng.post(ACCESS, body.clone()).await.fails(403);
    let given = json!({"principal": "user:eng", "role": "Datastore Writer", "scope": "/workspaces/default/datastores/lake"});
    eng.post("/api/v1/assignments", given).await.fails(403);
    for (path, rights) in [("../gold", "read"), ("*/x", "read"), ("gold", "everything")] {
        let odd = json!({"principal": "user:eng", "path": path, "rights": rights});
        world.owner.post(ACCESS, odd).await.fails(400);
    }
    let nobody = json!({"principal": "user:nobody", "path": "gold", "rights": "read"});
    world.owner.post(ACCESS, nobody).await.fails(404);
    world
        .owner
        .post(&format!("{WS}/datastores/nowhere/access"), body)
        .await
        .fails(404);
    world
        .owner
        .delete(&format!("{ACCESS}/0123456789abcdef"))
        .await
        .fails(404);

    // The only one with a rule is shut out: that opens nothing. Removed, it would, and so it is refused.
    let gone = world.somebody("gone", "Reader").await;
    world.grant("gone", "gold", "read").await;
    gone.get(&format!("{WS}/data/gold/versions/1/files/a.csv"))
        .await
        .ok();
    world
        .owner
        .put("/api/v1/users/gone", json!({"disabled": true}))
        .await
        .ok();
    eng.get(&format!("{WS}/data/gold/versions/1/files/a.csv"))
        .await
        .fails(403);
    let problem = world.owner.delete("/api/v1/users/gone").await.fails(409);
    assert!(
        detail(&problem).contains("last rule of datastore `lake`"),
        "{problem}"
    );
    world.grant("eng", "silver", "read").await;
    world.owner.delete("/api/v1/users/gone").await.ok();
    eng.get(&format!("{WS}/data/gold/versions/1/files/a.csv"))
        .await
        .fails(403);
}

#[tokio::test]
async fn why_is_told_by_the_rules() {
    let world = World::start().await;
    world.somebody("ada", "Data Scientist").await;
    world
        .owner
        .put("/api/v1/teams/analysts", json!({"members": ["user:ada"]}))
        .await
        .ok();
    world.grant("team:analysts", "silver", "read").await;
    let ask = |principal: &str, folder: &str| {
        format!(
            "/api/v1/rights?principal={principal}&action=datastores/files/read&scope=/workspaces/default/datastores/lake/{folder}"
        )
    };
    let yes = world.owner.get(&ask("user:ada", "silver")).await.ok();
    assert_eq!(yes["allowed"], true);
    assert!(
        yes["why"]
            .as_str()
            .is_some_and(|why| why.contains("through team:analysts")),
        "{yes}"
    );
    let no = world.owner.get(&ask("user:owner", "silver")).await.ok();
    assert_eq!(no["allowed"], false);
    assert!(
        no["why"]
            .as_str()
            .is_some_and(|why| why.contains("none of its rules names it")),
        "{no}"
    );
    let who =
        "/api/v1/rights/who?action=datastores/files/read&scope=/workspaces/default/datastores/lake/silver";
    let who = world.owner.get(who).await.ok().to_string();
    assert!(who.contains("user:ada") && !who.contains("user:owner"), "{who}");
}

#[tokio::test]
async fn versions_whose_files_one_may_not_read_are_not_told_of() {
    let world = World::start().await;
    let ada = world.somebody("ada", "Data Scientist").await;
    // A second version of silver lies in gold, and a label names it.
    world.make(&world.owner, "silver", "gold").await.ok();
    let labels = format!("{WS}/data/silver/labels");
    world
        .owner
        .put(&format!("{labels}/best"), json!({"version": "2"}))
        .await
        .ok();
    let names = |listed: &Value| -> Vec<String> {
        let rows = listed["items"].as_array().expect("rows").iter();
        rows.map(|row| {
            let version = row["latest_version"].as_str().or(row["version"].as_str());
            format!(
                "{}:{}",
                row["name"].as_str().expect("a name"),
                version.unwrap_or_default()
            )
        })
        .collect()
    };
    let all = names(&ada.get(&format!("{WS}/data")).await.ok());
    assert_eq!(all, ["bronze:1", "gold:1", "silver:2"].map(str::to_owned));

    world.grant("ada", "silver/*", "read").await;
    let asked = || async {
        world.owner.get("/api/v1/audit?outcome=refused").await.ok()["items"]
            .as_array()
            .map(Vec::len)
    };
    let before = asked().await;
    let told = names(&ada.get(&format!("{WS}/data")).await.ok());
    assert_eq!(told, ["silver:1"], "the newest that may be told of");
    let shown = ada.get(&format!("{WS}/data/silver")).await.ok();
    assert_eq!(shown["latest_version"], "1");
    assert!(!shown.to_string().contains("best"), "{shown}");
    let versions = names(&ada.get(&format!("{WS}/data/silver/versions")).await.ok());
    assert_eq!(versions, ["silver:1"]);
    for hidden in [
        "gold",
        "gold/versions/1",
        "gold/labels",
        "silver/versions/2",
        "silver/labels/best",
        "silver/labels/latest",
    ] {
        ada.get(&format!("{WS}/data/{hidden}")).await.fails(404);
    }
    assert_eq!(asked().await, before, "looking at a list is no attempt");
    // Nor is it changed by whoever may not see it, whatever they may do to data.
    let eng = world.somebody("eng", "ML Engineer").await;
    assert!(names(&eng.get(&format!("{WS}/data")).await.ok()).is_empty());
    let patch = json!({"description": "mine"});
    eng.send("PATCH", &format!("{WS}/data/silver/versions/2"), Some(patch), &[])
        .await
        .fails(404);
    eng.put(&format!("{labels}/mine"), json!({"version": "2"}))
        .await
        .fails(404);
    eng.post(&format!("{WS}/data/gold:archive"), json!({}))
        .await
        .fails(404);
    eng.delete(&format!("{labels}/best")).await.fails(404);
    let kept = world.owner.get(&format!("{labels}/best")).await.ok();
    assert_eq!(kept["version"], "2");
    // What is not there names nothing of what is.
    for (missing, hidden) in [
        ("nosuch", "gold"),
        ("silver/versions/9", "2"),
        ("silver/labels/none", "best"),
    ] {
        let answer = ada.get(&format!("{WS}/data/{missing}")).await.fails(404);
        let hint = answer["hint"].as_str().unwrap_or_default();
        assert!(!hint.contains(hidden), "{answer}");
    }
    let lineage = format!("{WS}/data/silver/versions/2/lineage");
    ada.get(&lineage).await.fails(404);
    world.owner.get(&lineage).await.ok();
    // Who shares the datastores looks after what is in them, without reading it.
    let seen = names(&world.owner.get(&format!("{WS}/data")).await.ok());
    assert_eq!(seen, all);
    world
        .owner
        .get(&format!("{WS}/data/gold/versions/1/files/a.csv"))
        .await
        .fails(403);
}
