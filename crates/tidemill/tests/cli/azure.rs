//! Called by the name `az`.

use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::support::{Done, PROGRAM, World, done};

fn az(world: &World, args: &[&str]) -> Done {
    let link = world.home.path().join("az");
    if !link.exists() {
        symlink(PROGRAM, &link).expect("links can be made");
    }
    let mut command = Command::new(link);
    command
        .args(args)
        .env_clear()
        .env("HOME", world.home.path())
        .env("TIDEMILL_URL", &world.mill.url);
    done(command.current_dir(world.home.path()).stdin(Stdio::null()))
}

#[test]
fn az_ml_answers_as_tidemill_does() {
    let world = World::new();
    az(
        &world,
        &[
            "configure",
            "--defaults",
            "group=default",
            "workspace=default",
            "location=eastus",
        ],
    )
    .ok();
    let args = [
        "ml",
        "compute",
        "create",
        "--name",
        "cpu-cluster",
        "--type",
        "amlcompute",
        "--min-instances",
        "0",
    ];
    let made = az(
        &world,
        &[&args[..], &["--max-instances", "2", "-g", "default", "--no-wait"]].concat(),
    )
    .json();
    assert_eq!(made["max_instances"], 2);
    let listed = az(
        &world,
        &[
            "ml",
            "datastore",
            "list",
            "--query",
            "[0].name",
            "-o",
            "tsv",
            "--resource-group",
            "default",
        ],
    );
    assert_eq!(listed.ok(), "workspaceartifactstore\n");
    let shown = az(&world, &["ml", "workspace", "show", "--name", "default"]).json();
    assert_eq!(shown["name"], "default");
}

#[test]
fn other_commands_of_az_are_not_ours() {
    let world = World::new();
    insta::assert_snapshot!("az_other", az(&world, &["vm", "list"]).fails(2));
    assert!(az(&world, &["ml", "job", "--help"]).ok().contains("az ml job"));
}

#[test]
fn what_scripts_do_around_az_ml_is_answered_or_passed_over() {
    let world = World::new();
    for words in [
        &["account", "set", "--subscription", "mine"][..],
        &["login", "--identity"],
        &["extension", "add", "-n", "ml", "-y"],
        &["group", "create", "-n", "g", "-l", "eastus"],
        &[
            "config",
            "set",
            "extension.use_dynamic_install=yes_without_prompt",
        ],
    ] {
        assert_eq!(az(&world, words).ok(), "", "{words:?}");
    }
    az(
        &world,
        &["configure", "--defaults", "workspace=churn", "group=sales"],
    )
    .ok();
    let workspace = "[?name=='workspace'].value";
    for (words, said) in [
        (
            &["configure", "-l", "--query", workspace, "-o", "tsv"][..],
            "churn\n",
        ),
        (
            &["config", "get", "defaults.group", "--query", "value", "-o", "tsv"],
            "sales\n",
        ),
        (
            &["account", "show", "--query", "id", "-o", "tsv"],
            "00000000-0000-0000-0000-000000000000\n",
        ),
    ] {
        assert_eq!(az(&world, words).ok(), said, "{words:?}");
    }
    let shown = az(
        &world,
        &[
            "ml",
            "workspace",
            "show",
            "-n",
            "default",
            "--subscription",
            "mine",
        ],
    )
    .json();
    assert_eq!(shown["resource_group"], "default");
    assert!(
        shown["mlflow_tracking_uri"]
            .as_str()
            .is_some_and(|uri| uri.starts_with("http"))
    );
}

/// Runs `az ml …`; spaces part the words.
fn ml(world: &World, line: &str) -> Done {
    let mut args = vec!["ml"];
    args.extend(line.split(' '));
    az(world, &args)
}

#[test]
fn computes_and_workspaces_take_the_options_that_az_has() {
    let world = World::new();
    let instance = ml(
        &world,
        "compute create -n desk --type ComputeInstance --size STANDARD_D2_v2 --idle-time-before-shutdown-minutes 30 \
         --enable-sso true --user-object-id 6f1c9f5e-0b7d-4c0e-9a57-0d8f2c3b1a44 --user-tenant-id t --no-wait",
    );
    assert!(
        instance.err.contains("these fields have no effect here: `size`")
            && instance.err.contains("`enable_sso`"),
        "{}",
        instance.err
    );
    let instance = instance.json();
    assert_eq!(instance["idle_time_before_shutdown_minutes"], 30);
    assert_eq!(
        instance["create_on_behalf_of"]["user_object_id"],
        "6f1c9f5e-0b7d-4c0e-9a57-0d8f2c3b1a44"
    );
    assert_eq!(instance["provisioning_state"], "Succeeded");
    let attached = ml(
        &world,
        "compute attach --name k8s --type Kubernetes --namespace ns --resource-id /subscriptions/x --identity-type SystemAssigned",
    )
    .json();
    assert_eq!(
        (&attached["type"], &attached["namespace"]),
        (&"kubernetes".into(), &"ns".into())
    );
    assert_eq!(
        ml(&world, "compute show -n k8s --query provisioning_state -o tsv").ok(),
        "Succeeded\n"
    );
    ml(&world, "compute detach -n k8s --yes").ok();
    assert!(
        ml(&world, "compute show -n k8s")
            .fails(1)
            .contains("failed to find compute `k8s`")
    );

    let made = ml(
        &world,
        "workspace create -n hub-one --kind hub --location eastus --public-network-access Enabled --key-vault kv -s sa -a ai -c cr \
         --managed-network allow_internet_outbound --enable-data-isolation --tags a=b c=d -u",
    )
    .json();
    assert_eq!(
        made["managed_network"]["isolation_mode"],
        "allow_internet_outbound"
    );
    assert_eq!((&made["kind"], &made["key_vault"]), (&"hub".into(), &"kv".into()));
    assert_eq!(
        ml(
            &world,
            "workspace list --filtered-kinds hub --query [].name -o tsv"
        )
        .ok(),
        "hub-one\n"
    );
    assert_eq!(
        ml(&world, "workspace show -n default --query location -o tsv").ok(),
        "local\n"
    );
    let changed = ml(
        &world,
        "workspace update -n hub-one --remove tags.a --add tags.e=f --set description=d",
    )
    .json();
    assert_eq!(changed["tags"], serde_json::json!({"c": "d", "e": "f"}));
    let absent = ml(&world, "workspace update -n hub-one --remove tags.a").fails(2);
    assert!(absent.contains("it has no `tags.a`"), "{absent}");
}

#[test]
fn jobs_and_assets_take_the_options_that_az_has() {
    let world = World::new();
    world.home.write("t.csv", "a\n1\n");
    world.home.write(
        "job.yml",
        "command: echo hi\nenvironment: {image: python}\ncompute: local\ntags: {team: blue, old: x}\n",
    );
    let made = ml(
        &world,
        "job create -f job.yml -n one --experiment-name tried --save-as made.yml --skip-validation --set tags.n=1",
    )
    .json();
    assert_eq!(made["experiment_name"], "tried");
    let saved = std::fs::read_to_string(world.home.path().join("made.yml")).expect("it was written");
    assert!(
        saved.contains("name: one") && saved.contains("experiment_name: tried"),
        "{saved}"
    );
    ml(&world, "job create -f job.yml -n two --set tags.team=red").ok();
    assert_eq!(
        ml(&world, "job list --tag team=blue --query [].name -o tsv").ok(),
        "one\n"
    );
    let both = ml(&world, "job list --tag team --all-results true --query length(@)").ok();
    assert_eq!(both.trim(), "2");
    let changed = ml(
        &world,
        "job update -n one --add tags.new=02 --remove tags.old tags.n --force-string",
    )
    .json();
    assert_eq!(changed["tags"], serde_json::json!({"team": "blue", "new": "02"}));

    ml(
        &world,
        "data create -n t -v 1 --type uri_file --path t.csv --skip-validation --no-wait",
    )
    .ok();
    let changed = ml(&world, "data update -n t -v 1 --add tags.a=b").json();
    assert_eq!(changed["tags"]["a"], "b");
    let changed = ml(&world, "data update -n t -v 1 --remove tags.a").json();
    assert_eq!(changed["tags"], serde_json::json!({}));
    ml(
        &world,
        "model create -n m -v 1 --path t.csv --type custom_model --stage Production",
    )
    .ok();
    ml(&world, "model create -n m -v 2 --path t.csv --type custom_model").ok();
    assert_eq!(
        ml(
            &world,
            "model list -n m --stage production --query [].version -o tsv"
        )
        .ok(),
        "1\n"
    );
}

#[test]
fn a_datastore_is_updated_from_a_file_and_one_that_cannot_be_read_says_so() {
    let world = World::new();
    let store = "name: share\ntype: azure_file\naccount_name: acc\nfile_share_name: s\ndescription: ";
    world.home.write("share.yml", &format!("{store}one\n"));
    let made = ml(&world, "datastore create -f share.yml");
    assert!(
        made.err
            .contains("`type` (a network share is not mounted here, so that nothing is read from it)"),
        "{}",
        made.err
    );
    made.ok();
    world.home.write("share.yml", &format!("{store}two\n"));
    let changed = ml(&world, "datastore update -n share -f share.yml --set tags.a=b").json();
    assert_eq!(
        (&changed["description"], &changed["tags"]["a"]),
        (&"two".into(), &"b".into())
    );
}
