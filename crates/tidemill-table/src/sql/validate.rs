//! A table against expectations: its profile, the distance to a baseline, and rules in SQL over it and other tables.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tidemill_profile::drift::{DriftOptions, compare};
use tidemill_profile::expect::{self, Expectations, Outcome, Rule, Validation, bounded};
use tidemill_profile::{Asked, Profile, Profiler};

use super::failure::Failure;
use super::limits::Limits;
use super::result::Answered;
use super::run::Mount;
use super::session::{Session, streamed};
use crate::open::{Tables, open};
use crate::table::ReadOptions;

/// The name under which the data is mounted, and the table that is validated is known to rules.
pub const DATA: &str = "data";
/// The name under which the baseline is mounted, and known to rules.
pub const BASELINE: &str = "baseline";
/// Rows of a rule that are shown.
const SHOWN: usize = 3;

/// A validation of what is mounted as [`DATA`]; other mounts are tables for rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validate {
    /// What is expected.
    pub expectations: Expectations,
}

/// What came of a validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validated {
    /// What came of each expectation.
    pub validation: Validation,
    /// What is in the table.
    pub profile: Profile,
}

/// Validates, and writes a [`Validated`] as JSON.
pub(super) async fn run(
    asked: &Validate,
    mounts: &[Mount],
    limits: &Limits,
    make: &mut (dyn FnMut() -> std::io::Result<Box<dyn Write + Send>> + Send),
) -> Result<Answered, Failure> {
    let expectations = &asked.expectations;
    if let Some(mistake) = expectations.mistakes().first() {
        return Err(Failure::invalid(format!("the expectations are wrong: {mistake}")));
    }
    let tables = tables(expectations, mounts)?;
    let find = |name: &str| {
        tables
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, tables)| tables)
    };
    let data = find(DATA).ok_or_else(|| Failure::invalid("no data is there to be validated"))?;
    let profiler = profiled(data).await?;
    let profile = profiler
        .finish(&Asked::default())
        .map_err(|error| Failure::invalid(error.to_string()))?;
    let drift = match find(BASELINE) {
        Some(baseline) => {
            let options: DriftOptions = expectations
                .drift
                .as_ref()
                .and_then(|drift| drift.options.clone())
                .unwrap_or_default();
            Some(compare(&profiled(baseline).await?, &profiler, &options))
        }
        None => None,
    };
    let mut outcomes = Vec::new();
    for (name, rule) in &expectations.rules {
        outcomes.push(kept(name, rule, &tables, limits).await);
    }
    let validation = expect::check(expectations, &profile, drift).with(outcomes);
    let whole = Validated { validation, profile };
    let mut to =
        make().map_err(|error| Failure::invalid(format!("its answer cannot be written: {error}")))?;
    serde_json::to_writer(&mut to, &whole).map_err(Failure::invalid)?;
    to.flush().map_err(Failure::invalid)?;
    Ok(Answered {
        columns: Vec::new(),
        row_count: 0,
        truncated: false,
        bytes: 0,
        summary: None,
    })
}

/// The tables by name: the one that is validated, the same of the baseline, and those that the expectations name in the data.
fn tables(expectations: &Expectations, mounts: &[Mount]) -> Result<Vec<(String, Arc<Tables>)>, Failure> {
    let inside = |root: &Path, path: Option<&str>| -> PathBuf {
        path.map_or_else(
            || root.to_path_buf(),
            |path| root.join(path.trim_start_matches("./")),
        )
    };
    let mut found = Vec::new();
    let mut add = |name: &str, path: &Path, reading: &ReadOptions| -> Result<(), Failure> {
        found.push((name.to_owned(), Arc::new(open(path, reading)?)));
        Ok(())
    };
    for mount in mounts {
        let own = mount.name == DATA || mount.name == BASELINE;
        let path = inside(&mount.path, expectations.path.as_deref().filter(|_| own));
        add(&mount.name, &path, &mount.reading)?;
        if mount.name == DATA {
            for (name, path) in &expectations.tables {
                if name == DATA || name == BASELINE {
                    return Err(Failure::invalid(format!(
                        "a further table cannot be called `{name}`"
                    )));
                }
                add(name, &inside(&mount.path, Some(path)), &mount.reading)?;
            }
        }
    }
    Ok(found)
}

async fn profiled(tables: &Arc<Tables>) -> Result<Profiler, Failure> {
    let tables = Arc::clone(tables);
    tokio::task::spawn_blocking(move || crate::profile(&tables))
        .await
        .map_err(Failure::invalid)?
        .map_err(Failure::from)
}

/// What came of a rule. One that cannot be run is not kept, and says why.
async fn kept(name: &str, rule: &Rule, tables: &[(String, Arc<Tables>)], limits: &Limits) -> Outcome {
    let found = rows(rule, tables, limits).await;
    match (found, rule.bound()) {
        (Err(failure), bound) => Outcome {
            column: None,
            expected: bound.map_or_else(
                || name.to_owned(),
                |bound| bounded(None, name, None, &bound).expected,
            ),
            found: failure.message,
            met: false,
            level: rule.level,
        },
        (Ok(found), Some(bound)) => {
            let value = found.rows.first().and_then(number);
            let mut outcome = bounded(None, name, value, &bound);
            if value.is_none() {
                outcome.found = "it gives no number".into();
            }
            outcome
        }
        (Ok(found), None) => Outcome {
            column: None,
            expected: name.to_owned(),
            found: match found.count {
                0 => "no row breaks it".to_owned(),
                1 => format!("1 row: {}", shown(&found.rows)),
                count => format!("{count} rows: {}", shown(&found.rows)),
            },
            met: found.count == 0,
            level: rule.level,
        },
    }
}

/// The first rows that a rule gives, one a batch, and how many there are.
struct Found {
    rows: Vec<RecordBatch>,
    count: usize,
}

async fn rows(rule: &Rule, tables: &[(String, Arc<Tables>)], limits: &Limits) -> Result<Found, Failure> {
    let session = Session::open(limits, tables, false)?;
    let mut stream = streamed(session.plan(&rule.sql).await?).await?;
    let mut found = Found {
        rows: Vec::new(),
        count: 0,
    };
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let room = SHOWN.saturating_sub(found.rows.len()).min(batch.num_rows());
        found.rows.extend((0..room).map(|row| batch.slice(row, 1)));
        found.count += batch.num_rows();
    }
    Ok(found)
}

/// The first value of a row as a number.
fn number(row: &RecordBatch) -> Option<f64> {
    let column = arrow_cast::cast(row.columns().first()?, &DataType::Float64).ok()?;
    let values = column.as_primitive_opt::<Float64Type>()?;
    values.iter().next().flatten()
}

fn shown(rows: &[RecordBatch]) -> String {
    let row = |row: &RecordBatch| {
        let schema = row.schema();
        let cells = schema
            .fields()
            .iter()
            .zip(row.columns())
            .take(6)
            .map(|(field, column)| {
                let value = array_value_to_string(column, 0).unwrap_or_default();
                format!("{} {value}", field.name())
            });
        cells.collect::<Vec<_>>().join(", ")
    };
    rows.iter().map(row).collect::<Vec<_>>().join("; ")
}
