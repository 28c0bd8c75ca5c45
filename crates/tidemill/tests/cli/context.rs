//! Contexts: which server and workspace are meant.

use crate::support::{Home, World, done};

#[test]
fn a_context_names_the_server_and_the_workspace() {
    let world = World::new();
    let home = &world.home;
    home.run(&[
        "context",
        "set",
        "local",
        "--server",
        &world.mill.url,
        "-w",
        "team",
    ])
    .ok();
    home.run(&[
        "context",
        "set",
        "far",
        "--server",
        "https://mill.example.org",
        "--token-file",
        "token",
    ])
    .ok();
    home.run(&["workspace", "create", "-n", "team"]).ok();
    let listed = home.run(&["context", "list", "-o", "table"]).ok();
    assert!(
        listed.contains("local  yes") && listed.contains("https://mill.example.org"),
        "{listed}"
    );
    home.run(&[
        "datastore",
        "create",
        "-n",
        "lake",
        "--type",
        "local_folder",
        "--path",
        "/tmp",
    ])
    .ok();
    let elsewhere = home
        .run(&["datastore", "list", "-w", "default", "--query", "[].name"])
        .ok();
    assert!(!elsewhere.contains("lake"), "{elsewhere}");
    home.run(&["context", "use", "far"]).ok();
    assert_eq!(
        home.run(&["context", "show", "--query", "name", "-o", "tsv"])
            .ok(),
        "far\n"
    );
    let mut asked = home.command();
    asked
        .args(["datastore", "list", "--query", "[].name", "-o", "tsv"])
        .env("TIDEMILL_CONTEXT", "local");
    assert!(done(&mut asked).ok().contains("lake"));
}

#[test]
fn the_workspace_of_one_server_is_not_that_of_another() {
    let world = World::new();
    world
        .home
        .run(&[
            "context",
            "set",
            "far",
            "--server",
            "https://mill.example.org",
            "-w",
            "theirs",
        ])
        .ok();
    let names = world
        .run(&["datastore", "list", "--query", "[].name", "-o", "tsv"])
        .ok();
    assert!(names.contains("workspaceblobstore"), "{names}");
}

#[test]
fn a_context_that_is_not_there_names_those_that_are() {
    let home = Home::new();
    home.run(&["context", "set", "local", "--server", "127.0.0.1:1"])
        .ok();
    insta::assert_snapshot!("context_missing", home.run(&["context", "use", "locl"]).fails(2));
    insta::assert_snapshot!(
        "context_bad_server",
        home.run(&["context", "set", "x", "--server", "ftp://h"]).fails(2)
    );
    home.run(&["context", "delete", "local"]).ok();
    assert_eq!(home.run(&["context", "list", "-o", "json"]).ok(), "[]\n");
}

#[test]
fn a_wrong_token_is_said_and_the_right_one_is_found() {
    let world = World::new();
    let said = world.run(&["--token", "tm_guess", "datastore", "list"]).fails(1);
    assert!(said.contains("--token"), "{said}");
    let token = world.home.data().join("keys/owner.token").display().to_string();
    world
        .run(&[
            "context",
            "set",
            "here",
            "--server",
            &world.mill.url,
            "--token-file",
            &token,
        ])
        .ok();
    world.run(&["datastore", "list"]).ok();
}
