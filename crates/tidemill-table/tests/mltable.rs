//! MLTables: what their transformations make of rows, in profiles and in queries, and what they are refused for.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tidemill_table::sql::{Format, Limits, Mount, Query, Task, run};
use tidemill_table::{Error, ReadOptions, open, profile};

const CSV: &str = "city,temperature,day,zip,open\nOslo,-3.5,31/01/2024,0150,yes\nRome,31,01/02/2024,00118,no\nBonn,35.25,02/02/2024,53111,yes\nBari,33,03/02/2024,,no\n";

/// A folder with an MLTable and files.
fn table(transformations: &str, files: &[(&str, &str)]) -> TempDir {
    with_paths("  - pattern: ./*.csv\n", transformations, files)
}

fn with_paths(paths: &str, transformations: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    let text = format!(
        "$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json\ntype: mltable\npaths:\n{paths}transformations:\n{transformations}"
    );
    fs::write(folder.path().join("MLTable"), text).expect("a file");
    folder
}

/// What a query over it answers, as CSV.
fn answer(folder: &Path, sql: &str) -> Result<String, String> {
    let mount = Mount {
        name: "t".into(),
        path: folder.to_path_buf(),
        reading: ReadOptions::default(),
    };
    let written = tempfile::NamedTempFile::new().expect("a file");
    let task = Task::Query(Query {
        sql: sql.into(),
        sample: None,
    });
    let mut make = || Ok(Box::new(fs::File::create(written.path())?) as Box<dyn std::io::Write + Send>);
    run(&task, &[mount], &Limits::default(), Format::Csv, &mut make)
        .map_err(|failure| failure.to_string())?;
    Ok(fs::read_to_string(written.path()).expect("text"))
}

fn rows(folder: &TempDir) -> String {
    answer(folder.path(), "select * from t").expect("an answer")
}

/// The rows in the order of their texts: files are read beside each other.
fn sorted(folder: &TempDir) -> String {
    let text = rows(folder);
    let (header, rest) = text.split_once('\n').expect("a header");
    let mut lines: Vec<&str> = rest.lines().collect();
    lines.sort_unstable();
    format!("{header}\n{}\n", lines.join("\n"))
}

fn refused(transformations: &str) -> Error {
    let folder = table(transformations, &[("a.csv", CSV)]);
    open(folder.path(), &ReadOptions::default())
        .and_then(|tables| profile(&tables).map(|_| ()))
        .expect_err(transformations)
}

#[test]
fn steps_follow_each_other_as_they_are_written() {
    let steps = "  - read_delimited:\n      delimiter: ','\n      encoding: ascii\n      header: all_files_same_headers\n  \
        - filter: 'col(\"temperature\") > 30 and col(\"city\") != \"Bari\"'\n  - convert_column_types:\n      \
        - columns: day\n        column_type:\n          datetime:\n            formats: ['%d/%m/%Y']\n      \
        - columns: [open]\n        column_type:\n          boolean:\n            true_values: ['yes']\n            \
        false_values: ['no']\n      - columns: [zip]\n        column_type: string\n  - drop_columns: temperature\n";
    let folder = table(steps, &[("a.csv", CSV)]);
    assert_eq!(
        rows(&folder),
        "city,day,zip,open\nRome,2024-02-01T00:00:00,00118,false\nBonn,2024-02-02T00:00:00,53111,true\n"
    );
    let tables = open(folder.path(), &ReadOptions::default()).expect("a table");
    let found = profile(&tables).expect("a profile");
    assert_eq!(found.rows(), 2);
    assert_eq!(found.names().collect::<Vec<_>>(), ["city", "day", "zip", "open"]);
    // A query reads some of its columns, in another order.
    assert_eq!(
        answer(
            folder.path(),
            "select count(*) as n, max(zip) as zip from t where open"
        )
        .expect("an answer"),
        "n,zip\n1,53111\n"
    );
}

#[test]
fn rows_are_skipped_and_taken_from_the_top_of_all_files() {
    let files = [
        ("1.csv", "n\n1\n2\n3\n"),
        ("2.csv", "n\n4\n5\n"),
        ("3.csv", "n\nbroken,row\n"),
    ];
    let taken = table("  - read_delimited\n  - skip: 2\n  - take: 2\n", &files[..2]);
    assert_eq!(rows(&taken), "n\n3\n4\n");
    assert_eq!(
        profile(&open(taken.path(), &ReadOptions::default()).expect("a table"))
            .expect("a profile")
            .rows(),
        2
    );
    // The order of the steps tells which rows are meant.
    let filtered = table(
        "  - read_delimited\n  - take: 4\n  - filter: n > 1\n  - skip: 1\n",
        &files[..2],
    );
    assert_eq!(rows(&filtered), "n\n3\n4\n");
    let none = table("  - read_delimited\n  - take: 0\n", &files[..2]);
    assert_eq!(
        answer(none.path(), "select count(*) as n from t").expect("an answer"),
        "n\n0\n"
    );
}

#[test]
fn take_reads_no_further_than_it_needs() {
    let mut long = String::from("n\n");
    for row in 0..2_000_000 {
        long += &format!("{row}\n");
    }
    long += "1,2,3\n";
    let folder = table(
        "  - read_delimited:\n      infer_column_types: false\n  - take: 3\n",
        &[("a.csv", &long)],
    );
    assert_eq!(rows(&folder), "n\n0\n1\n2\n");
}

#[test]
fn a_random_sample_is_the_same_each_time_and_of_about_its_share() {
    let mut text = String::from("n\n");
    for row in 0..20_000 {
        text += &format!("{row}\n");
    }
    let sample = |steps: &str| {
        let folder = table(&format!("  - read_delimited\n{steps}"), &[("a.csv", &text)]);
        answer(folder.path(), "select count(*) as n, sum(n) as s from t").expect("an answer")
    };
    let one = sample("  - take_random_sample:\n      probability: 0.1\n      seed: 7\n");
    assert_eq!(
        one,
        sample("  - take_random_sample: {probability: 0.1, seed: 7}\n")
    );
    assert_ne!(
        one,
        sample("  - take_random_sample: {probability: 0.1, seed: 8}\n")
    );
    let count: u64 = one
        .lines()
        .nth(1)
        .and_then(|row| row.split(',').next())
        .expect("a count")
        .parse()
        .expect("a number");
    assert!((1700..2300).contains(&count), "{count}");
    let all = "n,s\n20000,199990000\n";
    assert_eq!(
        sample("  - sample: {sampler: random_percent, sampler_arguments: {probability: 1}}\n"),
        all
    );
    assert_eq!(sample("  - take_random_sample: {probability: 0}\n"), "n,s\n0,\n");
}

#[test]
fn columns_come_from_paths() {
    let files = [
        ("sales/2024/01/31/a.csv", "n\n1\n"),
        ("sales/2024/02/01/b.csv", "n\n2\n"),
        ("notes/2024/02/01/b.txt", "x"),
    ];
    let steps = "  - read_delimited:\n      include_path_column: true\n  - extract_columns_from_partition_format: {day:yyyy/MM/dd}\n";
    let folder = with_paths("  - folder: ./sales\n", steps, &files);
    assert_eq!(
        sorted(&folder),
        "Path,n,day\nsales/2024/01/31/a.csv,1,2024-01-31T00:00:00\nsales/2024/02/01/b.csv,2,2024-02-01T00:00:00\n"
    );
    let steps = "  - read_delimited:\n      path_column: from\n  - extract_columns_from_partition_format:\n      partition_format: '/{kind}/{year}/{month}/{d}/{file_name}.{extension}'\n  - keep_columns: [kind, n, from]\n";
    let folder = with_paths("  - pattern: sales/**/*.csv\n", steps, &files);
    assert_eq!(
        sorted(&folder),
        "kind,n,from\nsales,1,sales/2024/01/31/a.csv\nsales,2,sales/2024/02/01/b.csv\n"
    );
}

#[test]
fn headers_are_where_the_table_says() {
    let files = [("1.csv", "a,b\n1,x\n"), ("2.csv", "b,c\ny,2\n")];
    let read = |header: &str| {
        let steps = format!("  - read_delimited:\n      header: {header}\n");
        table(&steps, &files)
    };
    assert_eq!(
        sorted(&read("all_files_different_headers")),
        "a,b,c\n,y,2\n1,x,\n"
    );
    assert_eq!(sorted(&read("from_first_file")), "a,b\n1,x\nb,c\ny,2\n");
    assert_eq!(
        sorted(&read("no_header")),
        "Column1,Column2\n1,x\na,b\nb,c\ny,2\n"
    );
    let error =
        open(read("all_files_same_headers").path(), &ReadOptions::default()).expect_err("other columns");
    assert!(error.to_string().contains("2.csv"), "{error}");
}

#[test]
fn texts_are_read_as_the_table_says() {
    let text = "id,name\n007,\n008,NA\n";
    let read = |more: &str| {
        rows(&table(
            &format!("  - read_delimited:\n      delimiter: ','\n{more}"),
            &[("a.csv", text)],
        ))
    };
    assert_eq!(read(""), "id,name\n7,\n8,\n");
    assert_eq!(read("      infer_column_types: false\n"), "id,name\n007,\n008,\n");
    let missing = |more: &str| {
        let steps = format!("  - read_delimited:\n      delimiter: ','\n{more}  - filter: name == null\n");
        answer(
            table(&steps, &[("a.csv", text)]).path(),
            "select count(*) as n from t",
        )
        .expect("an answer")
    };
    assert_eq!(missing(""), "n\n2\n");
    assert_eq!(missing("      empty_as_string: true\n"), "n\n0\n");
    let typed = "      infer_column_types:\n        column_type_overrides:\n          - columns: id\n            column_type: string\n";
    assert_eq!(read(typed), "id,name\n007,\n008,\n");
}

#[test]
fn lines_that_are_no_json_are_dropped_or_told() {
    let lines = [("a.jsonl", "\u{feff}{\"n\": 1}\nbroken\n{\"n\": 2}\n")];
    let drop = with_paths(
        "  - file: a.jsonl\n",
        "  - read_json_lines:\n      encoding: utf8bom\n      invalid_lines: drop\n  - take: 5\n",
        &lines,
    );
    assert_eq!(rows(&drop), "n\n1\n2\n");
    let error = with_paths(
        "  - file: a.jsonl\n",
        "  - read_json_lines:\n      invalid_lines: error\n",
        &lines,
    );
    let error = answer(error.path(), "select * from t").expect_err("a broken line");
    assert!(error.contains("row 2"), "{error}");
}

#[test]
fn a_text_among_numbers_further_down_is_met_with_the_types_of_all_rows() {
    let mut text = String::from("n,m\n");
    for row in 0..60_000 {
        text += &match row {
            20_000 => "x,1\n".to_owned(),
            row => format!("{row},1\n"),
        };
    }
    let folder = table("  - read_delimited\n  - keep_columns: n\n", &[("a.csv", &text)]);
    assert_eq!(
        answer(
            folder.path(),
            "select count(*) as c from t where cast(n as varchar) = 'x'"
        )
        .expect("an answer"),
        "c\n1\n"
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_line_and_field() {
    for (steps, words) in [
        (
            "  - read_delimited\n  - fliter: a > 1\n",
            &["line 7", "`fliter`", "`filter`"][..],
        ),
        (
            "  - read_delimited:\n      delimeter: ;\n",
            &["line 7", "`delimeter`", "`delimiter`"],
        ),
        (
            "  - read_delimited:\n      encoding: utf32\n",
            &["line 7", "`read_delimited.encoding`", "UTF-8"],
        ),
        ("  - read_delimited\n  - take: -1\n", &["line 7", "`take`"]),
        (
            "  - read_delimited\n  - take: many\n",
            &["line 7", "`take`", "whole number"],
        ),
        ("  - read_delimited\n  - take\n", &["line 7", "`take`"]),
        (
            "  - read_delimited\n  - keep_columns: [city, town]\n",
            &["line 7", "`keep_columns`", "`town`", "temperature"],
        ),
        (
            "  - read_delimited\n  - drop_columns: {pattern: '.*'}\n",
            &["line 7", "no column is left"],
        ),
        (
            "  - read_delimited\n  - filter: col(\"city\") > 3\n",
            &["line 7", "`filter`", "text", "number"],
        ),
        (
            "  - read_delimited\n  - filter: temperature\n",
            &["line 7", "a number", "condition"],
        ),
        (
            "  - read_delimited\n  - filter: 'col(\"twon\") == \"x\"'\n",
            &["line 7", "`twon`"],
        ),
        (
            "  - read_delimited\n  - take_random_sample: {probability: 2}\n",
            &["line 7", "`take_random_sample.probability`"],
        ),
        (
            "  - read_delimited\n  - convert_column_types:\n      - columns: city\n        column_type: whole\n",
            &["line 9", "`whole`"],
        ),
        (
            "  - read_delimited\n  - extract_columns_from_partition_format: '/{a}/{b:yyyy}.csv'\n",
            &["line 7", "`a.csv`"],
        ),
        (
            "  - read_delimited\n  - select_partitions: [1]\n",
            &["line 7", "`select_partitions`"],
        ),
        (
            "  - read_delimited\n  - read_parquet\n",
            &["line 7", "second way"],
        ),
        // What the data says against it names file, column and value, and the step.
        (
            "  - read_delimited\n  - convert_column_types:\n      - columns: city\n        column_type: int\n",
            &["a.csv", "`city`", "`Oslo`", "line 8"],
        ),
    ] {
        let error = refused(steps);
        let said = format!("{error} {}", error.hint.clone().unwrap_or_default());
        for word in words {
            assert!(said.contains(word), "{word} in {said}");
        }
    }
}

#[test]
fn no_file_outside_of_its_folder_is_read() {
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.csv");
    fs::write(&secret, "a\n1\n").expect("a file");
    let within = |path: &str| {
        let folder = with_paths(
            &format!("  - file: '{path}'\n"),
            "  - read_delimited\n",
            &[("a.csv", CSV)],
        );
        std::os::unix::fs::symlink(&secret, folder.path().join("link.csv")).expect("a link");
        open(folder.path(), &ReadOptions::default())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(within("./a.csv"), Ok(()));
    for (path, why) in [
        ("/etc/passwd", "leads out"),
        ("../x.csv", "leads out"),
        ("a/../../x.csv", "leads out"),
        ("https://example.com/a.csv", "does not lie beside"),
        ("link.csv", "link out"),
        ("missing.csv", "no such file"),
    ] {
        let said = within(path).expect_err(path);
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_a_delta_table_is_not_followed() {
    let secret = tempfile::tempdir().expect("a folder");
    let batch = arrow_array::RecordBatch::try_from_iter([(
        "n",
        std::sync::Arc::new(arrow_array::Int64Array::from(vec![7])) as arrow_array::ArrayRef,
    )])
    .expect("a batch");
    let file = fs::File::create(secret.path().join("secret.parquet")).expect("a file");
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    let folder = with_paths("  - folder: ./d\n", "  - read_delta_lake:\n", &[]);
    let log = folder.path().join("d/_delta_log");
    fs::create_dir_all(&log).expect("a folder");
    fs::write(
        log.join(format!("{:020}.json", 0)),
        "{\"protocol\":{\"minReaderVersion\":1}}\n{\"add\":{\"path\":\"0.parquet\"}}\n",
    )
    .expect("a file");
    std::os::unix::fs::symlink(
        secret.path().join("secret.parquet"),
        folder.path().join("d/0.parquet"),
    )
    .expect("a link");
    let why = answer(folder.path(), "select n from t").expect_err("it lies elsewhere");
    assert!(why.contains("link out of the Delta table"), "{why}");
}

#[test]
fn a_version_of_a_delta_table_is_read() {
    let commit = |added: &str, ms: i64| {
        format!(
            "{{\"commitInfo\":{{\"timestamp\":{ms}}}}}\n{{\"protocol\":{{\"minReaderVersion\":1}}}}\n{{\"add\":{{\"path\":\"{added}\"}}}}\n"
        )
    };
    let read = |said: &str| {
        let folder = with_paths(
            "  - folder: ./d\n",
            &format!("  - read_delta_lake:\n      {said}\n"),
            &[],
        );
        let log = folder.path().join("d/_delta_log");
        fs::create_dir_all(&log).expect("a folder");
        for (at, ms) in [(0, 1_600_000_000_000), (1, 1_700_000_000_000)] {
            let name = format!("{at}.parquet");
            fs::write(log.join(format!("{at:020}.json")), commit(&name, ms)).expect("a file");
            let values = arrow_array::Int64Array::from(vec![at]);
            let batch = arrow_array::RecordBatch::try_from_iter([(
                "n",
                std::sync::Arc::new(values) as arrow_array::ArrayRef,
            )])
            .expect("a batch");
            let file = fs::File::create(folder.path().join("d").join(name)).expect("a file");
            let mut writer =
                parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
            writer.write(&batch).expect("written");
            writer.close().expect("closed");
        }
        answer(folder.path(), "select count(*) as n from t")
    };
    assert_eq!(read("version_as_of: 0").as_deref(), Ok("n\n1\n"));
    assert_eq!(read("version_as_of: 1").as_deref(), Ok("n\n2\n"));
    assert_eq!(
        read("timestamp_as_of: '2022-08-26T00:00:00Z'").as_deref(),
        Ok("n\n1\n")
    );
    assert_eq!(
        read("timestamp_as_of: '2999-08-26T00:00:00Z'").as_deref(),
        Ok("n\n2\n")
    );
    assert!(
        read("version_as_of: 9")
            .expect_err("no version")
            .contains("version 9")
    );
    assert!(
        read("timestamp_as_of: '1999-01-01T00:00:00Z'")
            .expect_err("too early")
            .contains("after that instant")
    );
}
