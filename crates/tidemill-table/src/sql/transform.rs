//! Tables made of tables: a query, then steps whose parameters are fitted on the rows to train on, then a split. Out of core, as
//! queries are. What was fitted is kept, so that rows that come later are treated alike.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use futures::StreamExt;
use indexmap::IndexMap;
use parquet::arrow::ArrowWriter;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::limits::Limits;
use super::run::Mount;
use super::session::{Session, streamed};
use crate::open::open;

/// The column that says which rows are to test on.
const TEST: &str = "tidemill: test";
/// The most columns that one column becomes, where nothing else is said.
const MOST: usize = 50;

/// What is to be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transform {
    /// The query; without it, all of the only table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// Steps, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Rows to train on and rows to test on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// The natural logarithm; missing where there is none.
    Log {
        /// The columns.
        columns: Vec<String>,
        /// Is added before.
        #[serde(default)]
        plus: f64,
    },
    /// To mean 0 and standard deviation 1, or to 0 … 1.
    Scale {
        /// The columns.
        columns: Vec<String>,
        /// How.
        #[serde(default)]
        by: ScaleBy,
    },
    /// The number of the bin, from 0.
    Bin {
        /// The column.
        column: String,
        /// Where bins begin, but for the first.
        #[serde(default)]
        edges: Vec<f64>,
        /// So many bins of about equal count, instead of edges (t-digest).
        #[serde(default)]
        quantiles: Option<u32>,
    },
    /// A column of 0 and 1 for each value, called `column=value`; the column itself goes.
    OneHot {
        /// The columns.
        columns: Vec<String>,
        /// The most frequent values alone; all others are 0 throughout.
        #[serde(default)]
        most: Option<usize>,
    },
}

/// How columns are scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleBy {
    /// Mean and standard deviation (n − 1).
    #[default]
    Standard,
    /// Least and greatest value.
    Range,
}

/// How rows are split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// By time or any order: the last rows are to test on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// By key: all rows of a key are on one side, chosen by the key alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The share of rows, or of keys, to test on.
    pub test: f64,
}

/// A step with what was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fitted {
    /// As it stands.
    Log {
        /// The columns.
        columns: Vec<String>,
        /// Is added before.
        plus: f64,
    },
    /// `(x − shift) / factor`.
    Scale(IndexMap<String, Scaled>),
    /// Where bins begin.
    Bin {
        /// The column.
        column: String,
        /// Where bins begin, but for the first.
        edges: Vec<f64>,
    },
    /// The values of each column.
    OneHot(IndexMap<String, Vec<String>>),
}

/// How a column was scaled.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// Is taken off.
    pub shift: f64,
    /// Divides the rest.
    pub factor: f64,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transformed {
    /// What was fitted, step by step.
    pub fitted: Vec<Fitted>,
    /// Rows by file.
    pub rows: IndexMap<String, u64>,
    /// The columns of the files.
    pub columns: Vec<String>,
}

/// Makes the tables in a folder: `data.parquet`, or `train.parquet` and `test.parquet`; and `parameters.json`. With `fitted`,
/// nothing is fitted anew.
///
/// # Errors
/// A query or a step that cannot be run, or files that cannot be written.
pub fn transform(
    asked: &Transform,
    fitted: Option<Vec<Fitted>>,
    mounts: &[Mount],
    limits: &Limits,
    folder: &Path,
) -> Result<Transformed, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits.threads())
        .enable_time()
        .build()
        .map_err(|error| Failure::invalid(format!("no threads: {error}")))?;
    let ended = runtime.block_on(whole(asked, fitted, mounts, limits, folder));
    runtime.shutdown_background();
    ended
}

async fn whole(
    asked: &Transform,
    fitted: Option<Vec<Fitted>>,
    mounts: &[Mount],
    limits: &Limits,
    folder: &Path,
) -> Result<Transformed, Failure> {
    let tables = mounts
        .iter()
        .map(|mount| Ok((mount.name.clone(), Arc::new(open(&mount.path, &mount.reading)?))))
        .collect::<Result<Vec<_>, Failure>>()?;
    let session = Session::open(limits, &tables, false)?;
    let base = match (&asked.sql, mounts) {
        (Some(sql), _) => sql.clone(),
        (None, [only]) => format!("select * from {}", quoted(&only.name)),
        (None, _) => {
            return Err(
                Failure::invalid("several tables are there, and no query says what is made of them")
                    .with_hint("write `sql`"),
            );
        }
    };
    let mut stage = Stage {
        session,
        number: 0,
        split: asked.split.is_some(),
    };
    stage.begin(&base, asked.split.as_ref()).await?;
    if let Some(fitted) = &fitted
        && fitted.len() != asked.steps.len()
    {
        return Err(Failure::invalid(format!(
            "the parameters are of {} steps, and there are {}",
            fitted.len(),
            asked.steps.len()
        )));
    }
    let mut kept = Vec::new();
    for (at, step) in asked.steps.iter().enumerate() {
        let one = match &fitted {
            Some(fitted) => fitted[at].clone(),
            None => stage.fit(step).await?,
        };
        stage.apply(&one).await?;
        kept.push(one);
    }
    let failed = |error: &dyn std::fmt::Display| {
        Failure::invalid(format!("{} cannot be written: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let files: &[(&str, &str)] = match asked.split {
        Some(_) => &[("train", "where not"), ("test", "where")],
        None => &[("data", "")],
    };
    let columns = stage.columns().await?;
    let list: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
    let mut rows = IndexMap::new();
    for (name, which) in files {
        let filter = if which.is_empty() {
            String::new()
        } else {
            format!("{which} {}", quoted(TEST))
        };
        let sql = format!("select {} from {} {filter}", list.join(", "), stage.name());
        let path = folder.join(format!("{name}.parquet"));
        rows.insert(
            format!("{name}.parquet"),
            written(&stage.session, &sql, &path).await?,
        );
    }
    let made = Transformed {
        fitted: kept,
        rows,
        columns: columns.into_iter().map(|(name, _)| name).collect(),
    };
    let text = serde_json::to_string_pretty(&made.fitted).map_err(Failure::invalid)?;
    std::fs::write(folder.join("parameters.json"), text + "\n").map_err(|error| failed(&error))?;
    Ok(made)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// The table as it is after some steps.
struct Stage {
    session: Session,
    number: usize,
    split: bool,
}

impl Stage {
    fn name(&self) -> String {
        quoted(&format!("tidemill: stage {}", self.number))
    }

    /// The columns, but for the one that splits.
    async fn columns(&self) -> Result<Vec<(String, DataType)>, Failure> {
        let all = self
            .session
            .columns(&format!("tidemill: stage {}", self.number))
            .await?;
        Ok(all.into_iter().filter(|(name, _)| name != TEST).collect())
    }

    /// A column by its name; the error lists those that there are.
    async fn column(&self, name: &str) -> Result<DataType, Failure> {
        let columns = self.columns().await?;
        match columns.iter().find(|(own, _)| own == name) {
            Some((_, data_type)) => Ok(data_type.clone()),
            None => {
                let there: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
                Err(Failure::invalid(format!("there is no column `{name}`"))
                    .with_hint(format!("there are {}", there.join(", "))))
            }
        }
    }

    async fn next(&mut self, sql: &str) -> Result<(), Failure> {
        self.number += 1;
        self.session
            .keep(&format!("tidemill: stage {}", self.number), sql)
            .await
    }

    async fn begin(&mut self, base: &str, split: Option<&Split>) -> Result<(), Failure> {
        self.next(base).await?;
        let Some(split) = split else { return Ok(()) };
        if !(split.test > 0.0 && split.test < 1.0) {
            return Err(Failure::invalid(format!(
                "the share to test on is {}, and has to lie between 0 and 1",
                split.test
            )));
        }
        let rule = match (&split.by, &split.key) {
            (Some(by), None) => self.after(by, split.test).await?,
            (None, Some(key)) => {
                self.column(key).await?;
                format!(
                    "coalesce(share_of(cast({} as varchar)) < {}, false)",
                    quoted(key),
                    split.test
                )
            }
            _ => {
                return Err(Failure::invalid(
                    "a split is either by an order (`by`) or by a key (`key`)",
                ));
            }
        };
        let sql = format!("select *, {rule} as {} from {}", quoted(TEST), self.name());
        self.next(&sql).await
    }

    /// The last rows by a column: all that are not before the one at which the share to test on begins.
    async fn after(&self, by: &str, test: f64) -> Result<String, Failure> {
        let data_type = self.column(by).await?;
        let ordered = match data_type.is_temporal() {
            true => format!("cast({} as bigint)", quoted(by)),
            false if data_type.is_numeric() => format!("cast({} as double)", quoted(by)),
            false => format!("cast({} as varchar)", quoted(by)),
        };
        let rows = self
            .numbers(&format!("select count({}) from {}", quoted(by), self.name()))
            .await?;
        let count = rows.first().copied().flatten().unwrap_or(0.0);
        let skip = ((1.0 - test) * count).floor() as u64;
        let cut = format!(
            "select cut from (select {ordered} as cut from {} where {} is not null) order by cut limit 1 offset {skip}",
            self.name(),
            quoted(by)
        );
        let Some(row) = self.row(&cut).await? else {
            return Err(Failure::invalid(format!("`{by}` has no values to split by")));
        };
        let column = row.column(0);
        let literal = match column.data_type() {
            DataType::Int64 => column.as_primitive::<Int64Type>().value(0).to_string(),
            DataType::Float64 => format!(
                "cast({:?} as double)",
                column.as_primitive::<Float64Type>().value(0)
            ),
            _ => text(&array_value_to_string(column, 0).unwrap_or_default()),
        };
        Ok(format!("coalesce({ordered} >= {literal}, false)"))
    }

    /// Where parameters are fitted: the rows to train on.
    fn fitted_on(&self) -> String {
        match self.split {
            true => format!("{} where not {}", self.name(), quoted(TEST)),
            false => self.name(),
        }
    }

    async fn fit(&self, step: &Step) -> Result<Fitted, Failure> {
        Ok(match step {
            Step::Log { columns, plus } => Fitted::Log {
                columns: columns.clone(),
                plus: *plus,
            },
            Step::Scale { columns, by } => {
                let figures: Vec<String> = columns
                    .iter()
                    .map(|name| {
                        let value = format!("cast({} as double)", quoted(name));
                        match by {
                            ScaleBy::Standard => format!("avg({value}), stddev_samp({value})"),
                            ScaleBy::Range => format!("min({value}), max({value}) - min({value})"),
                        }
                    })
                    .collect();
                for name in columns {
                    self.column(name).await?;
                }
                let found = self
                    .numbers(&format!(
                        "select {} from {}",
                        figures.join(", "),
                        self.fitted_on()
                    ))
                    .await?;
                let scaled = columns.iter().zip(found.chunks(2)).map(|(name, pair)| {
                    let shift = pair.first().copied().flatten().unwrap_or(0.0);
                    let factor = pair.get(1).copied().flatten().filter(|factor| *factor > 0.0);
                    let factor = factor.unwrap_or(1.0);
                    (name.clone(), Scaled { shift, factor })
                });
                Fitted::Scale(scaled.collect())
            }
            Step::Bin {
                column,
                edges,
                quantiles,
            } => {
                self.column(column).await?;
                let edges = match (edges.as_slice(), quantiles) {
                    ([], Some(bins)) if *bins > 1 && *bins <= 1000 => {
                        let cuts: Vec<String> = (1..*bins)
                            .map(|at| {
                                format!(
                                    "approx_percentile_cont(cast({} as double), {:?})",
                                    quoted(column),
                                    f64::from(at) / f64::from(*bins)
                                )
                            })
                            .collect();
                        let found = self
                            .numbers(&format!("select {} from {}", cuts.join(", "), self.fitted_on()))
                            .await?;
                        let mut found: Vec<f64> = found.into_iter().flatten().collect();
                        found.dedup();
                        found
                    }
                    ([], _) => {
                        return Err(Failure::invalid(format!(
                            "bins of `{column}` need `edges`, or `quantiles` of 2 to 1000"
                        )));
                    }
                    (edges, _) => edges.to_vec(),
                };
                if edges.windows(2).any(|pair| pair[0] >= pair[1]) {
                    return Err(Failure::invalid(format!("the edges of `{column}` do not rise")));
                }
                Fitted::Bin {
                    column: column.clone(),
                    edges,
                }
            }
            Step::OneHot { columns, most } => {
                let mut values = IndexMap::new();
                for name in columns {
                    self.column(name).await?;
                    let most = most.unwrap_or(MOST);
                    let sql = format!(
                        "select cast({0} as varchar) as v, count(*) as n from (select {0} from {1}) where {0} is not null \
                         group by v order by n desc, v limit {2}",
                        quoted(name),
                        self.fitted_on(),
                        most.saturating_add(1)
                    );
                    let mut found = self.texts(&sql).await?;
                    if found.len() > most {
                        found.truncate(most);
                    }
                    found.sort();
                    values.insert(name.clone(), found);
                }
                Fitted::OneHot(values)
            }
        })
    }

    async fn apply(&mut self, step: &Fitted) -> Result<(), Failure> {
        let mut list = Vec::new();
        let all = self.columns().await?;
        let named: Vec<&String> = match step {
            Fitted::Log { columns, .. } => columns.iter().collect(),
            Fitted::Scale(columns) => columns.keys().collect(),
            Fitted::Bin { column, .. } => vec![column],
            Fitted::OneHot(columns) => columns.keys().collect(),
        };
        for name in named {
            self.column(name).await?;
        }
        for (name, _) in &all {
            let own = quoted(name);
            let value = format!("cast({own} as double)");
            match step {
                Fitted::Log { columns, plus } if columns.contains(name) => {
                    let moved = format!("{value} + cast({plus:?} as double)");
                    list.push(format!("case when {moved} > 0 then ln({moved}) end as {own}"));
                }
                Fitted::Scale(columns) if columns.contains_key(name) => {
                    let Scaled { shift, factor } = columns[name];
                    list.push(format!(
                        "({value} - cast({shift:?} as double)) / cast({factor:?} as double) as {own}"
                    ));
                }
                Fitted::Bin { column, edges } if column == name => {
                    let below: Vec<String> = edges
                        .iter()
                        .enumerate()
                        .map(|(at, edge)| format!("when {value} < cast({edge:?} as double) then {at}"))
                        .collect();
                    list.push(format!(
                        "case when {own} is null then null {} else {} end as {own}",
                        below.join(" "),
                        edges.len()
                    ));
                }
                Fitted::OneHot(columns) if columns.contains_key(name) => {
                    for known in &columns[name] {
                        list.push(format!(
                            "case when cast({own} as varchar) = {} then 1 else 0 end as {}",
                            text(known),
                            quoted(&format!("{name}={known}"))
                        ));
                    }
                }
                _ => list.push(own),
            }
        }
        if self.split {
            list.push(quoted(TEST));
        }
        let sql = format!("select {} from {}", list.join(", "), self.name());
        self.next(&sql).await
    }

    /// The numbers of the only row of a query.
    async fn numbers(&self, sql: &str) -> Result<Vec<Option<f64>>, Failure> {
        let Some(row) = self.row(sql).await? else {
            return Ok(Vec::new());
        };
        let number = |column: &ArrayRef| {
            let column = arrow_cast::cast(column, &DataType::Float64).ok()?;
            let values = column.as_primitive_opt::<Float64Type>()?;
            values.iter().next().flatten().filter(|value| value.is_finite())
        };
        Ok(row.columns().iter().map(number).collect())
    }

    /// The first row of a query.
    async fn row(&self, sql: &str) -> Result<Option<RecordBatch>, Failure> {
        let mut rows = streamed(self.session.plan(sql).await?).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            if batch.num_rows() > 0 {
                return Ok(Some(batch.slice(0, 1)));
            }
        }
        Ok(None)
    }

    /// The texts of the first column of a query.
    async fn texts(&self, sql: &str) -> Result<Vec<String>, Failure> {
        let mut rows = streamed(self.session.plan(sql).await?).await?;
        let mut found = Vec::new();
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                found.push(array_value_to_string(batch.column(0), row).map_err(Failure::invalid)?);
            }
        }
        Ok(found)
    }
}

/// Writes what a query gives as Parquet; the number of its rows.
async fn written(session: &Session, sql: &str, path: &Path) -> Result<u64, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::invalid(format!("{} cannot be written: {error}", path.display()))
    };
    let mut rows = streamed(session.plan(sql).await?).await?;
    let file = BufWriter::new(File::create(path).map_err(|error| failed(&error))?);
    let mut writer = ArrowWriter::try_new(file, rows.schema(), None).map_err(|error| failed(&error))?;
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        count += batch.num_rows() as u64;
        writer.write(&batch).map_err(|error| failed(&error))?;
    }
    writer.close().map_err(|error| failed(&error))?;
    Ok(count)
}
