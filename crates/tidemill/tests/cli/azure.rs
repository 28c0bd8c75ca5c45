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
