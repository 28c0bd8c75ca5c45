//! What is kept of data over time, as rows that any tool reads: the statistics of each version, and what its validations found.
//! Each piece is a Parquet file; the files of a folder are one table.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use tidemill_profile::drift::{ColumnDrift, Distances, Drift};
use tidemill_profile::expect::{Level, Validation};
use tidemill_profile::{ColumnProfile, Profile};

/// Which version rows are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of<'a> {
    /// The asset.
    pub asset: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The table in it; empty where it is one.
    pub table: &'a str,
    /// When the version was made, or validated: UTC milliseconds.
    pub at_ms: i64,
}

/// The statistics of a version: one row a figure, with the columns `asset`, `version`, `table`, `created_at`, `column` (empty for
/// the table), `statistic`, `value`.
///
/// # Errors
/// When it cannot be written.
pub fn statistics(of: &Of<'_>, profile: &Profile) -> Result<Vec<u8>, ArrowError> {
    let mut rows: Vec<(&str, String, f64)> = vec![
        ("", "rows".into(), profile.rows as f64),
        ("", "columns".into(), profile.columns.len() as f64),
        ("", "duplicate_rows".into(), profile.duplicate_rows.value),
    ];
    for column in &profile.columns {
        figures(column, &mut |statistic, value| {
            rows.push((column.name.as_str(), statistic, value));
        });
    }
    let schema = schema(&[
        (
            "created_at",
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        ),
        ("column", DataType::Utf8),
        ("statistic", DataType::Utf8),
        ("value", DataType::Float64),
    ]);
    let mut columns = keys(of, rows.len());
    columns.extend([
        times(of.at_ms, rows.len()),
        texts(rows.iter().map(|(column, _, _)| (*column).to_owned())),
        texts(rows.iter().map(|(_, statistic, _)| statistic.clone())),
        Arc::new(Float64Array::from_iter_values(
            rows.iter().map(|(_, _, value)| *value),
        )) as ArrayRef,
    ]);
    file(schema, columns)
}

fn figures(column: &ColumnProfile, add: &mut dyn FnMut(String, f64)) {
    add("count".into(), column.count as f64);
    add("missing".into(), column.missing as f64);
    add("missing_share".into(), column.missing_share());
    add("distinct".into(), column.distinct.value);
    let of_values = if column.text.is_some() { "length_" } else { "" };
    if let Some(numbers) = &column.numbers {
        let moments = [
            ("mean", numbers.mean),
            ("standard_deviation", numbers.standard_deviation),
            ("skewness", numbers.skewness),
            ("kurtosis", numbers.kurtosis),
        ];
        for (name, value) in moments {
            if let Some(value) = value {
                add(format!("{of_values}{name}"), value);
            }
        }
        for (share, value) in &numbers.quantiles {
            add(format!("{of_values}quantile {share}"), *value);
        }
        add(format!("{of_values}zeros"), numbers.zeros as f64);
    }
    for (name, end) in [("min", &column.min), ("max", &column.max)] {
        if let Some(value) = end.as_ref().and_then(serde_json::Value::as_f64) {
            add(name.into(), value);
        }
    }
    if let Some(text) = &column.text {
        add("words".into(), text.words);
        add("word_length".into(), text.word_length);
        add("stop_words".into(), text.stop_words);
        if let Some(sentiment) = text.sentiment {
            add("sentiment".into(), sentiment);
        }
    }
    let count = (column.count as f64).max(1.0);
    for top in column.top.iter().take(10).filter(|_| column.categories.is_some()) {
        let value = top
            .value
            .as_str()
            .map_or_else(|| top.value.to_string(), str::to_owned);
        add(format!("share of {value}"), top.count as f64 / count);
    }
}

/// A validation: one row an expectation, with the columns `asset`, `version`, `table`, `validated_at`, `baseline`, `principal`,
/// `passed`, `errors`, `warnings` (of the whole validation), `column`, `expected`, `found`, `met`, `level`.
///
/// # Errors
/// When it cannot be written.
pub fn validation(
    of: &Of<'_>,
    baseline: &str,
    principal: &str,
    validation: &Validation,
) -> Result<Vec<u8>, ArrowError> {
    let Validation {
        passed,
        errors,
        warnings,
        outcomes,
        drift: _,
        path: _,
        drifted: _,
        windows: _,
    } = validation;
    let rows = outcomes.len();
    let same = |text: &str| texts(std::iter::repeat_n(text.to_owned(), rows));
    let schema = schema(&[
        (
            "validated_at",
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        ),
        ("baseline", DataType::Utf8),
        ("principal", DataType::Utf8),
        ("passed", DataType::Boolean),
        ("errors", DataType::Int64),
        ("warnings", DataType::Int64),
        ("column", DataType::Utf8),
        ("expected", DataType::Utf8),
        ("found", DataType::Utf8),
        ("met", DataType::Boolean),
        ("level", DataType::Utf8),
    ]);
    let mut columns = keys(of, rows);
    columns.extend([
        times(of.at_ms, rows),
        same(baseline),
        same(principal),
        Arc::new(BooleanArray::from(vec![*passed; rows])) as ArrayRef,
        Arc::new(Int64Array::from(vec![*errors as i64; rows])),
        Arc::new(Int64Array::from(vec![*warnings as i64; rows])),
        texts(
            outcomes
                .iter()
                .map(|outcome| outcome.column.clone().unwrap_or_default()),
        ),
        texts(outcomes.iter().map(|outcome| outcome.expected.clone())),
        texts(outcomes.iter().map(|outcome| outcome.found.clone())),
        Arc::new(BooleanArray::from_iter(
            outcomes.iter().map(|outcome| Some(outcome.met)),
        )),
        texts(outcomes.iter().map(|outcome| match outcome.level {
            Level::Error => "error".to_owned(),
            Level::Warning => "warning".to_owned(),
        })),
    ]);
    file(schema, columns)
}

/// What a validation found of the distance to its baseline: one row a column that both have, with the columns `asset`, `version`,
/// `table`, `validated_at`, `validation` (its id), `job` (empty where it was no step), `baseline`, `column`, `compared`, `verdict`,
/// `values_before`, `values`, `missing_before`, `missing` (shares), `psi`, `jensen_shannon`, `hellinger`, `wasserstein`,
/// `kolmogorov_smirnov`, `chi_square`, `p_value`, `q_value` (null where they say nothing), `moved`, `moved_before`, `moved_now` (the
/// bin or category whose share changed the most, and its shares), `windows` (versions in a row in which it has drifted) and `alarm`.
///
/// # Errors
/// When it cannot be written.
pub fn drift(
    of: &Of<'_>,
    (id, job, baseline): (&str, &str, &str),
    drift: &Drift,
    windows: &dyn Fn(&str) -> (usize, bool),
) -> Result<Vec<u8>, ArrowError> {
    let rows = drift.columns.len();
    let same = |text: &str| texts(std::iter::repeat_n(text.to_owned(), rows));
    let whole = |value: &dyn Fn(&ColumnDrift) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            drift.columns.iter().map(|column| value(column) as i64),
        ))
    };
    let known = |value: &dyn Fn(&ColumnDrift) -> Option<f64>| -> ArrayRef {
        Arc::new(Float64Array::from_iter(drift.columns.iter().map(value)))
    };
    let text = |value: &dyn Fn(&ColumnDrift) -> String| texts(drift.columns.iter().map(value));
    let far = |column: &ColumnDrift, distance: &dyn Fn(&Distances) -> Option<f64>| {
        column.distances.as_ref().and_then(distance)
    };
    let moved = |column: &ColumnDrift| column.moved().cloned();
    let (number, instant) = (
        DataType::Float64,
        DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
    );
    let sure = [
        ("validated_at", instant),
        ("validation", DataType::Utf8),
        ("job", DataType::Utf8),
        ("baseline", DataType::Utf8),
        ("column", DataType::Utf8),
        ("compared", DataType::Utf8),
        ("verdict", DataType::Utf8),
        ("values_before", DataType::Int64),
        ("values", DataType::Int64),
        ("missing_before", number.clone()),
        ("missing", number.clone()),
        ("moved", DataType::Utf8),
        ("windows", DataType::Int64),
        ("alarm", DataType::Boolean),
    ];
    let unsure = [
        "psi",
        "jensen_shannon",
        "hellinger",
        "wasserstein",
        "kolmogorov_smirnov",
        "chi_square",
        "p_value",
        "q_value",
        "moved_before",
        "moved_now",
    ];
    let mut fields: Vec<Field> = schema(&sure)
        .fields()
        .iter()
        .map(|field| Field::clone(field))
        .collect();
    fields.extend(unsure.map(|name| Field::new(name, DataType::Float64, true)));
    let mut columns = keys(of, rows);
    columns.extend([
        times(of.at_ms, rows),
        same(id),
        same(job),
        same(baseline),
        text(&|column| column.column.clone()),
        text(&|column| column.compared.clone()),
        text(&|column| column.verdict.word().to_owned()),
        whole(&|column| column.values[0]),
        whole(&|column| column.values[1]),
        known(&|column| Some(column.missing[0])),
        known(&|column| Some(column.missing[1])),
        text(&|column| moved(column).map(|bin| bin.name).unwrap_or_default()),
        whole(&|column| windows(&column.column).0 as u64),
        Arc::new(BooleanArray::from_iter(
            drift.columns.iter().map(|column| Some(windows(&column.column).1)),
        )),
        known(&|column| far(column, &|far| Some(far.psi))),
        known(&|column| far(column, &|far| Some(far.jensen_shannon))),
        known(&|column| far(column, &|far| Some(far.hellinger))),
        known(&|column| far(column, &|far| far.wasserstein)),
        known(&|column| far(column, &|far| far.kolmogorov_smirnov)),
        known(&|column| far(column, &|far| far.chi_square)),
        known(&|column| column.p_value),
        known(&|column| column.q_value),
        known(&|column| moved(column).map(|bin| bin.shares[0])),
        known(&|column| moved(column).map(|bin| bin.shares[1])),
    ]);
    file(Arc::new(Schema::new(fields)), columns)
}

fn schema(more: &[(&str, DataType)]) -> Arc<Schema> {
    let keys = [
        ("asset", DataType::Utf8),
        ("version", DataType::Utf8),
        ("table", DataType::Utf8),
    ];
    let fields = keys
        .iter()
        .chain(more)
        .map(|(name, data_type)| Field::new(*name, data_type.clone(), false));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn keys(of: &Of<'_>, rows: usize) -> Vec<ArrayRef> {
    [of.asset, of.version, of.table]
        .into_iter()
        .map(|text| texts(std::iter::repeat_n(text.to_owned(), rows)))
        .collect()
}

fn times(at_ms: i64, rows: usize) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(vec![at_ms; rows]).with_timezone("UTC"))
}

fn texts(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn file(schema: Arc<Schema>, columns: Vec<ArrayRef>) -> Result<Vec<u8>, ArrowError> {
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}
