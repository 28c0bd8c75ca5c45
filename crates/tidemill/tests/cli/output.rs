//! Formats and queries.

use crate::support::World;

#[test]
fn a_list_in_every_format() {
    let world = World::new();
    let mut text = String::new();
    for format in ["table", "json", "jsonc", "yaml", "yamlc", "tsv", "none"] {
        let query = "[].{name: name, type: type}";
        let out = world
            .run(&["datastore", "list", "-o", format, "--query", query])
            .ok();
        text.push_str(&format!("-o {format}\n{out}\n"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn without_a_terminal_the_output_is_json() {
    let world = World::new();
    let shown = world
        .run(&["datastore", "show", "-n", "workspaceblobstore"])
        .json();
    assert_eq!(shown["name"], "workspaceblobstore");
    assert!(shown["created_at"].as_str().expect("text").ends_with('Z'));
    let mut asked = world.command();
    asked.args(["datastore", "list"]).env("TIDEMILL_OUTPUT", "table");
    assert!(crate::support::done(&mut asked).ok().starts_with("NAME "));
}

#[test]
fn a_query_that_is_none_is_refused_before_anything_is_done() {
    let world = World::new();
    let args = [
        "datastore",
        "create",
        "-n",
        "x",
        "--type",
        "local_folder",
        "--path",
        "/tmp",
        "--query",
        "[",
    ];
    let said = world.run(&args).fails(2);
    assert!(said.contains("JMESPath"), "{said}");
    world.run(&["datastore", "show", "-n", "x"]).fails(1);
}

#[test]
fn only_errors_are_shown_when_that_is_asked() {
    let world = World::new();
    world
        .run(&[
            "datastore",
            "create",
            "-n",
            "x",
            "--type",
            "local_folder",
            "--path",
            "/tmp",
        ])
        .ok();
    let done = world.run(&["datastore", "delete", "-n", "x", "-y", "--only-show-errors"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let said = world.run(&["version", "--debug"]).err;
    assert!(said.contains("/api/v1/version"), "{said}");
}

/// `--version` of a verb is the version of an asset; alone it is the program's.
#[test]
fn the_program_tells_its_version() {
    let world = World::new();
    for option in ["--version", "-V"] {
        let said = world.run(&[option]).ok();
        assert_eq!(said, format!("tidemill {}\n", env!("CARGO_PKG_VERSION")));
    }
}
