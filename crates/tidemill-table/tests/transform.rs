//! Tables made of tables: what is fitted, on which rows, and that it is used again as it was.

use std::path::Path;

use serde_json::{Value, json};
use tidemill_table::sql::{
    Fitted, Format, Limits, Mount, Query, Task, Transform, Transformed, run, transform,
};

fn mount(name: &str, path: &Path) -> Mount {
    Mount {
        name: name.to_owned(),
        path: path.to_path_buf(),
        reading: Default::default(),
    }
}

fn made(plan: Value, fitted: Option<Vec<Fitted>>, table: &Path, to: &Path) -> Transformed {
    let plan: Transform = serde_json::from_value(plan).expect("a plan");
    transform(&plan, fitted, &[mount("t", table)], &Limits::default(), to).expect("transforms")
}

/// The rows of a query over a file.
fn rows(sql: &str, path: &Path) -> Value {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let answer = file.path().to_path_buf();
    let mut make = || -> std::io::Result<Box<dyn std::io::Write + Send>> {
        Ok(Box::new(std::fs::File::create(&answer)?))
    };
    let task = Task::Query(Query {
        sql: sql.to_owned(),
        sample: None,
    });
    run(
        &task,
        &[mount("t", path)],
        &Limits::default(),
        Format::Json,
        &mut make,
    )
    .expect("answers");
    serde_json::from_slice(&std::fs::read(file.path()).expect("a file")).expect("JSON")
}

/// 1,000 rows by day: x rises, one carrier comes in the last days alone.
fn table(folder: &Path) -> std::path::PathBuf {
    let mut text = String::from("day,x,carrier,key\n");
    for row in 0..1000u32 {
        let carrier = match row {
            900.. => "XX",
            _ => ["UA", "AA", "B6"][row as usize % 3],
        };
        text += &format!(
            "2024-01-{:02} {:02}:{:02}:00,{row},{carrier},k{}\n",
            1 + row / 40,
            row % 24,
            row % 60,
            row % 50
        );
    }
    let path = folder.join("t.csv");
    std::fs::write(&path, text).expect("a file");
    path
}

#[test]
fn parameters_are_those_of_the_rows_to_train_on_and_hold_for_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let (t, out) = (table(folder.path()), folder.path().join("out"));
    let plan = json!({
        "sql": "select x, x as y, x as z, carrier from t",
        "steps": [
            {"log": {"columns": ["z"], "plus": 1.0}},
            {"scale": {"columns": ["x"]}},
            {"bin": {"column": "y", "edges": [100, 500]}},
            {"one_hot": {"columns": ["carrier"]}},
        ],
        "split": {"by": "x", "test": 0.2},
    });
    // The split stands before the steps, so that `x` is what it was.
    let made_first = made(plan.clone(), None, &t, &out);
    assert_eq!(made_first.rows["train.parquet"], 800);
    assert_eq!(made_first.rows["test.parquet"], 200);
    assert_eq!(
        made_first.columns,
        ["x", "y", "z", "carrier=AA", "carrier=B6", "carrier=UA"]
    );
    let train = rows(
        "select round(avg(x), 9) as m, round(stddev_samp(x), 9) as s, min(y) as low, max(y) as high, max(z) as z, \
         sum(\"carrier=AA\" + \"carrier=B6\" + \"carrier=UA\") as n from t",
        &out.join("train.parquet"),
    );
    assert_eq!(
        [
            &train[0]["m"],
            &train[0]["s"],
            &train[0]["low"],
            &train[0]["high"],
            &train[0]["n"]
        ],
        [&json!(0.0), &json!(1.0), &json!(0), &json!(2), &json!(800)],
        "{train}"
    );
    assert!((train[0]["z"].as_f64().expect("a number") - 800f64.ln()).abs() < 1e-12);
    // x of the rows to test on is 800 to 999, in deviations of 0 to 799; and the new carrier is none of the known ones.
    let deviation = (0..800).map(|x| (f64::from(x) - 399.5).powi(2)).sum::<f64>() / 799.0;
    let test = rows(
        "select min(x) as low, sum(\"carrier=AA\" + \"carrier=B6\" + \"carrier=UA\") as n from t",
        &out.join("test.parquet"),
    );
    let low = test[0]["low"].as_f64().expect("a number");
    assert!((low - (800.0 - 399.5) / deviation.sqrt()).abs() < 1e-9, "{test}");
    assert_eq!(test[0]["n"], 100);

    let kept = std::fs::read_to_string(out.join("parameters.json")).expect("was written");
    let fitted: Vec<Fitted> = serde_json::from_str(&kept).expect("reads");
    assert_eq!(fitted, made_first.fitted);
    let mut later = plan;
    later["split"] = Value::Null;
    let again = made(later, Some(fitted.clone()), &t, &folder.path().join("again"));
    assert_eq!(again.fitted, fitted, "nothing is fitted anew");
    let all = rows(
        "select count(*) as n, min(x) as low from t",
        &folder.path().join("again/data.parquet"),
    );
    assert_eq!(all[0]["n"], 1000);
    assert!(
        (all[0]["low"].as_f64().expect("a number") + 399.5 / deviation.sqrt()).abs() < 1e-9,
        "{all}"
    );
}

#[test]
fn rows_are_split_by_time_and_by_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = table(folder.path());
    let by_time = folder.path().join("time");
    made(json!({"split": {"by": "day", "test": 0.25}}), None, &t, &by_time);
    let last = rows(
        "select max(cast(day as varchar)) as day from t",
        &by_time.join("train.parquet"),
    );
    let first = rows(
        "select min(cast(day as varchar)) as day, count(*) as n from t",
        &by_time.join("test.parquet"),
    );
    assert!(
        last[0]["day"].as_str() < first[0]["day"].as_str(),
        "{last} {first}"
    );
    assert_eq!(first[0]["n"], 250);
    let by_key = folder.path().join("key");
    let split = made(json!({"split": {"key": "key", "test": 0.3}}), None, &t, &by_key);
    let keys = |name: &str| rows("select distinct key from t order by key", &by_key.join(name));
    let (train, test) = (keys("train.parquet"), keys("test.parquet"));
    let (train, test) = (train.as_array().expect("rows"), test.as_array().expect("rows"));
    assert!(
        train.iter().all(|key| !test.contains(key)),
        "no key is on both sides"
    );
    assert_eq!(train.len() + test.len(), 50);
    assert!((5..=25).contains(&test.len()), "about 15 of 50: {}", test.len());
    assert_eq!(split.rows["train.parquet"] + split.rows["test.parquet"], 1000);
}

#[test]
fn what_cannot_be_made_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let t = table(folder.path());
    let told = |plan: Value| {
        let plan: Transform = serde_json::from_value(plan).expect("a plan");
        let failure = transform(
            &plan,
            None,
            &[mount("t", &t)],
            &Limits::default(),
            &folder.path().join("o"),
        );
        let failure = failure.expect_err("cannot be made");
        format!("{failure} {}", failure.hint.clone().unwrap_or_default())
    };
    assert!(
        told(json!({"steps": [{"scale": {"columns": ["nowhere"]}}]}))
            .contains("there are day, x, carrier, key")
    );
    assert!(told(json!({"steps": [{"bin": {"column": "x", "edges": [2, 1]}}]})).contains("do not rise"));
    assert!(told(json!({"split": {"by": "x", "test": 2}})).contains("between 0 and 1"));
    assert!(told(json!({"sql": "drop table t"})).contains("DROP"));
    assert!(serde_json::from_value::<Transform>(json!({"steps": [{"magic": {}}]})).is_err());
}
