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

#[test]
fn versions_are_validated_against_a_baseline_and_leave_a_history() {
    let world = world();
    world.home.write(
        "expectations.yml",
        "rows: {min: 3}\ncolumns:\n  carrier:\n    values: {only: [UA, AA]}\nrules:\n  ids stay: {sql: 'select id from baseline \
         where id not in (select id from data)'}\n",
    );
    let none = world.run(&["data", "history", "flights"]).fails(1);
    assert!(none.contains("begins with the first profile"), "{none}");
    world
        .run(&["data", "baseline", "set", "--name", "flights", "--version", "1"])
        .ok();
    let shown = world.run(&[
        "data", "baseline", "show", "--name", "flights", "--query", "version", "-o", "tsv",
    ]);
    assert_eq!(shown.ok(), "1\n");
    let validate = |version: &str| {
        let data = format!("azureml:flights:{version}");
        world.run(&[
            "data",
            "validate",
            "--data",
            &data,
            "--expectations",
            "expectations.yml",
            "--html",
            "report.html",
            "-o",
            "json",
        ])
    };
    let second = validate("2");
    assert_eq!(second.code, 1, "{}", second.err);
    let found: Value = serde_json::from_str(&second.out).expect("JSON");
    let open: Vec<&str> = found["outcomes"]
        .as_array()
        .expect("outcomes")
        .iter()
        .filter(|outcome| outcome["met"] == false)
        .filter_map(|outcome| outcome["found"].as_str())
        .collect();
    assert_eq!(open, ["DL", "1 row: id 3"]);
    let page = std::fs::read_to_string(world.home.path().join("report.html")).expect("a page");
    assert!(page.contains("ids stay") && !page.contains("<script"));
    world.home.write("loose.yml", "rows: {min: 3}\n");
    world
        .run(&[
            "data",
            "validate",
            "--data",
            "azureml:flights:1",
            "--expectations",
            "loose.yml",
        ])
        .ok();
    let means = world
        .run(&[
            "data",
            "history",
            "flights",
            "--column",
            "id",
            "--statistic",
            "mean",
        ])
        .json();
    let means: Vec<_> = means
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["version"].as_str().expect("text"),
                row["value"].as_f64().expect("a number"),
            )
        })
        .collect();
    assert_eq!(means, [("1", 2.0), ("2", 7.0 / 3.0)]);
    let checks = world.run(&["data", "history", "flights", "--validations"]).json();
    let told = checks.as_array().expect("rows").iter().any(|row| {
        row["version"] == "2"
            && row["baseline"] == "azureml:flights:1"
            && row["passed"] == false
            && row["found"] == "DL"
    });
    assert!(told, "{checks}");
    world
        .run(&["data", "history", "flights", "--output-file", "history.parquet"])
        .ok();
    let counted = world.run(&[
        "data",
        "query",
        "select count(distinct version) as n from 'history.parquet'",
    ]);
    assert_eq!(counted.json(), json!([{"n": 2}]));
    world
        .run(&["data", "history", "flights", "--output-file", "history.json"])
        .ok();
    let text = std::fs::read_to_string(world.home.path().join("history.json")).expect("a file");
    let written: Value = serde_json::from_str(&text).expect("JSON");
    let rows = written.as_array().expect("an array of rows");
    assert!(
        rows.iter()
            .any(|row| row["statistic"] == "mean" && row["value"] == 2.0),
        "{text}"
    );
    let unknown = world
        .run(&["data", "history", "flights", "--column", "carier"])
        .fails(1);
    assert!(
        unknown.contains("`carier`") && unknown.contains("it has carrier, delay, id"),
        "{unknown}"
    );
}

#[test]
fn expectations_are_generated_from_a_version_and_sides_are_not_mixed() {
    let world = world();
    let draft = |data: &str, file: &str| {
        world
            .run(&["data", "validate", "--data", data, "--generate", file])
            .ok();
        std::fs::read_to_string(world.home.path().join(file)).expect("a draft")
    };
    let of_version = draft("azureml:flights:1", "version.yml");
    assert!(
        of_version.contains("carrier:") && of_version == draft("january/t.csv", "file.yml"),
        "{of_version}"
    );
    let validate = |data: &str, baseline: &str| {
        let with = ["data", "validate", "--data", data, "--baseline", baseline];
        world.run(&[&with[..], &["--expectations", "version.yml"]].concat())
    };
    validate("azureml:flights:1", "azureml:flights:1").ok();
    for (data, baseline) in [
        ("azureml:flights:1", "january/t.csv"),
        ("january/t.csv", "azureml:flights:1"),
    ] {
        let mixed = validate(data, baseline).fails(2);
        assert!(mixed.contains("the other a version of data"), "{mixed}");
    }
}

#[test]
fn data_of_several_tables_names_the_one_that_is_meant() {
    let world = World::new();
    world.home.write("raw/flights/1.csv", JANUARY);
    world.home.write("raw/carriers.csv", "carrier,name\nUA,United\n");
    world
        .run(&[
            "data",
            "create",
            "--name",
            "d",
            "--type",
            "uri_folder",
            "--path",
            "raw",
        ])
        .ok();
    assert_eq!(
        rows(
            &world,
            "select name, count(*) as n from \"d:1/flights\" f join \"d/carriers.csv\" c on f.carrier = c.carrier group by name"
        ),
        json!([{"name": "United", "n": 2}])
    );
    let profile = world
        .run(&["data", "profile", "--data", "azureml:d:1/flights"])
        .json();
    assert_eq!(profile["rows"], 3);
    let outside = world
        .run(&["data", "query", "select * from \"d/../../../etc\""])
        .fails(1);
    assert!(outside.contains(".."), "{outside}");
    assert!(
        world
            .run(&["data", "query", "select * from \"d/nowhere\""])
            .fails(1)
            .contains("nowhere")
    );
}
