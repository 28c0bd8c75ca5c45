//! `tidemill datastore` and `tidemill workspace`, from nothing to gone.

use crate::support::{World, settled};

#[test]
fn a_datastore_goes_round() {
    let world = World::new();
    world.home.write(
        "store/lake.yml",
        "name: lake\ntype: local_folder\npath: ./files\ndescription: Raw files\n",
    );
    let made = world
        .run(&[
            "datastore",
            "create",
            "-f",
            "store/lake.yml",
            "--set",
            "tags.team=blue",
        ])
        .json();
    let files = world.home.path().join("store/files").display().to_string();
    assert_eq!(
        (&made["path"], &made["tags"]["team"]),
        (&files.into(), &"blue".into())
    );
    let listed = world.run(&["datastore", "list", "-o", "table"]).ok();
    assert!(
        listed.starts_with("NAME ") && listed.contains("lake ") && listed.contains("Raw files"),
        "{listed}"
    );
    let changed = world
        .run(&[
            "datastore",
            "update",
            "-n",
            "lake",
            "--description",
            "Clean",
            "--tags",
            "a=1 b=2",
        ])
        .json();
    assert_eq!(
        (&changed["description"], &changed["tags"]["b"], &changed["etag"]),
        (&"Clean".into(), &"2".into(), &"2".into())
    );
    let kept = world.run(&["datastore", "delete", "-n", "lake"]).fails(2);
    assert!(kept.contains("--yes"), "{kept}");
    world.run(&["datastore", "delete", "-n", "lake", "--yes"]).ok();
    let gone = world.run(&["datastore", "show", "-n", "lake"]).fails(1);
    insta::assert_snapshot!("datastore_gone", gone);
}

#[test]
fn a_datastore_is_made_from_options_alone() {
    let world = World::new();
    let args = [
        "datastore",
        "create",
        "--name",
        "lake",
        "--type",
        "local_folder",
        "--path",
        "x",
        "--query",
        "path",
        "-o",
        "tsv",
    ];
    assert_eq!(
        world.run(&args).ok().trim(),
        world.home.path().join("x").display().to_string()
    );
}

#[test]
fn a_secret_stays_when_something_else_changes() {
    let world = World::new();
    let set = [
        "bucket=b",
        "credentials.access_key_id=id",
        "credentials.secret_access_key=very-secret",
    ];
    let made = world
        .run(
            &[
                &["datastore", "create", "-n", "raw", "--type", "s3", "--set"],
                &set[..],
            ]
            .concat(),
        )
        .ok();
    assert!(made.contains("***") && !made.contains("very-secret"), "{made}");
    let changed = world
        .run(&["datastore", "update", "-n", "raw", "--set", "bucket=c"])
        .json();
    assert_eq!(
        (&changed["bucket"], &changed["credentials"]["secret_access_key"]),
        (&"c".into(), &"***".into())
    );
}

#[test]
fn what_is_wrong_with_a_file_is_named_and_nothing_is_sent() {
    let world = World::new();
    world
        .home
        .write("lake.yml", "name: lake\ntype: local_foldr\npath: x\n");
    let said = world.run(&["datastore", "create", "-f", "lake.yml"]).fails(2);
    insta::assert_snapshot!("datastore_wrong_type", settled(&said, &world.home));
    let said = world.run(&["datastore", "create", "-f", "none.yml"]).fails(2);
    insta::assert_snapshot!("datastore_no_file", settled(&said, &world.home));
    let said = world
        .run(&["datastore", "create", "--name", "x", "--set", "novalue"])
        .fails(2);
    assert!(said.contains("path=value"), "{said}");
}

#[test]
fn a_workspace_goes_round() {
    let world = World::new();
    let made = world
        .run(&[
            "workspace",
            "create",
            "--name",
            "Churn_Team",
            "-g",
            "marketing",
            "--description",
            "Who leaves?",
        ])
        .json();
    assert_eq!(
        (&made["name"], &made["group"]),
        (&"churn-team".into(), &"marketing".into())
    );
    let names = world
        .run(&[
            "workspace",
            "list",
            "-g",
            "marketing",
            "--query",
            "[].name",
            "-o",
            "tsv",
        ])
        .ok();
    assert_eq!(names, "churn-team\n");
    let args = [
        "-w",
        "churn-team",
        "datastore",
        "create",
        "-n",
        "lake",
        "--type",
        "local_folder",
        "--path",
        "/tmp",
    ];
    world.run(&args).ok();
    let asked = world.run(&["workspace", "delete", "-n", "churn-team"]).fails(2);
    assert!(
        asked.contains("holds 1 datastores") && asked.contains("--yes"),
        "{asked}"
    );
    world.run(&["workspace", "delete", "-n", "churn-team", "-y"]).ok();
    world.run(&["workspace", "show", "-n", "churn-team"]).fails(1);
    let deleted = world.run(&["workspace", "list", "--deleted", "-o", "table"]).ok();
    assert!(
        deleted.contains("churn-team") && deleted.contains("KEPT UNTIL"),
        "{deleted}"
    );
    world.run(&["workspace", "recover", "-n", "churn-team"]).ok();
    world.run(&["workspace", "archive", "-n", "churn-team"]).ok();
    let refused = world
        .run(&["-w", "churn-team", "datastore", "delete", "-n", "lake", "-y"])
        .fails(1);
    assert!(
        refused.contains("workspace restore --name churn-team"),
        "{refused}"
    );
    world.run(&["workspace", "restore", "-n", "churn-team"]).ok();
    let moved = world
        .run(&["workspace", "move", "-n", "churn-team", "--to-group", "europe"])
        .json();
    assert_eq!(moved["group"], "europe");
    world
        .run(&[
            "datastore",
            "delete",
            "-n",
            "lake",
            "-y",
            "--workspace-name",
            "churn-team",
        ])
        .ok();
    world.run(&["workspace", "delete", "-n", "churn-team", "-y"]).ok();
    assert!(
        world
            .run(&["-w", "churn-team", "job", "list"])
            .fails(1)
            .contains("churn-team")
    );
}
