//! `tidemill audit`: what the server's log says, also when somebody changes the file behind its back.

use std::process::Command;

use crate::support::{Home, World};

fn changes(world: &World) {
    for name in ["a", "b", "c"] {
        world
            .run(&[
                "datastore",
                "create",
                "-n",
                name,
                "--type",
                "s3",
                "--set",
                "bucket=b",
            ])
            .ok();
    }
}

#[test]
fn the_log_is_listed_exported_and_checked() {
    let world = World::new();
    changes(&world);
    let listed = world
        .run(&[
            "audit",
            "list",
            "--action",
            "datastores/*",
            "--since",
            "1h",
            "-o",
            "table",
        ])
        .ok();
    assert!(
        listed.starts_with("ROW ") && listed.contains("rest 127.0.0.1"),
        "{listed}"
    );
    assert_eq!(listed.lines().count(), 4, "{listed}");
    world.run(&["audit", "export", "--file", "log.jsonl"]).ok();
    let checked = world.run(&["audit", "verify"]).json();
    let offline = world.run(&[
        "audit",
        "verify",
        "--file",
        "log.jsonl",
        "--head",
        checked["head"].as_str().expect("a head"),
    ]);
    assert_eq!(offline.json(), checked);
    let printed = world.run(&["audit", "export", "--outcome", "allowed"]).ok();
    let text = std::fs::read_to_string(world.home.path().join("log.jsonl")).expect("a file");
    assert_eq!(printed, text);
    world.home.write(
        "log.jsonl",
        &text.replacen("datastores/write", "datastores/read", 1),
    );
    let found = world.run(&["audit", "verify", "--file", "log.jsonl"]).fails(1);
    assert!(found.contains("was changed"), "{found}");
    assert!(
        world
            .run(&["audit", "list", "--since", "soon"])
            .fails(2)
            .contains("how long ago")
    );
}

/// Runs SQL on the database file, as somebody with another program would.
fn sqlite(home: &Home, sql: &str) {
    let script =
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.executescript(sys.argv[2]); db.commit()";
    let file = home.data().join("tidemill.db");
    let done = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .arg(sql)
        .status()
        .expect("python3 runs");
    assert!(done.success());
}

#[test]
fn a_file_that_was_changed_behind_the_server_is_found() {
    let world = World::new();
    changes(&world);
    let head = world
        .run(&["audit", "verify", "--query", "head", "-o", "tsv"])
        .ok();
    let World { home, mill } = world;
    mill.signal("-INT");
    mill.ended();
    sqlite(
        &home,
        "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;
         DELETE FROM audit WHERE seq >= (SELECT max(seq) FROM audit);
         UPDATE audit_head SET seq = (SELECT max(seq) FROM audit), hash = (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1)",
    );
    let world = World {
        mill: home.server(),
        home,
    };
    // The end was cut off with its head: only who noted it earlier can know.
    world.run(&["audit", "verify"]).ok();
    let cut = world.run(&["audit", "verify", "--head", head.trim()]).fails(1);
    assert!(cut.contains("cut off or written anew"), "{cut}");
    let World { home, mill } = world;
    mill.signal("-INT");
    mill.ended();
    sqlite(&home, "DELETE FROM audit WHERE seq = 1");
    let world = World {
        mill: home.server(),
        home,
    };
    let gone = world.run(&["audit", "verify"]).fails(1);
    assert!(gone.contains("row 1 is missing"), "{gone}");
}
