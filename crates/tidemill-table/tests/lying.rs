//! Parquet files whose statistics say what is not so: a profile and a query go by the rows.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde_json::{Value, json};
use tidemill_profile::Asked;
use tidemill_table::sql::{Format, Limits, Mount, Query, Task, run};
use tidemill_table::{ReadOptions, open, profile};

/// The numbers that the writer sees.
const LEAST: i64 = 1_234_567_890_123;
const GREATEST: i64 = 8_765_432_109_876;
/// What the file says of them afterwards.
const LIE: i64 = 7;

/// A file of three row groups; each says that all of its values are 7.
fn lying(path: &Path) {
    let values = (0..3000).map(|at| match at % 3 {
        0 => Some(LEAST),
        1 => Some(GREATEST),
        _ => None,
    });
    let column: ArrayRef = Arc::new(Int64Array::from_iter(values));
    let batch = RecordBatch::try_from_iter([("v", column)]).expect("a batch");
    let properties = WriterProperties::builder()
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(1000))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    // The dictionary pages hold the values once each: what lies behind the last of them are statistics of pages and of row groups.
    let places = |bytes: &[u8], value: i64| -> Vec<usize> {
        let found = bytes.windows(8).enumerate();
        found
            .filter(|(_, window)| *window == value.to_le_bytes())
            .map(|(at, _)| at)
            .collect()
    };
    let size = bytes.len();
    let footer = size - 8 - u32::from_le_bytes(bytes[size - 8..size - 4].try_into().expect("four")) as usize;
    let mut replaced = 0;
    for value in [LEAST, GREATEST] {
        for at in places(&bytes, value).into_iter().filter(|at| *at >= footer) {
            bytes[at..at + 8].copy_from_slice(&LIE.to_le_bytes());
            replaced += 1;
        }
    }
    assert!(
        replaced >= 6,
        "least and greatest of three row groups: {replaced}"
    );
    std::fs::write(path, bytes).expect("a file");
}

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

fn ask(sql: &str, path: &Path) -> Value {
    let mounts = [Mount {
        name: "t".to_owned(),
        path: path.to_path_buf(),
        reading: ReadOptions::default(),
    }];
    let task = Task::Query(Query {
        sql: sql.to_owned(),
        sample: None,
    });
    let bytes = Bytes::default();
    let shared = bytes.clone();
    let mut make = move || -> std::io::Result<Box<dyn Write + Send>> { Ok(Box::new(shared.clone())) };
    run(&task, &mounts, &Limits::default(), Format::Answer, &mut make).expect("answers");
    let answer: Value = serde_json::from_slice(&bytes.0.lock().expect("no poison")).expect("JSON");
    answer["rows"].clone()
}

#[test]
fn statistics_in_the_file_are_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lying.parquet");
    lying(&path);

    let read = profile(&open(&path, &ReadOptions::default()).expect("opens")).expect("is read");
    let found = read.finish(&Asked::default()).expect("finishes");
    let column = found.column("v").expect("a column");
    assert_eq!(
        (column.min.clone(), column.max.clone()),
        (Some(LEAST.into()), Some(GREATEST.into()))
    );
    assert_eq!(
        (column.count, column.missing, column.distinct.value),
        (2000, 1000, 2.0)
    );

    assert_eq!(
        ask(
            "select min(v) as low, max(v) as high, count(v) as n from t",
            &path
        ),
        json!([{"low": LEAST, "high": GREATEST, "n": 2000}])
    );
    // Whoever went by the statistics would leave all row groups out.
    assert_eq!(
        ask("select count(*) as n from t where v > 100", &path),
        json!([{"n": 2000}])
    );
    assert_eq!(
        ask("select count(*) as n from t where v = 7", &path),
        json!([{"n": 0}])
    );
}

#[test]
fn long_texts_come_in_small_batches() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.parquet");
    let texts = (0..20_000).map(|at| format!("{at:08}{}", "x".repeat(10_000)));
    let column: ArrayRef = Arc::new(arrow_array::StringArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("v", column)]).expect("a batch");
    let file = std::fs::File::create(&path).expect("a file");
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    drop(batch);

    let tables = open(&path, &ReadOptions::default()).expect("opens");
    let (mut most, mut rows) = (0, 0);
    for part in tables.files[0].parts().expect("parts") {
        part.expect("a part")
            .read(&mut |batch| {
                most = most.max(batch.num_rows());
                rows += batch.num_rows();
                Ok(())
            })
            .expect("is read");
    }
    assert_eq!(rows, 20_000);
    assert!(most as u64 * 10_008 <= 32 << 20, "{most} rows of 10 kB at a time");
}
