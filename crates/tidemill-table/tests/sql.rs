//! Queries over tables of every format: what they answer, what they may not do, and what they may use.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tidemill_table::sql::{
    AFTER, Answered, BEFORE, Diff, Failure, Format, Limits, Mount, Query, Reason, Sample, Task, run,
    tables_of,
};

#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no poison").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn done(
    task: Task,
    tables: &[(&str, &Path)],
    limits: &Limits,
    format: Format,
) -> Result<(Vec<u8>, Answered), Failure> {
    let mounts: Vec<Mount> = tables
        .iter()
        .map(|(name, path)| Mount {
            name: (*name).to_owned(),
            path: path.to_path_buf(),
            reading: Default::default(),
        })
        .collect();
    let bytes = Bytes::default();
    let shared = bytes.clone();
    let mut make = move || -> std::io::Result<Box<dyn Write + Send>> {
        shared.0.lock().expect("no poison").clear();
        Ok(Box::new(shared.clone()))
    };
    let answered = run(&task, &mounts, limits, format, &mut make)?;
    let bytes = bytes.0.lock().expect("no poison").clone();
    Ok((bytes, answered))
}

fn query(sql: &str) -> Task {
    Task::Query(Query {
        sql: sql.to_owned(),
        sample: None,
    })
}

fn ask(sql: &str, tables: &[(&str, &Path)]) -> Result<Value, Failure> {
    let (bytes, _) = done(query(sql), tables, &Limits::default(), Format::Answer)?;
    Ok(serde_json::from_slice(&bytes).expect("JSON"))
}

fn write(folder: &TempDir, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().expect("below")).expect("a folder");
    std::fs::write(&path, text).expect("a file");
    path
}

const FLIGHTS: &str = "id,carrier,Delay,day\n1,UA,5,2024-01-01\n2,AA,7,2024-01-02\n3,UA,,2024-01-03\n";

#[test]
fn every_format_is_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = write(&folder, "t.csv", FLIGHTS);
    let json_lines = write(
        &folder,
        "t.jsonl",
        "{\"id\":1,\"Delay\":5}\n{\"id\":2,\"Delay\":7}\n",
    );
    let sum = "select count(*) as n, sum(\"Delay\") as s from t";
    assert_eq!(
        ask(sum, &[("t", &csv)]).expect("answers")["rows"],
        json!([{"n": 3, "s": 12}])
    );
    assert_eq!(
        ask(sum, &[("t", &json_lines)]).expect("answers")["rows"],
        json!([{"n": 2, "s": 12}])
    );
    for (format, name) in [
        (Format::Parquet, "t.parquet"),
        (Format::Arrow, "t.arrow"),
        (Format::JsonLines, "u.jsonl"),
    ] {
        let (bytes, answered) = done(
            query("select * from t"),
            &[("t", &csv)],
            &Limits::default(),
            format,
        )
        .expect("writes");
        assert_eq!((answered.row_count, answered.truncated), (3, false));
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        assert_eq!(
            ask("select carrier, \"Delay\" from t where id = 2", &[("t", &path)]).expect(name)["rows"],
            json!([{"carrier": "AA", "Delay": 7}]),
            "{name}"
        );
        assert_eq!(
            ask(sum, &[("t", &path)]).expect(name)["rows"],
            json!([{"n": 3, "s": 12}])
        );
    }
    let (csv_again, _) = done(
        query("select * from t order by id"),
        &[("t", &csv)],
        &Limits::default(),
        Format::Csv,
    )
    .expect("writes");
    assert_eq!(String::from_utf8(csv_again).expect("text"), FLIGHTS);
    let (empty, _) = done(
        query("select * from t where id > 9"),
        &[("t", &csv)],
        &Limits::default(),
        Format::Csv,
    )
    .expect("writes");
    assert_eq!(String::from_utf8(empty).expect("text"), "id,carrier,Delay,day\n");
    let described = ask("describe t", &[("t", &csv)]).expect("answers");
    assert_eq!(described["rows"][2]["column_name"], "Delay");
    let shown = ask("show columns from t", &[("t", &csv)]).expect("answers");
    assert_eq!(shown["rows"].as_array().map(Vec::len), Some(4), "{shown}");
    let explained = ask("explain select id from t", &[("t", &csv)]).expect("answers");
    assert!(
        explained["rows"][0]["plan"]
            .as_str()
            .is_some_and(|plan| plan.contains("projection=[id]"))
    );
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = write(&folder, "t.csv", FLIGHTS);
    let answer = ask(
        "select a.id, b.id from t a join t b on a.id = b.id order by a.id",
        &[("t", &t)],
    )
    .expect("answers");
    assert_eq!(answer["columns"][1]["name"], "id_2");
    assert_eq!(answer["rows"][2], json!({"id": 3, "id_2": 3}));
}

#[test]
fn files_of_a_folder_are_one_table_of_wide_enough_types() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder, "m/1.csv", "a,b\n1,x\n");
    write(&folder, "m/2.csv", "a,b\n2.5,y\n");
    let answer = ask(
        "select sum(a) as s, max(b) as b from m",
        &[("m", &folder.path().join("m"))],
    )
    .expect("answers");
    assert_eq!(answer["rows"], json!([{"s": 3.5, "b": "y"}]));
}

#[test]
fn a_column_whose_first_rows_mislead_is_read_as_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::from("a\n");
    for row in 0..400_000 {
        text += &format!("{row}\n");
        if row == 123_456 {
            text += "word\n";
        }
    }
    let t = write(&folder, "t.csv", &text);
    let answer = ask("select count(*) as n, max(a) as m from t", &[("t", &t)]).expect("answers");
    assert_eq!(answer["rows"], json!([{"n": 400_001, "m": "word"}]));
}

#[test]
fn a_table_that_cannot_be_read_is_told_with_its_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = write(&folder, "t.csv", "a,b\n1,2\n3\n");
    let failure = ask("select sum(a) from t", &[("t", &t)]).expect_err("is broken");
    assert_eq!(failure.reason, Reason::Table);
    assert!(failure.message.contains("t.csv, row 3"), "{failure}");
}

#[test]
fn no_word_of_sql_reaches_a_file_or_a_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = write(&folder, "t.csv", FLIGHTS);
    let outside = folder.path().join("outside.csv");
    for sql in [
        format!("copy t to '{}'", outside.display()),
        format!("create external table x stored as csv location '{}'", t.display()),
        "create table x as select * from t".into(),
        "select * into x from t".into(),
        "insert into t select * from t".into(),
        "set datafusion.execution.target_partitions = 1".into(),
        format!("explain analyze copy t to '{}'", outside.display()),
        "with x as (insert into t values (1) returning *) select * from x".into(),
    ] {
        let failure = ask(&sql, &[("t", &t)]).expect_err(&sql);
        assert!(
            matches!(failure.reason, Reason::Refused | Reason::Invalid),
            "{sql}: {failure}"
        );
    }
    assert!(!outside.exists());
    for sql in [
        format!("select * from '{}'", t.display()),
        "select * from '/etc/passwd'".into(),
        format!("select * from \"file://{}\"", t.display()),
    ] {
        let failure = ask(&sql, &[("t", &t)]).expect_err(&sql);
        assert!(
            failure.message.contains("there is no table `"),
            "{sql}: {failure}"
        );
    }
}

#[test]
fn a_query_that_never_ends_is_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = write(&folder, "t.csv", FLIGHTS);
    let limits = Limits {
        time_ms: 500,
        ..Limits::default()
    };
    for sql in [
        "with recursive r as (select 1 as n union all select n + 1 from r) select count(*) from r",
        "select count(*) from generate_series(1, 1000000000000)",
        // This one does not let go of its thread.
        "select count(*) from generate_series(1, 10000000) a cross join generate_series(1, 10000000) b",
    ] {
        let began = Instant::now();
        let failure = done(query(sql), &[("t", &t)], &limits, Format::Answer).expect_err(sql);
        assert_eq!(failure.reason, Reason::Time, "{sql}: {failure}");
        assert!(began.elapsed() < Duration::from_secs(10), "{sql}");
    }
}

#[test]
fn what_does_not_fit_in_memory_goes_to_disk_or_is_told() {
    let small = Limits {
        memory_bytes: 24 << 20,
        threads: Some(2),
        ..Limits::default()
    };
    // 3,000,000 texts of 24 characters take more than 24 MB to sort.
    let sorted = "select max(v) as m from (select lpad(cast(value as varchar), 24, '0') as v, \
                  row_number() over (order by lpad(cast(value as varchar), 24, '0') desc) as n \
                  from generate_series(1, 1000000)) where n = 1";
    let (bytes, _) = done(query(sorted), &[], &small, Format::Answer).expect("spills");
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(answer["rows"][0]["m"], "000000000000000001000000");
    // A join of two large sides sorts both where neither fits.
    let joined = "select count(*) as n from \
                  (select lpad(cast(value as varchar), 40, '0') as v from generate_series(1, 900000)) a join \
                  (select lpad(cast(value as varchar), 40, '0') as v from generate_series(600001, 1500000)) b on a.v = b.v";
    let medium = Limits {
        memory_bytes: 64 << 20,
        ..small.clone()
    };
    let (bytes, _) = done(query(joined), &[], &medium, Format::Answer).expect("spills");
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(answer["rows"], json!([{"n": 300_000}]));
    let no_disk = Limits {
        spill_bytes: 1 << 20,
        ..small
    };
    let failure = done(query(sorted), &[], &no_disk, Format::Answer).expect_err("is bounded");
    assert_eq!(failure.reason, Reason::Resources, "{failure}");
}

#[test]
fn an_answer_has_no_more_rows_and_bytes_than_it_may() {
    let limits = Limits {
        rows: 10,
        ..Limits::default()
    };
    let many = "select value from generate_series(1, 1000000)";
    let (bytes, answered) = done(query(many), &[], &limits, Format::Answer).expect("answers");
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((answered.row_count, answered.truncated), (10, true));
    assert_eq!(
        (&answer["row_count"], &answer["truncated"]),
        (&json!(10), &json!(true))
    );
    let exact = "select value from generate_series(1, 10)";
    assert!(
        !done(query(exact), &[], &limits, Format::Answer)
            .expect("answers")
            .1
            .truncated
    );
    let limits = Limits {
        answer_bytes: 100_000,
        ..Limits::default()
    };
    let failure = done(query(many), &[], &limits, Format::Csv).expect_err("is too large");
    assert_eq!(failure.reason, Reason::Resources, "{failure}");
}

#[test]
fn a_sample_is_uniform_and_the_same_for_a_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let text: String = std::iter::once("n\n".to_owned())
        .chain((0..100_000).map(|n| format!("{n}\n")))
        .collect();
    let t = write(&folder, "t.csv", &text);
    let drawn = |seed: u64| -> Vec<u64> {
        let task = Task::Query(Query {
            sql: "select n from t".into(),
            sample: Some(Sample { rows: 1000, seed }),
        });
        let limits = Limits {
            threads: Some(1),
            ..Limits::default()
        };
        let (bytes, answered) = done(task, &[("t", &t)], &limits, Format::Answer).expect("answers");
        assert_eq!(answered.row_count, 1000);
        let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
        let rows = answer["rows"].as_array().expect("rows").iter();
        rows.map(|row| row["n"].as_u64().expect("a number")).collect()
    };
    let first = drawn(1);
    assert_eq!(first, drawn(1), "a seed is a sample");
    assert_ne!(first, drawn(2));
    assert!(
        first.windows(2).all(|pair| pair[0] < pair[1]),
        "in order, none twice"
    );
    // Ten bins of 10,000 rows expect 100 each; 5 standard deviations are 47.
    for seed in 1..6 {
        let mut bins = [0i64; 10];
        drawn(seed).iter().for_each(|n| bins[(*n / 10_000) as usize] += 1);
        assert!(bins.iter().all(|bin| (bin - 100).abs() < 47), "{bins:?}");
    }
}

#[test]
fn a_difference_names_what_was_added_removed_and_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = write(
        &folder,
        "a.csv",
        "id,carrier,delay,gone\n1,UA,5,x\n2,AA,7,y\n3,,1,z\n4,B6,2,z\n",
    );
    let after = write(
        &folder,
        "b.csv",
        "id,carrier,delay,new\n1,UA,5,x\n2,AA,9,y\n4,DL,2.5,z\n5,UA,3,w\n",
    );
    let tables: [(&str, &Path); 2] = [(BEFORE, &before), (AFTER, &after)];
    let diff = |key: &[&str]| {
        let key = key.iter().map(|name| (*name).to_owned()).collect();
        done(
            Task::Diff(Diff { key }),
            &tables,
            &Limits::default(),
            Format::Answer,
        )
    };
    let (bytes, answered) = diff(&["id"]).expect("compares");
    let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
    let summary = answered.summary.expect("there is one");
    assert_eq!(
        summary,
        json!({
            "rows": [4, 4], "added": 1, "removed": 1, "changed": 2, "same": 1,
            "columns": [{"column": "carrier", "rows": 1}, {"column": "delay", "rows": 2}],
            "gone": ["gone"], "new": ["new"], "retyped": [["delay", "Int64", "Float64"]],
        })
    );
    let rows = answer["rows"].as_array().expect("rows");
    let told: Vec<Value> = rows
        .iter()
        .map(|row| json!([row["change"], row["id"], row["changed columns"]]))
        .collect();
    assert_eq!(
        Value::Array(told),
        json!([
            ["changed", 2, "delay"],
            ["removed", 3, ""],
            ["changed", 4, "carrier, delay"],
            ["added", 5, ""]
        ])
    );
    assert_eq!(
        (&rows[0]["delay"], &rows[0]["delay before"]),
        (&json!(9.0), &json!(7))
    );
    let failure = diff(&["carrier"]).expect_err("is no key");
    assert!(
        failure.message.contains("carrier = UA comes 2 times"),
        "{failure}"
    );
    assert!(
        diff(&["nowhere"])
            .expect_err("is not there")
            .message
            .contains("`nowhere`")
    );
}

#[test]
fn tables_are_named_once_and_as_they_are_written() {
    for (sql, names) in [
        ("select 1", vec![]),
        ("select * from flights", vec!["flights"]),
        (
            "select * from \"flights:7\" a join \"flights@latest\" b on a.Id = b.Id",
            vec!["flights:7", "flights@latest"],
        ),
        (
            "with t as (select * from Flights) select * from t, Flights",
            vec!["Flights"],
        ),
        ("select * from t where x in (select y from u)", vec!["t", "u"]),
        ("explain select * from t", vec!["t"]),
        ("explain analyze select * from t", vec!["t"]),
        ("describe t", vec!["t"]),
        ("show columns from t", vec!["t"]),
        ("select * from generate_series(1, 3)", vec![]),
        ("select * from 'a/b.parquet'", vec!["a/b.parquet"]),
    ] {
        assert_eq!(tables_of(sql).expect(sql), names, "{sql}");
    }
}

#[test]
fn what_does_not_read_is_refused() {
    for sql in [
        "drop table t",
        "create table t as select 1",
        "create view v as select 1",
        "create external table t stored as parquet location '/etc'",
        "create function f() returns int language sql return 1",
        "insert into t values (1)",
        "update t set a = 1",
        "delete from t",
        "merge into t using u on t.a = u.a when matched then delete",
        "copy t to '/tmp/x.parquet'",
        "copy (select 1) to '/tmp/x.parquet'",
        "set datafusion.execution.target_partitions = 9",
        "reset datafusion.execution.target_partitions",
        "show all",
        "show tables",
        "begin",
        "explain insert into t values (1)",
        "explain copy t to '/tmp/x'",
        "prepare p as select 1",
        "execute p",
        "truncate table t",
        "select 1; select 2",
        "select * from read_csv('/etc/passwd')",
        "select * from read_parquet('/etc/passwd')",
    ] {
        let failure = tables_of(sql).expect_err(sql);
        assert_eq!(failure.reason, Reason::Refused, "{sql}: {failure}");
        assert!(failure.hint.is_some(), "{sql}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let failure = tables_of("select * form t").expect_err("no SQL");
    assert_eq!(failure.reason, Reason::Invalid);
    assert!(failure.message.contains("Line: 1"), "{failure}");
    let failure = tables_of("select * from information_schema.tables").expect_err("a schema");
    assert!(failure.message.contains("no schema"), "{failure}");
    assert!(tables_of("").is_err() && tables_of(&"x".repeat(300_000)).is_err());
    let deep = format!("select {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(tables_of(&deep).is_err(), "nesting is bounded");
}

#[test]
fn rules_in_sql_are_expectations_over_one_table_and_several() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        &folder,
        "d/flights/1.csv",
        "id,origin,delay\n1,JFK,5\n2,EWR,7\n3,LGA,900\n",
    );
    write(&folder, "d/airports.csv", "code\nJFK\nEWR\n");
    let d = folder.path().join("d");
    let expectations = serde_json::from_value(json!({
        "path": "flights",
        "tables": {"airports": "airports.csv"},
        "rows": {"min": 1},
        "rules": {
            "no delay above ten hours": {"sql": "select id, delay from data where delay > 600"},
            "every origin is known": {"sql": "select origin from data where origin not in (select code from airports)", "level": "warning"},
            "mean delay": {"sql": "select avg(delay) from data", "max": 400},
            "rows of the baseline": {"sql": "select count(*) from baseline", "min": 3, "max": 3},
            "broken": {"sql": "select nothing from data", "level": "warning"},
        },
    }))
    .expect("expectations");
    let task = Task::Validate(Box::new(tidemill_table::sql::Validate { expectations }));
    let tables: [(&str, &Path); 2] = [("data", &d), ("baseline", &d)];
    let (bytes, _) = done(task, &tables, &Limits::default(), Format::Answer).expect("validates");
    let found: Value = serde_json::from_slice(&bytes).expect("JSON");
    let validation = &found["validation"];
    assert_eq!(found["profile"]["rows"], 3);
    assert_eq!(
        [
            &validation["passed"],
            &validation["errors"],
            &validation["warnings"]
        ],
        [&json!(false), &json!(1), &json!(2)],
        "{validation}"
    );
    let outcome = |name: &str| {
        let outcomes = validation["outcomes"].as_array().expect("outcomes");
        let found = outcomes.iter().find(|outcome| {
            outcome["expected"]
                .as_str()
                .is_some_and(|said| said.starts_with(name))
        });
        found.unwrap_or_else(|| panic!("{name} in {outcomes:?}")).clone()
    };
    assert_eq!(outcome("no delay above")["found"], "1 row: id 3, delay 900");
    assert_eq!(outcome("every origin")["found"], "1 row: origin LGA");
    assert_eq!(outcome("mean delay")["met"], true);
    assert_eq!(outcome("rows of the baseline")["met"], true);
    assert!(
        outcome("broken")["found"]
            .as_str()
            .is_some_and(|said| said.contains("nothing"))
    );
}
