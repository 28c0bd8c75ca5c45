//! A real PostgreSQL: types, keys, nothing written.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Executor};
use std::fs::File;
use std::path::Path;
use tidemill_table::database::{DatabaseError, Key, PartDone, PartLimits, Query};

const TABLE: &str = "create table flights (id int8 primary key, carrier text, delay numeric(8,2), on_time bool, day date, \
    at timestamptz, note jsonb, ids int4[]); \
    insert into flights select n, case when n % 7 = 0 then null else 'C' || n % 3 end, n * 0.25, n % 2 = 0, \
    date '1899-12-31' + n::int, timestamptz '2013-01-01 00:00:00+02' + n * interval '1 second', \
    jsonb_build_object('n', n), array[n, 2]::int4[] from generate_series(1, 2500) as n";

async fn database() -> Option<tidemill_testdb::TestDatabase> {
    let database = tidemill_testdb::postgres()?;
    let options: PgConnectOptions = database.url.parse().expect("an address");
    let mut connection = options.connect().await.expect("connects");
    connection
        .execute(sqlx::raw_sql(TABLE))
        .await
        .expect("makes the table");
    Some(database)
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let file = File::open(path).expect("there");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .expect("Parquet")
        .build()
        .expect("reads");
    reader.map(|batch| batch.expect("a batch")).collect()
}

async fn parts(
    url: &str,
    sql: &str,
    key: Option<Key>,
    limits: PartLimits,
) -> (Vec<PartDone>, Vec<RecordBatch>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut query = Query::open(url, sql, key).await.expect("opens");
    let (mut done, mut rows) = (Vec::new(), Vec::new());
    loop {
        let path = folder.path().join(format!("{}.parquet", done.len()));
        done.push(query.write_part(&path, limits).await.expect("writes"));
        rows.extend(read(&path));
        if query.is_done() {
            query.close().await;
            return (done, rows);
        }
    }
}

async fn refused(url: &str, sql: &str, key: Option<&str>) -> DatabaseError {
    let key = key.map(|column| Key {
        column: column.into(),
        after: None,
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut query = match Query::open(url, sql, key).await {
        Ok(query) => query,
        Err(error) => return error,
    };
    let path = folder.path().join("p");
    query
        .write_part(&path, PartLimits::default())
        .await
        .expect_err("refuses")
}

#[tokio::test]
async fn a_query_becomes_files_of_its_types_and_is_taken_up_behind_a_key() {
    let Some(database) = database().await else { return };
    let url = database.url.as_str();
    let (done, rows) = parts(
        url,
        "select * from flights order by id;",
        None,
        PartLimits::default(),
    )
    .await;
    assert_eq!((done.len(), done[0].rows), (1, 2500));
    let first = &rows[0];
    assert_eq!(
        first
            .column_by_name("id")
            .expect("there")
            .as_primitive::<Int64Type>()
            .value(1),
        2
    );
    let carriers = first.column_by_name("carrier").expect("there").as_string::<i32>();
    assert_eq!((carriers.value(0), carriers.is_null(6)), ("C1", true));
    let delays = first
        .column_by_name("delay")
        .expect("there")
        .as_primitive::<Float64Type>();
    assert!((delays.value(2) - 0.75).abs() < 1e-12);
    let days = first
        .column_by_name("day")
        .expect("there")
        .as_primitive::<Date32Type>();
    assert_eq!(days.value(0), -25_567, "1900-01-01, before the epoch of both");
    let at = first
        .column_by_name("at")
        .expect("there")
        .as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.value(0), 1_356_991_201_000_000, "2012-12-31T22:00:01Z");
    assert_eq!(
        first
            .column_by_name("note")
            .expect("there")
            .as_string::<i32>()
            .value(0),
        "{\"n\": 1}"
    );
    assert_eq!(
        first
            .column_by_name("ids")
            .expect("there")
            .as_string::<i32>()
            .value(0),
        "{1,2}"
    );

    let key = |after: Option<&str>| {
        Some(Key {
            column: "id".into(),
            after: after.map(str::to_owned),
        })
    };
    let limits = PartLimits {
        rows: 600,
        bytes: u64::MAX,
    };
    let (done, rows) = parts(url, "select id::int4 as id from flights", key(None), limits).await;
    assert!(done.len() > 2, "{done:?}");
    let ids = |rows: &[RecordBatch]| -> Vec<i32> {
        rows.iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int32Type>().values().to_vec())
            .collect()
    };
    assert_eq!(ids(&rows), (1..=2500).collect::<Vec<_>>());
    let last: i32 = done[0].last.as_deref().expect("a key").parse().expect("a number");
    let (_, rest) = parts(
        url,
        "select id::int4 as id from flights",
        key(done[0].last.as_deref()),
        limits,
    )
    .await;
    assert_eq!(
        ids(&rest),
        (last + 1..=2500).collect::<Vec<_>>(),
        "nothing twice, nothing lost"
    );

    let (done, rows) = parts(
        url,
        "select * from flights where id < 0",
        None,
        PartLimits::default(),
    )
    .await;
    assert_eq!((done.len(), done[0].rows, rows.len()), (1, 0, 0));
}

#[tokio::test]
async fn what_is_no_query_or_no_key_says_so_and_nothing_is_written() {
    let Some(database) = database().await else { return };
    let url = database.url.as_str();
    for (sql, key, says) in [
        ("delete from flights returning id", None, "syntax error"),
        ("select 1) as q; drop table flights; --", None, "syntax error"),
        (
            "with gone as (delete from flights returning id) select * from gone",
            None,
            "data-modifying",
        ),
        ("select nothing from flights", None, "nothing"),
        (
            "select set_config('transaction_read_only', 'off', true)",
            None,
            "read-write",
        ),
        ("select id from flights", Some("carrier"), "none of its columns"),
        ("select note from flights", Some("note"), "jsonb"),
        (
            "select carrier from flights where carrier is not null",
            Some("carrier"),
            "as in the row before",
        ),
        (
            "select case when id > 9 then null else id end as id from flights",
            Some("id"),
            "missing",
        ),
        ("select 'infinity'::date as day", None, "infinite"),
        ("select 1 / (id - 3) as x from flights", None, "division by zero"),
    ] {
        let error = refused(url, sql, key).await;
        assert!(error.message.to_lowercase().contains(says), "{sql}: {error}");
        assert!(!error.gone);
    }
    let (done, _) = parts(
        url,
        "select count(*) as n from flights",
        None,
        PartLimits::default(),
    )
    .await;
    assert_eq!(done[0].rows, 1);
    let error = Query::open("postgresql://x:geheim@127.0.0.1:1/none", "select 1", None)
        .await
        .expect_err("nobody is there");
    assert!(error.gone && !error.to_string().contains("geheim"), "{error}");
    let error = Query::open("mysql://x:geheim@h/d", "select 1", None)
        .await
        .expect_err("another one");
    assert!(!error.to_string().contains("geheim"));
}
