//! SQL over versions of data: through a real server, with its limits; and over files without one.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Home, Mill, World, done};

const JANUARY: &str = "id,carrier,delay\n1,UA,5\n2,AA,7\n3,UA,\n";
const FEBRUARY: &str = "id,carrier,delay\n1,UA,5\n2,AA,9\n4,DL,1\n";

/// A server with two versions of `flights`.
fn world() -> World {
    let world = World::new();
    world.home.write("january/t.csv", JANUARY);
    world.home.write("february/t.csv", FEBRUARY);
    for folder in ["january", "february"] {
        world
            .run(&[
                "data",
                "create",
                "--name",
                "flights",
                "--type",
                "uri_folder",
                "--path",
                folder,
            ])
            .ok();
    }
    world
}

fn rows(world: &World, sql: &str) -> Value {
    world.run(&["data", "query", sql]).json()
}

#[test]
fn versions_are_tables_under_their_names() {
    let world = world();
    assert_eq!(
        rows(
            &world,
            "select carrier, sum(delay) as d from flights group by carrier order by carrier"
        ),
        json!([{"carrier": "AA", "d": 9}, {"carrier": "DL", "d": 1}, {"carrier": "UA", "d": 5}])
    );
    assert_eq!(
        rows(
            &world,
            "select count(*) as n from \"flights:1\" a join \"flights@latest\" b on a.id = b.id"
        ),
        json!([{"n": 2}])
    );
    let named = world.run(&[
        "data",
        "query",
        "select id from new where id not in (select id from old)",
        "--data",
        "new=azureml:flights:2",
        "old=azureml:flights:1",
    ]);
    assert_eq!(named.json(), json!([{"id": 4}]));
    let head = world.run(&["data", "head", "--data", "azureml:flights:1", "-n", "2"]);
    assert_eq!(
        head.json(),
        json!([{"id": 1, "carrier": "UA", "delay": 5}, {"id": 2, "carrier": "AA", "delay": 7}])
    );
    let sample = world
        .run(&[
            "data",
            "sample",
            "--data",
            "azureml:flights",
            "-n",
            "2",
            "--seed",
            "5",
        ])
        .json();
    assert_eq!(sample.as_array().map(Vec::len), Some(2));
    let diff = world.run(&[
        "data",
        "diff",
        "azureml:flights:1",
        "azureml:flights:2",
        "--key",
        "id",
        "-o",
        "table",
    ]);
    insta::assert_snapshot!(diff.ok());
    for (file, start) in [
        ("a.csv", &b"id,"[..]),
        ("a.parquet", b"PAR1"),
        ("a.arrow", b"ARROW1"),
        ("a.jsonl", b"{\"id\":1"),
    ] {
        world
            .run(&[
                "data",
                "query",
                "select * from \"flights:1\" order by id",
                "--output-file",
                file,
            ])
            .ok();
        let bytes = std::fs::read(world.home.path().join(file)).expect("was written");
        assert!(bytes.starts_with(start), "{file}");
    }
}

#[test]
fn what_is_no_version_or_changes_something_is_told() {
    let world = world();
    let fails = |sql: &str| world.run(&["data", "query", sql]).fails(1);
    let unknown = fails("select * from nowhere");
    assert!(
        unknown.contains("failed to find data `nowhere`") && unknown.contains("flights"),
        "{unknown}"
    );
    assert!(fails("select * from \"flights:9\"").contains("versions 2, 1"));
    assert!(fails("drop table flights").contains("DROP is not run here"));
    let named = world.run(&["data", "query", "select * from t", "--data", "t=/etc/passwd"]);
    let named = named.fails(1);
    assert!(
        named.contains("failed to read the table `/etc/passwd`"),
        "{named}"
    );
    assert!(fails("select * from read_csv('/etc/passwd')").contains("functions read no files"));
    world.home.write("broken/t.csv", "a,b\n1,2\n3\n");
    world
        .run(&[
            "data",
            "create",
            "--name",
            "broken",
            "--type",
            "uri_folder",
            "--path",
            "broken",
        ])
        .ok();
    let broken = fails("select sum(a) from broken");
    assert!(broken.contains("row 3"), "{broken}");
    assert!(
        !broken.contains(&world.home.path().display().to_string()),
        "{broken}"
    );
}

#[test]
fn limits_hold_and_leave_nothing_behind() {
    let home = Home::new();
    let mill = Mill::start_with(
        &home,
        &["--query-time", "90s", "--query-memory", "64", "--query-rows", "5"],
    );
    let world = World { home, mill };
    let fails = |sql: &str| world.run(&["data", "query", sql]).fails(1);
    // The command line would answer without a server what names no table.
    world.home.write("t.csv", JANUARY);
    world
        .run(&[
            "data", "create", "--name", "t", "--type", "uri_file", "--path", "t.csv",
        ])
        .ok();
    let endless =
        "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r, t";
    let endless = world
        .run(&["data", "query", endless, "--time-limit", "2s"])
        .fails(1);
    assert!(endless.contains("cancelled after 2 s"), "{endless}");
    // One text of 2 GB is more than the process may take, wherever it is made.
    let huge = "select length(repeat(repeat(carrier, 40000), 20000)) as n, count(*) from t group by 1";
    let said = fails(huge);
    assert!(
        said.contains("memory") || said.contains("process broke off"),
        "{said}"
    );
    let many = world.run(&["data", "query", "select a.id from t a, t b", "--rows", "100"]);
    assert_eq!(many.json().as_array().map(Vec::len), Some(5));
    // The server still answers, and nothing is left of what was ended.
    assert_eq!(rows(&world, "select count(*) as n from t"), json!([{"n": 3}]));
    assert_eq!(workers(&world), 0);
    let left: Vec<_> = std::fs::read_dir(world.home.data().join("cache"))
        .expect("the cache")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("snapshot-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_query_ends_when_its_client_goes() {
    let world = world();
    let endless =
        "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r, flights";
    let mut client = world
        .command()
        .args(["data", "query", endless])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let until = |wanted: usize, what: &str| {
        let end = Instant::now() + Duration::from_secs(20);
        while workers(&world) != wanted {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    until(1, "a query runs in a process of its own");
    client.kill().expect("it is killed");
    client.wait().expect("it ends");
    until(0, "the process ends with its client");
}

/// Processes that the server has started for queries.
fn workers(world: &World) -> usize {
    let mut command = Command::new("ps");
    let listed = done(command.args(["-o", "args=", "--ppid", &world.mill.child.id().to_string()]));
    listed
        .out
        .lines()
        .filter(|line| line.contains("query-worker"))
        .count()
}

#[test]
fn files_are_tables_without_a_server() {
    let home = Home::new();
    home.write("january.csv", JANUARY);
    home.write("february.csv", FEBRUARY);
    let sql = "select count(*) as n from 'january.csv' a join other b on a.id = b.id";
    assert_eq!(
        home.run(&["data", "query", sql, "--file", "other=february.csv"])
            .json(),
        json!([{"n": 2}])
    );
    let explained = home
        .run(&[
            "data",
            "query",
            "explain select id from 'january.csv'",
            "-o",
            "table",
        ])
        .ok();
    assert!(explained.contains("projection=[id]"), "{explained}");
    let mixed = home
        .run(&["data", "query", "select * from 'january.csv', flights"])
        .fails(2);
    assert!(
        mixed.contains("is a file of this machine, and `flights` is not"),
        "{mixed}"
    );
    let diff = home
        .run(&["data", "diff", "january.csv", "february.csv", "--key", "id"])
        .json();
    assert_eq!([&diff["added"], &diff["removed"], &diff["changed"]], [1, 1, 1]);
}
