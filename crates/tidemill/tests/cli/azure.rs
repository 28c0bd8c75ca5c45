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
