//! Releases through the real binary: from a deployment in DEV through TEST to PRD, with its gates, and back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::*;

const SCORE: &str = r#"
import json, os

def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model/weights.txt")) as file:
        model = file.read().strip()

def run(data):
    asked = json.loads(data) if data else {}
    if asked.get("raise"):
        raise ValueError("as it was told")
    return {"model": model, "delay": 12.5}
"#;

const ENDPOINT: &str = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json\nname: flights\nauth_mode: key\n";

/// The release of `blue`, with a request whose answer must name the model.
fn release(model: &str, more: &str) -> String {
    format!(
        "type: release\nname: flights\nendpoint: flights\ndeployment: blue\n\
         tests:\n  - name: two flights\n    request_file: request.json\n    expect: {{json: {{model: {model}, delay: 12.4}}, tolerance: 0.2}}\n\
         gates:\n  PRD:\n    approvals: {{count: 1}}\n    tests: 1\n{more}"
    )
}

/// Writes and brings up `blue` in DEV with this model.
fn deployed(mill: &Mill, model: &str) {
    mill.write("blue/model/weights.txt", model);
    mill.write(
        "blue.yml",
        format!(
            "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\nname: blue\n\
             endpoint_name: flights\nmodel: {{path: ./blue/model/}}\ncode_configuration: {{code: ./src, scoring_script: score.py}}\n\
             {ENVIRONMENT}\nreadiness_probe: {{initial_delay: 20, period: 1, failure_threshold: 5}}\n\
             liveness_probe: {{period: 1, failure_threshold: 2, timeout: 1}}\n"
        ),
    );
    mill.ok(&[
        "online-deployment",
        "create",
        "-w",
        "dev",
        "-f",
        "blue.yml",
        "--all-traffic",
    ]);
}

/// A server with workspaces of three stages, and a deployment in the first.
fn three_stages() -> Mill {
    let mill = Mill::start();
    for (name, stage) in [("dev", "DEV"), ("tst", "TEST"), ("prd", "PRD")] {
        mill.ok(&[
            "workspace",
            "create",
            "--name",
            name,
            "--set",
            &format!("stage={stage}"),
        ]);
    }
    mill.write("endpoint.yml", ENDPOINT);
    mill.write("request.json", "{}");
    mill.write("src/score.py", SCORE);
    mill.ok(&["online-endpoint", "create", "-w", "dev", "-f", "endpoint.yml"]);
    deployed(&mill, "first");
    mill
}

fn owner(mill: &Mill) -> String {
    let text = std::fs::read_to_string(mill.data.join("keys/owner.token")).expect("the owner's token");
    text.trim().to_owned()
}

/// A user with a role everywhere; gives their token.
fn user(mill: &Mill, name: &str, role: &str) -> String {
    mill.ok(&["user", "create", "--name", name]);
    let principal = format!("user:{name}");
    mill.ok(&["role", "assign", role, &principal, "--scope", "/"]);
    let path = format!("/api/v1/tokens?principal={principal}");
    let (status, body) = mill.http("POST", &path, Some(&owner(mill)), "{}");
    assert_eq!(status, 200, "{body}");
    let made: Value = serde_json::from_str(&body).expect("JSON");
    made["token"].as_str().expect("a token").to_owned()
}

fn act(mill: &Mill, action: &str, token: &str, body: Value) -> (u16, String) {
    let path = format!("/api/v1/workspaces/dev/releases/flights:{action}");
    mill.http("POST", &path, Some(token), &body.to_string())
}

/// The state of a release in a stage, and why.
fn stands(mill: &Mill, release: &str, stage: &str) -> (String, String) {
    let shown = mill.ok(&["release", "show", release, "-w", "dev"]);
    let stages = shown["stages"].as_array().expect("stages");
    let there = stages
        .iter()
        .find(|one| one["stage"] == stage)
        .expect("the stage");
    let text = |field: &str| there[field].as_str().unwrap_or_default().to_owned();
    (text("state"), text("reason"))
}

fn until_it(mill: &Mill, release: &str, stage: &str, state: &str) {
    mill.until(&format!("{release} was {state} in {stage}"), || {
        (stands(mill, release, stage).0 == state).then_some(())
    });
}

/// The model that answers in a workspace.
fn answers(mill: &Mill, workspace: &str) -> String {
    let done = mill.run(&[
        "online-endpoint",
        "invoke",
        "-w",
        workspace,
        "-n",
        "flights",
        "-r",
        "request.json",
    ]);
    done.ends(0).json()["model"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_release_goes_through_its_gates_to_production_and_back() {
    let mill = three_stages();
    let bob = user(&mill, "bob", "Release Manager");
    let eve = user(&mill, "eve", "Data Scientist");
    mill.write("release.yml", release("first", ""));
    let made = mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    let digest = made["digest"].as_str().expect("a digest").to_owned();
    assert_eq!((made["number"].as_i64(), digest.len()), (Some(1), 64));
    // Not past a stage.
    mill.run(&["release", "promote", "flights", "-w", "dev", "--stage", "PRD"])
        .ends(1)
        .says("has not been through TEST");
    mill.ok(&["release", "promote", "flights", "-w", "dev"]);
    assert_eq!(stands(&mill, "flights:1", "TEST").0, "Live");
    assert_eq!(answers(&mill, "tst"), "first");
    // Production waits for somebody else than who made it.
    mill.run(&["release", "promote", "flights", "-w", "dev"])
        .ends(0)
        .says("0 of 1 approvals");
    mill.ok(&["user", "create", "--name", "carol"]);
    mill.ok(&["team", "create", "--name", "ops", "--members", "user:carol"]);
    mill.ok(&[
        "role",
        "assign",
        "Release Manager",
        "team:ops",
        "--scope",
        "/workspaces/prd",
    ]);
    let plan = mill.ok(&["release", "plan", "flights", "-w", "dev"]);
    let who = plan["steps"][2]["who"].to_string();
    assert!(
        who.contains("user:carol") && who.contains("user:bob") && !who.contains("user:owner"),
        "{plan}"
    );
    mill.run(&["release", "approve", "flights", "-w", "dev"])
        .ends(1)
        .says("who made a release does not approve it");
    assert_eq!(act(&mill, "approve", &eve, json!({})).0, 403);
    assert_eq!(mill.ok(&["online-endpoint", "list", "-w", "prd"]), json!([]));
    assert_eq!(
        act(&mill, "approve", &bob, json!({"comment": "as agreed"})).0,
        200
    );
    until_it(&mill, "flights:1", "PRD", "Live");
    assert_eq!(answers(&mill, "prd"), "first");
    // Its model is a version there, too, that says where it comes from; once, and as each stage has it.
    for workspace in ["tst", "prd"] {
        let versions = mill.ok(&["model", "list", "--name", "flights", "-w", workspace]);
        assert_eq!(versions.as_array().map(Vec::len), Some(1), "{versions}");
        let version = mill.ok(&[
            "model",
            "show",
            "--name",
            "flights",
            "--version",
            "1",
            "-w",
            workspace,
        ]);
        assert_eq!(
            version["properties"]["tidemill.release"], "dev/flights:1",
            "{version}"
        );
        assert_eq!(
            version["properties"]["tidemill.release.digest"], digest,
            "{version}"
        );
        let folder = mill.path(&format!("from {workspace}"));
        let to = folder.display().to_string();
        mill.run(&[
            "model",
            "download",
            "--name",
            "flights",
            "--version",
            "1",
            "--download-path",
            &to,
            "-w",
            workspace,
        ])
        .ends(0);
        let found = files(&folder);
        assert!(
            found
                .iter()
                .any(|file| std::fs::read_to_string(file).is_ok_and(|text| text == "first")),
            "{found:?}"
        );
    }
    // No other way leads there, not even for the owner.
    for args in [
        vec!["online-deployment", "create", "-w", "prd", "-f", "blue.yml"],
        vec![
            "online-endpoint",
            "update",
            "-w",
            "prd",
            "-n",
            "flights",
            "--traffic",
            "flights-1=0",
        ],
        vec!["online-endpoint", "delete", "-w", "prd", "-n", "flights", "--yes"],
    ] {
        mill.run(&args).ends(1).says("only releases change");
    }
    // The next one takes half of the requests first, then all; and is taken back.
    deployed(&mill, "second");
    assert_eq!(
        (answers(&mill, "tst"), answers(&mill, "prd")),
        ("first".into(), "first".into()),
        "bytes are those of the release"
    );
    mill.write(
        "release.yml",
        release("second", "rollout: {steps: [50], pause_seconds: 1}\n"),
    );
    let made = mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    assert_ne!(made["digest"], digest);
    mill.ok(&["release", "promote", "flights:2", "-w", "dev"]);
    mill.ok(&["release", "promote", "flights:2", "-w", "dev", "--no-wait"]);
    mill.run(&["release", "promote", "flights:1", "-w", "dev", "--stage", "PRD"])
        .ends(1);
    assert_eq!(act(&mill, "approve", &bob, json!({"number": 2})).0, 200);
    until_it(&mill, "flights:2", "PRD", "Live");
    assert_eq!(answers(&mill, "prd"), "second");
    mill.ok(&[
        "release",
        "rollback",
        "flights:2",
        "-w",
        "dev",
        "--stage",
        "PRD",
        "--comment",
        "late",
    ]);
    assert_eq!(answers(&mill, "prd"), "first");
    assert_eq!(
        stands(&mill, "flights:2", "PRD"),
        ("RolledBack".into(), "late".into())
    );
    assert_eq!(stands(&mill, "flights:1", "PRD").0, "Live");
    // What was in production, why, and who agreed.
    let history = mill.ok(&["release", "history", "-w", "prd"]);
    let kinds: Vec<(&str, &str)> = history
        .as_array()
        .expect("rows")
        .iter()
        .rev()
        .map(|row| {
            (
                row["release"].as_str().expect("a release"),
                row["kind"].as_str().expect("a kind"),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("flights:1", "promoted"),
            ("flights:1", "approved"),
            ("flights:1", "passed"),
            ("flights:1", "deployed"),
            ("flights:1", "tested"),
            ("flights:1", "live"),
            ("flights:2", "promoted"),
            ("flights:2", "approved"),
            ("flights:2", "passed"),
            ("flights:2", "deployed"),
            ("flights:2", "tested"),
            ("flights:2", "step"),
            ("flights:1", "superseded"),
            ("flights:2", "live"),
            ("flights:2", "rolled_back"),
            ("flights:1", "live"),
        ]
    );
    let agreed = history
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["kind"] == "approved")
        .expect("one");
    assert_eq!(agreed["who"], "user:bob");
}

#[test]
fn a_hand_on_the_traffic_stops_a_rollout_and_stays() {
    let mill = three_stages();
    mill.write("release.yml", release("first", ""));
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "flights:1", "-w", "dev"]);
    deployed(&mill, "second");
    mill.write(
        "release.yml",
        release("second", "rollout: {steps: [50], pause_seconds: 8}\n"),
    );
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "flights:2", "-w", "dev", "--no-wait"]);
    let share = |release: &str| {
        let shown = mill.ok(&["release", "show", release, "-w", "dev"]);
        let stages = shown["stages"].as_array().expect("stages").clone();
        let tested = stages.into_iter().find(|one| one["stage"] == "TEST");
        tested.expect("the stage")["traffic_percent"].as_i64()
    };
    assert_eq!(share("flights:1"), Some(100));
    mill.until("half of the requests went to the new one", || {
        (share("flights:2") == Some(50)).then_some(())
    });
    mill.ok(&[
        "online-endpoint",
        "update",
        "-w",
        "tst",
        "-n",
        "flights",
        "--traffic",
        "flights-1=100",
    ]);
    until_it(&mill, "flights:2", "TEST", "Failed");
    let (_, why) = stands(&mill, "flights:2", "TEST");
    assert!(why.contains("somebody changed the traffic"), "{why}");
    assert_eq!((share("flights:1"), share("flights:2")), (Some(100), Some(0)));
    assert_eq!(answers(&mill, "tst"), "first");
    assert_eq!(stands(&mill, "flights:1", "TEST").0, "Live");
}

#[test]
fn what_fails_on_its_way_leaves_what_answers_alone() {
    let mut mill = three_stages();
    mill.write("release.yml", release("first", ""));
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "flights", "-w", "dev"]);
    // A test that expects another answer.
    deployed(&mill, "second");
    mill.write("release.yml", release("third", ""));
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.run(&["release", "promote", "flights", "-w", "dev"])
        .ends(1)
        .says("system test `two flights` failed")
        .says("expected \"third\", got \"second\"");
    assert_eq!(answers(&mill, "tst"), "first");
    let there = mill.ok(&["online-deployment", "list", "-w", "tst", "-e", "flights"]);
    assert_eq!(
        there.as_array().map(Vec::len),
        Some(1),
        "nothing of it is left: {there}"
    );
    // Killed in the middle, it goes on when the server is there again.
    mill.write(
        "release.yml",
        release("second", "rollout: {steps: [10, 50], pause_seconds: 2}\n"),
    );
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "flights:3", "-w", "dev", "--no-wait"]);
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(1500));
        mill.kill_server();
        mill.start_server();
    }
    until_it(&mill, "flights:3", "TEST", "Live");
    assert_eq!(answers(&mill, "tst"), "second");
    // A gate that will not hold, and one who withdraws.
    mill.write(
        "release.yml",
        release("second", "    promoters: [\"service-principal:ci\"]\n"),
    );
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "flights:4", "-w", "dev"]);
    mill.run(&["release", "promote", "flights:4", "-w", "dev"])
        .ends(1)
        .says("owner is not among service-principal:ci");
    mill.ok(&["release", "promote", "flights:3", "-w", "dev", "--no-wait"]);
    mill.ok(&[
        "release",
        "reject",
        "flights:3",
        "-w",
        "dev",
        "--comment",
        "not now",
    ]);
    until_it(&mill, "flights:3", "PRD", "Rejected");
    // What somebody said of it counts until it is asked for anew, and as long as they may say it.
    let bob = user(&mill, "bob", "Release Manager");
    let waits = |says: &str| {
        mill.until(&format!("it waited with {says}"), || {
            let (state, reason) = stands(&mill, "flights:3", "PRD");
            (state == "Waiting" && reason.contains(says)).then_some(())
        });
    };
    mill.ok(&["release", "promote", "flights:3", "-w", "dev", "--no-wait"]);
    waits("0 of 1");
    assert_eq!(act(&mill, "reject", &bob, json!({"number": 3})).0, 200);
    until_it(&mill, "flights:3", "PRD", "Rejected");
    mill.ok(&["release", "promote", "flights:3", "-w", "dev", "--no-wait"]);
    waits("0 of 1");
    mill.write(
        "release.yml",
        release("second", "").replace("count: 1", "count: 2"),
    );
    mill.ok(&["release", "reject", "flights:3", "-w", "dev"]);
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.ok(&["release", "promote", "flights:5", "-w", "dev"]);
    mill.ok(&["release", "promote", "flights:5", "-w", "dev", "--no-wait"]);
    assert_eq!(act(&mill, "approve", &bob, json!({"number": 5})).0, 200);
    let five = |says: &str| {
        mill.until(&format!("it waited with {says}"), || {
            stands(&mill, "flights:5", "PRD").1.contains(says).then_some(())
        });
    };
    five("1 of 2 approvals: user:bob");
    let given = mill.ok(&["assignment", "list"]);
    let his = given
        .as_array()
        .expect("rows")
        .iter()
        .find(|one| one["principal"] == "user:bob")
        .expect("one");
    let name = his["name"].as_str().expect("a name");
    mill.run(&["assignment", "delete", "--name", name, "--yes"])
        .ends(0);
    five("0 of 2");
}

#[test]
fn a_release_that_makes_no_sense_is_refused() {
    let mill = three_stages();
    let cases = [
        ("deployment: blue", "deployment: red", "red"),
        ("  PRD:", "  LIVE:", "no stage LIVE"),
        ("count: 1", "count: 0", "at least 1"),
        (
            "request_file: request.json",
            "request_file: none.json",
            "none.json",
        ),
        ("tolerance: 0.2", "tolerance: -1", "tolerance"),
    ];
    for (from, to, says) in cases {
        mill.write("release.yml", release("first", "").replace(from, to));
        let done = mill.run(&["release", "create", "-w", "dev", "-f", "release.yml"]);
        assert_ne!(done.code, 0, "{to}");
        done.says(says);
    }
    mill.write("release.yml", release("first", ""));
    mill.ok(&["online-endpoint", "create", "-w", "tst", "-f", "endpoint.yml"]);
    mill.run(&["release", "create", "-w", "tst", "-f", "release.yml"])
        .ends(1)
        .says("a release is made in DEV");
    assert!(
        mill.ok(&["release", "list", "-w", "dev"])
            .as_array()
            .is_some_and(Vec::is_empty)
    );
    // As long as nothing may be released, nothing is.
    mill.write(
        "release.yml",
        release("first", "  TEST:\n    freeze: [{from: 2020-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z, reason: holidays}]\n"),
    );
    mill.ok(&["release", "create", "-w", "dev", "-f", "release.yml"]);
    mill.run(&["release", "promote", "flights", "-w", "dev"])
        .ends(0)
        .says("nothing is released now: holidays");
    mill.run(&["release", "promote", "flights", "-w", "dev"])
        .ends(1)
        .says("is on its way there");
}
