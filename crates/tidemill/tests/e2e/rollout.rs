//! A roll-out as a CI job does it: sign in with a signed token, plan, wait for the board, apply, and have its tests run.

use serde_json::json;
use tidemill_testkit::Issuer;

use crate::support::*;

const FOLDER: &str = r#"type: infrastructure
name: flights-${{parameters.stage}}
parameters:
  stage: {type: string}
  label: {type: string}
tests:
  - name: its own store opens
    probe: {datastore: workspaceblobstore}
  - name: a job runs
    command: test "$STAGE" = ${{parameters.stage}}
    environment: {image: "python:3"}
    environment_variables:
      STAGE: ${{parameters.stage}}
"#;

fn stage(mill: &Mill, name: &str, label: &str) -> Vec<String> {
    mill.write(
        &format!("parameters/{name}.yaml"),
        format!("stage: {name}\nlabel: {label}\n"),
    );
    ["-f", "infra", "--parameters", &format!("parameters/{name}.yaml")]
        .map(str::to_owned)
        .to_vec()
}

fn infra(mill: &Mill, token: &str, verb: &str, args: &[String]) -> Done {
    let mut all = vec!["infra", verb, "--token", token];
    all.extend(args.iter().map(String::as_str));
    mill.run(&all)
}

#[test]
fn a_ci_job_signs_in_by_its_signed_token_and_rolls_out_what_has_passed_its_tests() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let issuer = runtime.block_on(Issuer::start());
    let mill = Mill::start();
    mill.write(
        "ci.yml",
        format!("name: ci\nfederated:\n  - {{issuer: \"{}\", audience: tidemill, subject: \"repo:acme/infra:*\"}}\n", issuer.url),
    );
    mill.write(
        "group.yml",
        "name: flights\nstages: [TEST, PRD]\ninfrastructure:\n  PRD:\n    approvals: {count: 1, team: board}\n    branches: [refs/heads/main]\n    tested_in: TEST\n",
    );
    mill.ok(&["service-principal", "create", "-f", "ci.yml"]);
    mill.ok(&["user", "create", "--name", "ada"]);
    mill.ok(&["team", "create", "--name", "board", "--members", "user:ada"]);
    mill.ok(&["group", "create", "-f", "group.yml"]);
    mill.ok(&[
        "role",
        "assign",
        "Contributor",
        "service-principal:ci",
        "--scope",
        "/",
    ]);
    mill.ok(&["role", "assign", "IT Administrator", "user:ada", "--scope", "/"]);
    let ada = mill.ok(&["token", "create", "--principal", "user:ada"])["token"]
        .as_str()
        .expect("shown once")
        .to_owned();
    mill.write("infra/infra.yml", FOLDER);
    mill.write("infra/workspace.yml", "kind: workspace\nname: flights-${{parameters.stage}}\nresource_group: flights\nstage: ${{parameters.label}}\n");

    // Signed in, the token is in a file of its own, which the context names.
    let mut claims = issuer.claims("tidemill", "repo:acme/infra:ref:refs/heads/main");
    claims["ref"] = json!("refs/heads/main");
    claims["sha"] = json!("c0ffee");
    mill.write("id-token", issuer.sign(&claims));
    let done = mill.ok(&["login", "--federated-token", "id-token"]);
    assert_eq!(done["principal"], "service-principal:ci");
    let file = done["token_file"].as_str().expect("a file").to_owned();
    let token = std::fs::read_to_string(&file)
        .expect("it is there")
        .trim()
        .to_owned();
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(
        std::fs::metadata(&file).expect("there").permissions().mode() & 0o777,
        0o600
    );
    mill.run(&["login", "--federated-token", "id-token"])
        .ends(1)
        .says("used before");
    mill.run(&["login", "--federated-token", "nowhere"])
        .ends(1)
        .says("nowhere");
    // Without --token the file of the context counts.
    let own = mill.ok(&["token", "list"]);
    assert_eq!(
        own,
        json!([]),
        "those of the service principal, and not the owner's"
    );
    let plan = infra(&mill, &token, "plan", &stage(&mill, "prd", "PRD"))
        .ends(0)
        .json();
    let id = plan["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (plan["branch"].as_str(), plan["commit"].as_str()),
        (Some("refs/heads/main"), Some("c0ffee"))
    );
    infra(&mill, &token, "apply", &[id.clone()])
        .ends(1)
        .says("these files were not applied in TEST yet");
    let mut args = stage(&mill, "test", "TEST");
    args.push("--yes".into());
    let done = infra(&mill, &token, "apply", &args).ends(0);
    assert!(
        done.err.contains("test a job runs: passed: job rollout_"),
        "{}",
        done.err
    );
    infra(&mill, &token, "apply", &[id.clone()])
        .ends(1)
        .says("0 of 1 approvals of team board");
    let agreed = infra(
        &mill,
        &ada,
        "approve",
        &[id.clone(), "--comment".into(), "as agreed".into()],
    )
    .ends(0)
    .json();
    assert!(
        agreed["gates"]
            .as_array()
            .expect("gates")
            .iter()
            .all(|gate| gate["verdict"] == "passed"),
        "{agreed}"
    );
    let done = infra(&mill, &token, "apply", &[id]).ends(0).json();
    assert_eq!(done["state"], "applied");
    assert!(
        done["tests"]
            .as_array()
            .expect("tests")
            .iter()
            .all(|test| test["state"] == "passed"),
        "{done}"
    );

    // A test that does not pass ends the apply with 1, and TEST no longer stands for these files.
    mill.write("infra/infra.yml", FOLDER.replace("test \"$STAGE\" =", "false &&"));
    let failed = infra(&mill, &token, "apply", &args).ends(1);
    assert!(
        failed.err.contains("these tests did not pass: a job runs"),
        "{}",
        failed.err
    );
    let plan = infra(&mill, &token, "plan", &stage(&mill, "prd", "PRD"))
        .ends(0)
        .json();
    assert_eq!(plan["has_changes"], false);
}
