//! What is broken gets an answer that names file, row and column; what is only odd gets a correct profile.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, TimestampSecondArray, UInt64Array,
};
use arrow_array::{Date32Array, types::Int32Type};
use arrow_schema::{DataType, Field, Fields};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use tempfile::TempDir;
use tidemill_profile::{Asked, ColumnProfile, Likelihood, Profile};
use tidemill_table::{Error, ReadOptions, open, profile};

fn written(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("a file");
    (folder, path)
}

fn read_with(name: &str, content: &[u8], options: &ReadOptions) -> Result<Profile, Error> {
    let (_folder, path) = written(name, content);
    Ok(profile(&open(&path, options)?)?
        .finish(&Asked::default())
        .expect("finishes"))
}

fn read(name: &str, content: &[u8]) -> Result<Profile, Error> {
    read_with(name, content, &ReadOptions::default())
}

fn refused(name: &str, content: &[u8]) -> Error {
    read(name, content).expect_err("is refused")
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

fn column<'p>(profile: &'p Profile, name: &str) -> &'p ColumnProfile {
    profile.column(name).unwrap_or_else(|| {
        panic!(
            "no column {name} in {:?}",
            profile.columns.iter().map(|one| &one.name).collect::<Vec<_>>()
        )
    })
}

#[test]
fn a_ragged_row_is_named() {
    let mut text = String::from("a,b,c\n");
    (0..400_000).for_each(|at| text += &format!("{at},x,{}\n", at % 7));
    text += "1,2\n3,4,5\n";
    let error = refused("ragged.csv", text.as_bytes());
    assert_eq!(
        (error.row, error.reason.as_str()),
        (Some(400_002), "3 columns are named, and the row has 2 fields"),
        "{error}"
    );
    assert!(error.file.ends_with("ragged.csv") && error.hint.is_some());
    let error = refused("wide.csv", b"a,b\n1,2\n1,2,3\n");
    assert_eq!(error.row, Some(3), "{error}");
}

#[test]
fn an_empty_file_and_a_header_alone_are_told_apart() {
    assert!(refused("empty.csv", b"").reason.contains("empty"));
    assert!(refused("blank.csv", b"\n\n").reason.contains("empty"));
    assert!(refused("empty.json", b"").reason.contains("empty"));
    assert!(read("empty.parquet", b"").is_err());
    let header = read("header.csv", b"a,b\n").expect("a table without rows");
    assert_eq!((header.rows, header.columns.len()), (0, 2));
}

#[test]
fn a_gigantic_row_is_refused_in_bounded_memory() {
    let mut text = b"a,b\n1,2\n3,\"".to_vec();
    text.resize(70 << 20, b'x');
    let error = refused("gigantic.csv", &text);
    assert_eq!(error.row, Some(3), "{error}");
    assert!(error.reason.contains("longer than 64 MB"), "{error}");
}

#[test]
fn a_wrong_encoding_is_named_and_the_right_one_is_read() {
    let text = "name,size\nMüller,1\nGroß,2\n";
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let error = refused("latin.csv", &latin);
    assert_eq!(
        (error.row, error.column.as_deref()),
        (Some(2), Some("name")),
        "{error}"
    );
    let options = ReadOptions {
        encoding: Some("windows-1252".into()),
        ..ReadOptions::default()
    };
    let found = read_with("latin.csv", &latin, &options).expect("is read");
    assert_eq!(
        column(&found, "name").top[0]
            .value
            .as_str()
            .map(str::len)
            .map(|length| length > 0),
        Some(true)
    );
    assert_eq!(
        column(&found, "name")
            .numbers
            .as_ref()
            .and_then(|numbers| numbers.mean),
        Some(5.0)
    );
    let utf16: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(read("utf16.csv", &utf16).expect("is read").rows, 2);
    let marked: Vec<u8> = [0xEF, 0xBB, 0xBF].into_iter().chain(text.bytes()).collect();
    assert_eq!(
        read("marked.csv", &marked).expect("is read").columns[0].name,
        "name"
    );
}

#[test]
fn a_quote_that_is_never_closed_is_named_by_its_row() {
    let error = refused("open.csv", b"a,b\n1,x\n2,\"never closed\n3,y\n4,z\n");
    assert_eq!(error.row, Some(3), "{error}");
    assert!(
        error.reason.contains("never closed") && error.hint.is_some(),
        "{error}"
    );
    // What is closed, also over lines, and what stands inside of a field, is read.
    let found = read("closed.csv", b"a,b\n1,\"x\ny\"\n2,5\" pipe\n").expect("is read");
    assert_eq!(found.rows, 2);
}

#[test]
fn texts_with_zero_bytes_are_told_what_they_look_like() {
    let text = "name,size\nabc,1\ndef,2\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, name) in [(little, "utf-16le"), (big, "utf-16be")] {
        let error = refused("x.csv", &bytes);
        assert_eq!(
            error.hint.as_deref(),
            Some(format!("name its encoding, as in --encoding {name}").as_str()),
            "{error}"
        );
        let options = ReadOptions {
            encoding: Some(name.into()),
            ..ReadOptions::default()
        };
        assert_eq!(read_with("x.csv", &bytes, &options).expect("is read").rows, 2);
    }
    let error = refused("x.csv", b"a,b\n1,2\n3,\0\n");
    assert_eq!(
        (error.row, error.reason.contains("zero byte")),
        (Some(3), true),
        "{error}"
    );
}

#[test]
fn what_has_the_form_of_a_date_and_is_none_makes_a_column_of_texts() {
    let found = read(
        "dates.csv",
        b"good,bad,worse,n\n2024-02-29,2024-02-29,2024-01-01T00:00:00Z,1\n1899-12-31,2024-02-30,2024-13-01T00:00:00Z,2\n",
    )
    .expect("is read");
    let kinds: Vec<&str> = found.columns.iter().map(|column| column.kind.as_str()).collect();
    assert_eq!(kinds, ["date", "text", "text", "integer"]);
    assert_eq!(column(&found, "good").min, Some("1899-12-31".into()));
}

#[test]
fn a_wide_csv_takes_no_more_memory_than_its_cells() {
    let names: Vec<String> = (0..10_000).map(|at| format!("c{at}")).collect();
    let mut text = names.join(",") + "\n";
    for row in 0..30 {
        let cells: Vec<String> = (0..10_000).map(|at| (row * at).to_string()).collect();
        text += &(cells.join(",") + "\n");
    }
    let found = read("wide.csv", text.as_bytes()).expect("is read");
    assert_eq!((found.rows, found.columns.len()), (30, 10_000));
    assert_eq!(column(&found, "c9999").max, Some((29 * 9999).into()));
}

#[test]
fn a_column_that_changes_its_type_is_read_as_what_fits_all_rows() {
    let mut text = String::from("id,value\n");
    (0..600_000).for_each(|at| text += &format!("{at},{}\n", at % 100));
    let at = text.len() / 3;
    let line = text[at..].find('\n').expect("a line") + at + 1;
    text.insert_str(line, "7,n. a.\n");
    let found = read("mixed.csv", text.as_bytes()).expect("is read");
    assert_eq!(
        (
            column(&found, "id").kind.as_str(),
            column(&found, "value").kind.as_str()
        ),
        ("integer", "text")
    );
    assert_eq!(found.rows, 600_001);
    text.insert_str(line, "7,0.5\n");
    let text = text.replace("n. a.", "1e3");
    assert_eq!(
        column(&read("mixed.csv", text.as_bytes()).expect("is read"), "value").kind,
        "float"
    );
}

#[test]
fn dialects_are_found_out() {
    for (name, text) in [
        ("a.csv", "x;y\n1,5;a\n2,5;b\n"),
        ("a.tsv", "x\ty\n1\ta\n2\tb\n"),
        ("a.txt", "x|y\n1|a\n2|b\n"),
        ("crlf.csv", "x,y\r\n1,a\r\n2,\"b\r\nc\"\r\n"),
        ("quoted.csv", "x,y\n1,\"a, \"\"b\"\"\"\n2,5\" pipe\n"),
        ("last.csv", "x,y\n1,a\n2,b"),
    ] {
        let found = read(name, text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((found.rows, found.columns.len()), (2, 2), "{name}");
        assert_eq!(found.columns[0].name, "x", "{name}");
    }
    let bare = read("bare.csv", b"1,a\n2,b\n").expect("is read");
    assert_eq!((bare.rows, bare.columns[0].name.as_str()), (2, "column_1"));
    let twice = read("twice.csv", b"a,a,\n1,2,3\n").expect("is read");
    assert_eq!(
        twice
            .columns
            .iter()
            .map(|one| one.name.as_str())
            .collect::<Vec<_>>(),
        ["a", "a_2", "column_3"]
    );
    let missing = read("missing.csv", b"a,b\nNA,x\n1,NA\nNA,y\n").expect("is read");
    assert_eq!(
        (
            column(&missing, "a").kind.as_str(),
            column(&missing, "a").missing,
            column(&missing, "b").missing
        ),
        ("integer", 2, 1)
    );
}

#[test]
fn truncated_and_damaged_parquet_is_refused() {
    let whole = parquet(vec![("a", Arc::new(Int64Array::from_iter_values(0..100_000)))]);
    for length in [0, 3, 4, 100, whole.len() / 2, whole.len() - 1] {
        let error = refused("cut.parquet", &whole[..length]);
        assert!(error.file.ends_with("cut.parquet"), "{error}");
    }
    assert!(
        refused("text.parquet", b"a,b\n1,2\n")
            .to_string()
            .contains("text.parquet")
    );
}

#[test]
fn ten_thousand_columns_are_profiled() {
    let columns: Vec<(String, ArrayRef)> = (0..10_000)
        .map(|at| {
            (
                format!("c{at}"),
                Arc::new(Int32Array::from(vec![at, at + 1, at])) as ArrayRef,
            )
        })
        .collect();
    let columns = columns
        .iter()
        .map(|(name, array)| (name.as_str(), Arc::clone(array)))
        .collect();
    let found = read("wide.parquet", &parquet(columns)).expect("is read");
    assert_eq!(
        (found.columns.len(), column(&found, "c9999").distinct.value),
        (10_000, 2.0)
    );
}

#[test]
fn nested_types_are_opened() {
    let fields = Fields::from(vec![
        Field::new("x", DataType::Int32, true),
        Field::new("y", DataType::Float64, true),
    ]);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        Arc::new(Float64Array::from(vec![0.5, 1.5, 2.5])),
    ];
    let nested = StructArray::new(fields, arrays, Some(vec![true, true, false].into()));
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1), Some(2)]),
        None,
        Some(vec![]),
    ]);
    let found = read(
        "nested.parquet",
        &parquet(vec![("at", Arc::new(nested)), ("list", Arc::new(lists))]),
    )
    .expect("is read");
    assert_eq!(
        (column(&found, "at.x").missing, column(&found, "at.y").missing),
        (2, 1)
    );
    assert_eq!(column(&found, "list").max, Some(2.into()));
    let json = read(
        "nested.jsonl",
        b"{\"a\": {\"b\": 1}, \"c\": [1, 2]}\n{\"a\": {\"b\": 2}}\n",
    )
    .expect("is read");
    assert_eq!(
        (column(&json, "a.b").max.clone(), column(&json, "c").missing),
        (Some(2.into()), 1)
    );
}

#[test]
fn odd_values_are_what_they_are() {
    let decimal = Decimal128Array::from(vec![Some(-1250), Some(10), None])
        .with_precision_and_scale(10, 2)
        .expect("a decimal");
    let long = Decimal128Array::from(vec![Some(123_456_789_012_345_678_901_234), None, None])
        .with_precision_and_scale(30, 4)
        .expect("a decimal");
    let zoned = TimestampSecondArray::from(vec![-3_000_000_000, 0, 1_700_000_000]).with_timezone("+02:00");
    let found = read(
        "odd.parquet",
        &parquet(vec![
            ("decimal", Arc::new(decimal)),
            ("long", Arc::new(long)),
            ("zoned", Arc::new(zoned)),
            (
                "early",
                Arc::new(Date32Array::from(vec![-40_000, -30_000, -30_000])),
            ),
            (
                "float",
                Arc::new(Float64Array::from(vec![
                    Some(f64::NAN),
                    None,
                    Some(f64::NEG_INFINITY),
                ])),
            ),
            (
                "none",
                Arc::new(Float64Array::from(vec![None::<f64>, None, None])),
            ),
            (
                "large",
                Arc::new(Int64Array::from(vec![9_007_199_254_740_993, i64::MAX, i64::MIN])),
            ),
            (
                "unsigned",
                Arc::new(arrow_array::UInt64Array::from(vec![u64::MAX, 1, 0])),
            ),
        ]),
    )
    .expect("is read");
    assert_eq!(
        (
            column(&found, "decimal").min.clone(),
            column(&found, "decimal").max.clone()
        ),
        (Some((-12.5).into()), Some(0.1.into()))
    );
    assert_eq!(column(&found, "long").missing, 2);
    assert_eq!(column(&found, "zoned").min, Some("1874-12-07T18:40:00Z".into()));
    assert_eq!(column(&found, "early").min, Some("1860-06-26".into()));
    let float = column(&found, "float");
    let numbers = float.numbers.as_ref().expect("numbers");
    assert_eq!(
        (
            float.missing,
            float.count,
            numbers.nan,
            numbers.infinite,
            numbers.mean
        ),
        (1, 2, 1, 1, None)
    );
    let none = column(&found, "none");
    assert_eq!(
        (none.missing, none.distinct.value, none.min.clone(), none.constant),
        (3, 0.0, None, false)
    );
    let large = column(&found, "large");
    assert_eq!(
        (large.min.clone(), large.max.clone()),
        (Some(i64::MIN.into()), Some(i64::MAX.into()))
    );
    assert!(
        large.top.iter().any(|top| top.value == 9_007_199_254_740_993i64),
        "{:?}",
        large.top
    );
    assert_eq!(column(&found, "unsigned").max, Some(u64::MAX.into()));
    assert_eq!(large.key, Some(Likelihood::Certain));
}

#[test]
fn many_long_texts_take_little_memory() {
    let mut lines = String::new();
    for at in 0..20_000 {
        lines += &format!("{{\"text\": \"{at:06}{}\"}}\n", "x".repeat(2_000));
    }
    let found = read("long.jsonl", lines.as_bytes()).expect("is read");
    let text = column(&found, "text");
    assert!(!text.exact && (text.distinct.value - 20_000.0).abs() < 4.0 * text.distinct.standard_error);
    assert_eq!(text.key, Some(Likelihood::Likely));
    assert_eq!(
        text.numbers.as_ref().and_then(|numbers| numbers.mean),
        Some(2006.0)
    );
    assert!(text.top.is_empty(), "nothing came twice: {:?}", text.top);
}

#[test]
fn values_of_other_kinds_in_json_are_named() {
    let error = refused("kinds.jsonl", b"{\"a\": [1]}\n{\"a\": [2]}\n{\"a\": 3}\n");
    assert_eq!(
        (error.row, error.column.as_deref(), error.reason.as_str()),
        (Some(3), Some("a"), "it has 3, and other rows have a list"),
        "{error}"
    );
}

#[test]
fn json_that_is_no_table_is_named() {
    let error = refused("bad.jsonl", b"{\"a\": 1}\n{\"a\": 2}\n{\"a\": \n{\"a\": 4}\n");
    assert_eq!(error.row, Some(3), "{error}");
    assert_eq!(
        read("array.json", b"[{\"a\": 1}, {\"a\": 2.5,\n \"b\": \"x\"}]")
            .expect("is read")
            .rows,
        2
    );
    assert!(
        refused("number.json", b"[1, 2]")
            .reason
            .contains("no JSON object")
    );
}

#[test]
fn arrow_files_and_streams_are_read_and_lengths_that_lie_are_refused() {
    let batch =
        RecordBatch::try_from_iter([("a", Arc::new(Int64Array::from_iter_values(0..1000)) as ArrayRef)])
            .expect("a batch");
    let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    stream.write(&batch).expect("written");
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    file.write(&batch).expect("written");
    for bytes in [
        stream.into_inner().expect("bytes"),
        file.into_inner().expect("bytes"),
    ] {
        assert_eq!(read("x.arrow", &bytes).expect("is read").rows, 1000);
        assert!(read("x.arrow", &bytes[..bytes.len() / 2]).is_err());
    }
    assert!(
        refused("x.arrow", &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0])
            .reason
            .contains("no Arrow IPC")
    );
}

#[test]
fn the_files_of_a_folder_are_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("1.csv"), "a,b\n1,x\n2,y\n").expect("a file");
    fs::write(folder.path().join("2.csv"), "a,b\n0.5,z\n").expect("a file");
    fs::write(folder.path().join("README"), "no table").expect("a file");
    let found = profile(&open(folder.path(), &ReadOptions::default()).expect("a table")).expect("a profile");
    let found = found.finish(&Asked::default()).expect("finishes");
    assert_eq!((found.rows, column(&found, "a").kind.as_str()), (3, "float"));
    fs::write(folder.path().join("3.csv"), "a,c\n1,2\n").expect("a file");
    let error = open(folder.path(), &ReadOptions::default()).expect_err("other columns");
    assert!(
        error.to_string().contains("3.csv") && error.reason.contains("`b`"),
        "{error}"
    );
}

#[test]
fn an_mltable_says_how_its_files_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("a folder");
    fs::write(folder.path().join("data/a.dat"), "1;x\n2;y\n").expect("a file");
    let table = "paths:\n  - pattern: ./data/*.dat\ntransformations:\n  - read_delimited:\n      delimiter: ';'\n      header: no_header\n";
    fs::write(folder.path().join("MLTable"), table).expect("a file");
    let found = profile(&open(folder.path(), &ReadOptions::default()).expect("a table")).expect("a profile");
    assert_eq!(found.names().collect::<Vec<_>>(), ["Column1", "Column2"]);
}

#[test]
fn a_delta_table_has_the_files_of_its_newest_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("_delta_log");
    fs::create_dir(&log).expect("a folder");
    for (name, rows) in [("a.parquet", 0..10), ("b.parquet", 10..30)] {
        fs::write(
            folder.path().join(name),
            parquet(vec![("x", Arc::new(Int64Array::from_iter_values(rows)))]),
        )
        .expect("a file");
    }
    fs::write(
        log.join("00000000000000000000.json"),
        "{\"protocol\":{\"minReaderVersion\":1}}\n{\"add\":{\"path\":\"a.parquet\"}}\n",
    )
    .expect("a file");
    fs::write(
        log.join("00000000000000000001.json"),
        "{\"remove\":{\"path\":\"a.parquet\"}}\n{\"add\":{\"path\":\"b.parquet\"}}\n",
    )
    .expect("a file");
    assert_eq!(
        profile(&open(folder.path(), &ReadOptions::default()).expect("a table"))
            .expect("a profile")
            .rows(),
        20
    );
}

#[test]
fn whole_numbers_that_floating_point_cannot_tell_apart_keep_their_spread() {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "high",
            Arc::new(UInt64Array::from_iter_values((0..5000).map(|at| u64::MAX - at))),
        ),
        (
            "id",
            Arc::new(Int64Array::from_iter_values((0..5000).map(|at| (1 << 53) + at))),
        ),
    ];
    let profile = read("x.parquet", &parquet(columns)).expect("a profile");
    for name in ["high", "id"] {
        let numbers = column(&profile, name).numbers.as_ref().expect("numbers");
        // Those of 0 to 4999, which numpy gives.
        let (sd, kurtosis) = (
            numbers.standard_deviation.expect(name),
            numbers.kurtosis.expect(name),
        );
        assert!((sd - 1_443.520_003_325_203_6).abs() < 1e-9, "{name}: {sd}");
        assert!((kurtosis + 1.2).abs() < 1e-9, "{name}: {kurtosis}");
        assert!(numbers.skewness.expect(name).abs() < 1e-9, "{name}");
    }
}

#[test]
fn a_table_without_rows_has_no_negative_zeros() {
    let empty: Vec<(&str, ArrayRef)> = vec![("x", Arc::new(Int64Array::from(Vec::<i64>::new())))];
    let profile = read("x.parquet", &parquet(empty)).expect("a profile");
    let json = serde_json::to_string(&profile).expect("JSON");
    assert!(!json.contains("-0.0"), "{json}");
}

#[test]
fn spreadsheets_of_other_countries_are_read_as_they_are_meant() {
    let german = "sep=;\r\nTag;Betrag;Menge;Nummer;gemischt\r\n31.01.2020;1.234,50;1.000;007;1,5\r\n1.12.2019;-0,25;2.500.000;008;01/02/2020\r\n;;12;009;\r\n";
    let profile = read("x.csv", german.as_bytes()).expect("a profile");
    let kinds: Vec<&str> = profile
        .columns
        .iter()
        .map(|column| column.kind.as_str())
        .collect();
    assert_eq!(kinds, ["date", "float", "integer", "integer", "text"]);
    let shown = |name: &str| {
        let column = column(&profile, name);
        (
            column.min.clone().expect(name),
            column.max.clone().expect(name),
            column.missing,
        )
    };
    assert_eq!(shown("Tag"), ("2019-12-01".into(), "2020-01-31".into(), 1));
    assert_eq!(shown("Betrag"), ((-0.25).into(), 1234.5.into(), 1));
    assert_eq!(shown("Menge"), (12.into(), 2_500_000.into(), 0));
    // The row of an error is that of the file, with the line that says the delimiter.
    let error = refused("x.csv", b"sep=;\na;b\n1;2\n3\n");
    assert_eq!(error.row, Some(4), "{error}");
}

#[test]
fn what_the_first_rows_are_written_as_must_hold_for_all_of_them() {
    let rows = |last: &str| {
        let mut text = String::from("id;day;amount\n");
        for row in 0..40_000 {
            text += &format!(
                "{row};{:02}/{:02}/2020;{},5\n",
                row % 28 + 1,
                row % 12 + 1,
                row % 90
            );
        }
        text + last
    };
    let kinds = |text: String| -> Vec<String> {
        let profile = read("x.csv", text.as_bytes()).expect("a profile");
        profile.columns.into_iter().map(|column| column.kind).collect()
    };
    assert_eq!(kinds(rows("")), ["integer", "date", "float"]);
    // What comes late in one column makes a text of it, and leaves the others as they are.
    assert_eq!(kinds(rows("40000;soon;1,5\n")), ["integer", "text", "float"]);
    assert_eq!(kinds(rows("x;28/02/2020;1,5\n")), ["text", "date", "float"]);
}

/// A Delta table of files with one column `x`, and commits in order.
fn delta(files: &[(&str, std::ops::Range<i64>)], commits: &[(u64, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("_delta_log");
    fs::create_dir(&log).expect("a folder");
    for (name, rows) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("in the table")).expect("a folder");
        fs::write(
            path,
            parquet(vec![("x", Arc::new(Int64Array::from_iter_values(rows.clone())))]),
        )
        .expect("a file");
    }
    for (version, actions) in commits {
        fs::write(log.join(format!("{version:020}.json")), actions).expect("a commit");
    }
    folder
}

fn opened(folder: &tempfile::TempDir) -> Result<tidemill_table::Tables, String> {
    open(folder.path(), &ReadOptions::default()).map_err(|error| error.reason)
}

const ADD: &str = "{\"add\":{\"path\":\"a.parquet\"}}\n";

#[test]
fn a_delta_log_with_a_gap_is_no_table() {
    let commits = [(0, ADD), (2, "{\"add\":{\"path\":\"b.parquet\"}}\n")];
    let table = delta(&[("a.parquet", 0..10), ("b.parquet", 0..5)], &commits);
    let why = opened(&table).expect_err("version 1 may have removed a file");
    assert!(why.contains("version 1 is not in its log"), "{why}");
    // One that begins late says so too: what came before is not known.
    let table = delta(&[("a.parquet", 0..10)], &[(3, ADD)]);
    let why = opened(&table).expect_err("nothing stands for versions 0 to 2");
    assert!(why.contains("version 0 is not in its log"), "{why}");
}

#[test]
fn a_checkpoint_of_a_delta_table_stands_for_the_commits_before_it() {
    let late = "{\"add\":{\"path\":\"b.parquet\"}}\n";
    let table = delta(&[("a.parquet", 0..10), ("b.parquet", 10..30)], &[(3, late)]);
    // Rows that are no `add` have an empty path below a missing struct, as some writers have it.
    let path = Field::new("path", DataType::Utf8, false);
    let add = StructArray::from(vec![(
        Arc::new(path.clone()),
        Arc::new(StringArray::from(vec!["a.parquet"])) as ArrayRef,
    )]);
    let none = arrow_array::new_null_array(&DataType::Struct(Fields::from(vec![path])), 1);
    let add = arrow_select::concat::concat(&[&none, &add]).expect("one array");
    let log = table.path().join("_delta_log");
    fs::write(
        log.join(format!("{:020}.checkpoint.parquet", 2)),
        parquet(vec![("add", add)]),
    )
    .expect("a file");
    let rows = |table: &TempDir| {
        profile(&opened(table).expect("a table"))
            .expect("a profile")
            .rows()
    };
    assert_eq!(rows(&table), 30);
    // One whose parts are not all there stands for nothing.
    let name = |part: u32| log.join(format!("{:020}.checkpoint.{part:010}.0000000002.parquet", 2));
    fs::rename(log.join(format!("{:020}.checkpoint.parquet", 2)), name(1)).expect("renamed");
    assert!(
        opened(&table)
            .expect_err("a part is missing")
            .contains("version 0")
    );
    let empty: Vec<(&str, ArrayRef)> = vec![("x", Arc::new(Int64Array::from(Vec::<i64>::new())))];
    fs::write(name(2), parquet(empty)).expect("a file");
    assert_eq!(rows(&table), 30);
}

#[test]
fn newer_delta_readers_are_needed_only_where_a_table_uses_what_they_know() {
    let with = |protocol: &str| {
        let protocol = format!("{{\"protocol\":{protocol}}}\n{ADD}");
        opened(&delta(&[("a.parquet", 0..10)], &[(0, &protocol)])).map(drop)
    };
    // What pandas' times without a zone make of a table, and tables that could have deletion vectors and have none.
    assert_eq!(
        with(r#"{"minReaderVersion":3,"readerFeatures":["timestampNtz","deletionVectors"]}"#),
        Ok(())
    );
    assert_eq!(with(r#"{"minReaderVersion":2}"#), Ok(()));
    for (protocol, word) in [
        (
            r#"{"minReaderVersion":3,"readerFeatures":["variantType"]}"#,
            "variantType",
        ),
        (r#"{"minReaderVersion":4}"#, "reader version 4"),
        (
            r#"{"minReaderVersion":2}}
{"metaData":{"configuration":{"delta.columnMapping.mode":"name"}}"#,
            "column mapping",
        ),
        (
            r#"{"minReaderVersion":3,"readerFeatures":["deletionVectors"]}}
{"add":{"path":"a.parquet","deletionVector":{"storageType":"u"}}"#,
            "deletion vector",
        ),
    ] {
        // What is added again without a vector has none.
        let why = match word {
            "deletion vector" => {
                let actions = format!("{{\"protocol\":{protocol}}}\n");
                opened(&delta(&[("a.parquet", 0..10)], &[(0, &actions)])).map(drop)
            }
            _ => with(protocol),
        };
        let why = why.expect_err(protocol);
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn partition_columns_of_a_delta_table_have_the_values_and_types_of_its_log() {
    let schema = r#"{\"type\":\"struct\",\"fields\":[{\"name\":\"x\",\"type\":\"long\"},{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"place\",\"type\":\"string\"}]}"#;
    let actions = format!(
        "{{\"metaData\":{{\"partitionColumns\":[\"day\",\"place\"],\"schemaString\":\"{schema}\"}}}}
{{\"add\":{{\"path\":\"day=2013-01-01/place=a%2520b/1.parquet\",\"partitionValues\":{{\"day\":\"2013-01-01\",\"place\":\"a b\"}}}}}}
{{\"add\":{{\"path\":\"day=2013-02-01/2.parquet\",\"partitionValues\":{{\"day\":\"2013-02-01\",\"place\":\"\"}}}}}}
"
    );
    let files = [
        ("day=2013-01-01/place=a%20b/1.parquet", 0..10),
        ("day=2013-02-01/2.parquet", 10..30),
    ];
    let table = delta(&files, &[(0, &actions)]);
    let tables = opened(&table).expect("a table");
    let profile = profile(&tables)
        .expect("a profile")
        .finish(&Asked::default())
        .expect("a profile");
    let seen = serde_json::to_value(&profile).expect("JSON");
    let columns = seen["columns"].as_array().expect("columns");
    let column = |name: &str| columns.iter().find(|column| column["name"] == name).expect(name);
    let names: Vec<&str> = columns
        .iter()
        .filter_map(|column| column["name"].as_str())
        .collect();
    assert_eq!(names, ["x", "day", "place"]);
    assert_eq!(
        (&seen["rows"], &column("place")["missing"]),
        (&30.into(), &20.into()),
        "{seen}"
    );
    assert!(
        column("day").to_string().contains("2013-01-01"),
        "{}",
        column("day")
    );
    assert!(column("place").to_string().contains("a b"), "{}", column("place"));
    let wrong = actions.replace("\"day\":\"2013-01-01\"", "\"day\":\"soon\"");
    let why = opened(&delta(&files, &[(0, &wrong)])).expect_err("it is no date");
    assert!(why.contains("`soon`") && why.contains("`day`"), "{why}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever the bytes are, there is an answer: a profile, or an error that names the file.
    #[test]
    fn no_bytes_break_a_reader(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[a-c0-9,;\"\n\t{}\\[\\]:. ]{0,200}", at in any::<prop::sample::Index>()) {
        let mut damaged = parquet(vec![("a", Arc::new(Int64Array::from_iter_values(0..50)))]);
        let place = at.index(damaged.len());
        damaged[place] ^= 0x5A;
        for (name, content) in [("x.csv", &bytes[..]), ("x.csv", text.as_bytes()), ("x.jsonl", text.as_bytes()), ("x.arrow", &bytes), ("x.parquet", &bytes), ("x.parquet", &damaged), ("x", &bytes)] {
            if let Err(error) = read(name, content) {
                prop_assert!(error.file.contains('x'), "{}", error);
            }
        }
    }
}
