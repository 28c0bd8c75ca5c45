//! `tidemill infra`: the stages of the flights example from nothing, exit codes, drift, and a kill in the middle.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Home, Mill, World, done};

/// The infrastructure of the example.
fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/flights/infrastructure")
}

/// The arguments for a stage of the example.
fn stage(world: &World, stage: &str, more: &[&str]) -> Vec<String> {
    let folder = example().join("stage").display().to_string();
    let parameters = example()
        .join(format!("parameters/{stage}.yaml"))
        .display()
        .to_string();
    let data = world.home.path().join("lake").join(stage);
    std::fs::create_dir_all(&data).expect("a folder");
    let mut args = vec!["-f".to_owned(), folder, "--parameters".to_owned(), parameters];
    args.extend(["--set".to_owned(), format!("data={}", data.display())]);
    args.extend(more.iter().map(|word| (*word).to_owned()));
    args
}

fn infra(world: &World, verb: &str, args: &[String]) -> crate::support::Done {
    let args: Vec<&str> = ["infra", verb]
        .into_iter()
        .chain(args.iter().map(String::as_str))
        .collect();
    world.run(&args)
}

#[test]
fn the_stages_of_the_example_come_up_from_nothing_and_a_second_apply_changes_nothing() {
    let world = World::new();
    let shared = example().join("shared").display().to_string();
    let apply = |args: &[&str]| {
        let args: Vec<String> = args.iter().map(|word| (*word).to_owned()).collect();
        infra(&world, "apply", &args)
    };
    let made = apply(&["-f", &shared, "--yes", "-o", "table"]).ok();
    assert!(made.contains("of stack flights: 9 created."), "{made}");
    // PRD wants that TEST has passed the same files, and that somebody of the team agrees who did not make the plan.
    let early = infra(&world, "apply", &stage(&world, "prd", &["--yes"])).fails(1);
    assert!(
        early.contains("these files were not applied in TEST yet"),
        "{early}"
    );
    for name in ["dev", "test"] {
        let made = infra(&world, "apply", &stage(&world, name, &["--yes", "-o", "table"])).ok();
        assert!(
            made.contains(&format!("of stack flights-{name}: 8 created.")),
            "{made}"
        );
    }
    let plan = infra(&world, "plan", &stage(&world, "prd", &[])).json();
    let plan = plan["id"].as_str().expect("an id");
    let waits = world.run(&["infra", "apply", plan]).fails(1);
    assert!(
        waits.contains("0 of 1 approvals of team flights-operations"),
        "{waits}"
    );
    let own = world.run(&["infra", "approve", plan]).fails(1);
    assert!(
        own.contains("flights-operations") || own.contains("made"),
        "{own}"
    );
    let token = world
        .run(&["token", "create", "--principal", "user:olivia"])
        .json();
    let token = token["token"].as_str().expect("shown once");
    world
        .run(&[
            "infra",
            "approve",
            plan,
            "--comment",
            "as agreed",
            "--token",
            token,
        ])
        .ok();
    let made = world.run(&["infra", "apply", plan, "-o", "table"]).ok();
    assert!(made.contains("of stack flights-prd: 8 created."), "{made}");
    let shown = world
        .run(&[
            "workspace",
            "list",
            "-g",
            "flights",
            "--query",
            "[].[name,stage]",
            "-o",
            "tsv",
        ])
        .ok();
    assert_eq!(shown, "flights-dev\tDEV\nflights-prd\tPRD\nflights-test\tTEST\n");
    let roles = world
        .run(&[
            "assignment",
            "list",
            "--query",
            "[?scope=='/workspaces/flights-prd'].role",
            "-o",
            "tsv",
        ])
        .ok();
    assert!(
        roles.contains("Flights Watcher") && !roles.contains("Data Scientist"),
        "{roles}"
    );

    for name in ["dev", "test", "prd"] {
        // In PRD even tests of an unchanged stage are run by a plan that was agreed to.
        let verb = if name == "prd" { "plan" } else { "apply" };
        let more: &[&str] = if name == "prd" {
            &["-o", "table"]
        } else {
            &["--yes", "-o", "table"]
        };
        let again = infra(&world, verb, &stage(&world, name, more));
        assert!(
            format!("{}{}", again.out, again.err).contains(&format!(
                "No changes: stack flights-{name} is as the files want it (8 resources)."
            )),
            "{again:?}"
        );
        infra(&world, "plan", &stage(&world, name, &["--detailed-exitcode"])).ok();
        infra(&world, "drift", &stage(&world, name, &["--detailed-exitcode"])).ok();
    }

    let by_hand = [
        "compute",
        "create",
        "-w",
        "flights-prd",
        "--name",
        "cpu-cluster",
        "--type",
        "amlcompute",
        "--max-instances",
        "1",
    ];
    world.run(&by_hand).ok();
    let drift = infra(
        &world,
        "drift",
        &stage(&world, "prd", &["--detailed-exitcode", "-o", "table"]),
    );
    assert_eq!(drift.code, 2, "{drift:?}");
    assert!(
        drift.out.contains("max_instances: 4 → 1") && drift.out.contains("it was changed by hand"),
        "{}",
        drift.out
    );
    let plan = infra(
        &world,
        "plan",
        &stage(&world, "prd", &["--detailed-exitcode", "-o", "table"]),
    );
    assert_eq!(plan.code, 2, "{plan:?}");
    assert!(
        plan.out.contains("~ compute flights-prd/cpu-cluster") && plan.out.contains("max_instances: 1 → 4"),
        "{}",
        plan.out
    );
    assert!(plan.out.contains("Stages that it touches: PRD"), "{}", plan.out);

    // Everything goes again, stage by stage, and what they share last.
    infra(&world, "destroy", &stage(&world, "prd", &["--yes"])).fails(1);
    // Whoever may change the group by hand may take its gates away, as the audit log tells.
    world
        .home
        .write("open.yml", "name: flights\nstages: [DEV, TEST, PRD]\n");
    world.run(&["group", "create", "-f", "open.yml"]).ok();
    for name in ["dev", "test", "prd"] {
        infra(&world, "destroy", &stage(&world, name, &["--yes"])).ok();
    }
    world
        .run(&["infra", "destroy", "--stack", "flights", "--yes"])
        .ok();
    assert!(
        world
            .run(&["group", "list", "--query", "[].name", "-o", "tsv"])
            .ok()
            .trim()
            == "default"
    );
}

#[test]
fn a_plan_is_applied_by_its_id_and_refused_once_the_world_has_moved() {
    let world = World::new();
    world
        .home
        .write("i/infra.yml", "type: infrastructure\nname: small\n");
    world.home.write("i/team.yml", "kind: team\nname: analysts\n");
    let id = |done: crate::support::Done| done.json()["id"].as_str().expect("an id").to_owned();
    let plan = id(world.run(&["infra", "plan", "-f", "i"]));
    let late = id(world.run(&["infra", "plan", "-f", "i"]));
    // Nobody is there to be asked.
    assert!(
        world
            .run(&["infra", "apply", "-f", "i"])
            .fails(2)
            .contains("--yes")
    );
    world.run(&["infra", "apply", &plan]).ok();
    assert!(
        world
            .run(&["infra", "apply", &plan])
            .err
            .contains("was applied already")
    );
    let refused = world.run(&["infra", "apply", &late]).fails(1);
    assert!(refused.contains("was applied since"), "{refused}");
    // With the flag, every error is 1, also one of the files.
    world.home.write("i/team.yml", "kind: team\nnmae: analysts\n");
    world.run(&["infra", "plan", "-f", "i"]).fails(2);
    let wrong = world
        .run(&["infra", "plan", "-f", "i", "--detailed-exitcode"])
        .fails(1);
    assert!(wrong.contains("i/team.yml:2:1"), "{wrong}");
    let nameless = world.run(&["infra", "plan", "-f", "i/team.yml"]).fails(2);
    assert!(nameless.contains("nmae"), "{nameless}");
}

#[test]
fn a_secret_comes_from_a_variable_and_is_shown_nowhere() {
    let world = World::new();
    world.home.write(
        "i/infra.yml",
        "type: infrastructure\nname: small\nparameters:\n  key: {secret: true}\n",
    );
    world.home.write(
        "i/all.yml",
        "kind: workspace\nname: small\n---\ntype: secret\nname: db\nvalue: ${{parameters.key}}\n---\ntype: s3\nname: raw\n\
         bucket: b\ncredentials: {access_key_id: id, secret_access_key: \"${{secrets.db}}\"}\n",
    );
    let run = |key: &str, args: &[&str]| {
        let mut command = world.command();
        command.env("KEY", key).args(["infra"]).args(args);
        command.args(["-f", "i", "--set-env", "key=KEY", "-o", "table"]);
        done(&mut command)
    };
    let said = |done: crate::support::Done| format!("{}{}", done.out, done.err);
    let made = said(run("hush-hush", &["apply", "--yes"]));
    assert!(
        made.contains("of stack small: 3 created.") && made.contains("value: *** ("),
        "{made}"
    );
    assert!(made.contains("secret_access_key\":\"${{secrets.db}}"), "{made}");
    let again = said(run("hush-hush", &["plan", "--detailed-exitcode"]));
    assert!(again.contains("No changes"), "{again}");
    let other = said(run("hush-other", &["plan"]));
    assert!(
        other.contains("~ secret default/db") && other.contains("value: *** ("),
        "{other}"
    );
    for told in [made, again, other] {
        assert!(!told.contains("hush"), "{told}");
    }
    let missing = world
        .run(&["infra", "plan", "-f", "i", "--set-env", "key=NOT_THERE"])
        .fails(2);
    assert!(missing.contains("the variable NOT_THERE is not set"), "{missing}");
}

#[test]
fn a_kill_in_the_middle_of_an_apply_leaves_a_plan_that_goes_on() {
    let home = Home::new();
    let mut files =
        String::from("kind: group\nname: big\n---\nkind: workspace\nname: big-dev\nresource_group: big\n");
    for n in 0..200 {
        files.push_str(&format!("---\ntype: amlcompute\nname: c{n}\n"));
    }
    home.write("i/infra.yml", "type: infrastructure\nname: big\n");
    home.write("i/all.yml", &files);
    let mill = Mill::start(&home, "127.0.0.1:0");
    let at = |url: &str, args: &[&str]| done(home.command().env("TIDEMILL_URL", url).args(args));
    let plan = at(&mill.url, &["infra", "plan", "-f", "i"]).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut going = home
        .command()
        .env("TIDEMILL_URL", &mill.url)
        .args(["infra", "apply", &plan])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let count = |url: &str| {
        let query = "length(steps[?state=='done'])";
        let told = at(url, &["infra", "show", &plan, "--query", query, "-o", "json"]).ok();
        told.trim().parse::<usize>().expect("a number")
    };
    let until = Instant::now() + Duration::from_secs(60);
    while count(&mill.url) < 10 {
        assert!(Instant::now() < until, "nothing happens");
    }
    mill.signal("-KILL");
    drop(mill);
    assert!(!going.wait().expect("ends").success());

    let mill = Mill::start(&home, "127.0.0.1:0");
    let before = count(&mill.url);
    assert!(
        (10..202).contains(&before),
        "{before} of 202 were done when the server was killed"
    );
    let state = at(
        &mill.url,
        &["infra", "show", &plan, "--query", "state", "-o", "tsv"],
    )
    .ok();
    assert_eq!(state.trim(), "interrupted");
    let ended = at(&mill.url, &["infra", "apply", &plan]).json();
    assert_eq!(ended["state"], "applied");
    let again = at(&mill.url, &["infra", "plan", "-f", "i"]).json();
    assert_eq!(
        (&again["has_changes"], &again["counts"]["keep"]),
        (&false.into(), &202.into())
    );
    // No compute was made twice.
    let made = at(
        &mill.url,
        &[
            "audit",
            "list",
            "--action",
            "computes/write",
            "--max-results",
            "1000",
            "--query",
            "length(@)",
            "-o",
            "json",
        ],
    );
    assert_eq!(made.ok().trim(), "200");
}

#[test]
fn a_template_of_azure_applies_unchanged_and_a_second_time_changes_nothing() {
    let world = World::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tidemill-spec/tests/arm");
    let (template, parameters) = (folder.join("workspace.json"), folder.join("parameters.dev.json"));
    let args = |verb: &'static str, more: &[&'static str]| {
        let mut args = vec![
            "infra".to_owned(),
            verb.to_owned(),
            "-g".to_owned(),
            "flights".to_owned(),
        ];
        args.extend(["--template".to_owned(), template.display().to_string()]);
        args.extend(["--parameters".to_owned(), parameters.display().to_string()]);
        args.extend([
            "--set".to_owned(),
            "scientists=[analysts]".to_owned(),
            "-o".to_owned(),
            "table".to_owned(),
        ]);
        args.extend(more.iter().map(|word| (*word).to_owned()));
        world.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    world.run(&["team", "create", "--name", "analysts"]).ok();
    // The group has to be there, as in Azure.
    let missing = args("plan", &[]).fails(1);
    assert!(
        missing.contains("needs group flights, which is not there"),
        "{missing}"
    );
    world
        .run(&[
            "group",
            "create",
            "--name",
            "flights",
            "--set",
            "location=westeurope",
        ])
        .ok();

    let plan = args("plan", &["--detailed-exitcode"]);
    assert_eq!(plan.code, 2, "{plan:?}");
    for told in [
        "+ workspace flights-dev",
        "+ compute flights-dev/cpu-cluster",
        "network_settings: {\"vnet_name\":\"vnet-ml\",\"subnet\":\"default\"}",
        "+ secret flights/database-password",
        "Read, and without a meaning here:",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.Resources/deployments second-cluster: its condition is false",
    ] {
        assert!(plan.out.contains(told), "{told}\n{}", plan.out);
    }
    let done = args("apply", &["--yes"]);
    let said = format!("{}{}", done.out, done.err);
    assert!(
        done.code == 0 && done.out.contains("of stack flights.parameters.dev: 7 created."),
        "{said}"
    );
    assert!(done.out.contains("clusterSize: Standard_DS3_v2"), "{said}");
    assert!(
        !said.contains("hush") && !said.contains("correct-horse"),
        "{said}"
    );
    let secret = world
        .run(&[
            "secret", "list", "-g", "flights", "--query", "[].name", "-o", "tsv",
        ])
        .ok();
    assert_eq!(secret.trim(), "database-password");
    let again = args("apply", &["--yes"]);
    assert!(
        again.err.contains("No changes: stack flights.parameters.dev"),
        "{again:?}"
    );
    assert!(
        args("drift", &["--detailed-exitcode"])
            .ok()
            .starts_with("No drift")
    );
    for file in ["tidemill.db", "tidemill.db-wal"] {
        let bytes = std::fs::read(world.home.data().join(file)).unwrap_or_default();
        let holds = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        assert!(!holds(b"hush-hush") && !holds(b"correct-horse"), "{file}");
    }
    args("destroy", &["--yes"]).ok();
}

#[test]
fn a_template_that_names_others_by_link_applies_from_its_folder_and_reads_nothing_outside_of_it() {
    let world = World::new();
    let linked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tidemill-spec/tests/arm/linked/main.json");
    world.run(&["group", "create", "--name", "churn"]).ok();
    let run = |verb: &str, template: &Path, more: &[&str]| {
        let template = template.display().to_string();
        let mut args = vec![
            "infra",
            verb,
            "-g",
            "churn",
            "--template",
            &template,
            "-o",
            "table",
        ];
        args.extend(more);
        world.run(&args)
    };
    let done = run("apply", &linked, &["--yes"]);
    let said = format!("{}{}", done.out, done.err);
    assert!(done.code == 0 && said.contains("created."), "{said}");
    for told in [
        "+ workspace churn-ml",
        "+ compute churn-ml/c0",
        "+ compute churn-ml/c1",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
    let again = run("apply", &linked, &["--yes"]);
    assert!(again.err.contains("No changes"), "{again:?}");
    // A file outside of the folder, one that is not there, and one elsewhere are named, and nothing of them is read.
    world.home.write("outside.json", "not for templates: hush");
    world.home.write("folder/inside.json", "{}");
    for (link, told) in [
        ("{\"relativePath\": \"../outside.json\"}", "outside of the folder"),
        ("{\"relativePath\": \"nowhere.json\"}", "nowhere.json"),
        ("{\"uri\": \"http://127.0.0.1:9/a.json\"}", "is not fetched"),
        ("{\"uri\": \"/etc/passwd\"}", "is not fetched"),
    ] {
        let template = format!(
            "{{\"resources\": [{{\"type\": \"Microsoft.Resources/deployments\", \"apiVersion\": \"2022-09-01\", \"name\": \"n\",
              \"properties\": {{\"mode\": \"Incremental\", \"templateLink\": {link}}}}}]}}"
        );
        world.home.write("folder/main.json", &template);
        let error = run("plan", &world.home.path().join("folder/main.json"), &[]).fails(2);
        assert!(error.contains(told) && !error.contains("hush"), "{link}: {error}");
    }
}
