//! Two tables row by row, by a key: which rows are new, which are gone, and which columns of the others changed.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::limits::Limits;
use super::result::{Answer, Answered, Format};
use super::run::Stopped;
use super::session::{Session, streamed};

/// The name under which the earlier table is mounted.
pub const BEFORE: &str = "before";
/// The name under which the later table is mounted.
pub const AFTER: &str = "after";
/// Marks that a side of the join has the row.
const THERE: &str = "tidemill: there";

/// A comparison of the tables [`BEFORE`] and [`AFTER`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// The columns that name a row.
    pub key: Vec<String>,
}

/// How two tables differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Rows of the two.
    pub rows: [u64; 2],
    /// Rows whose key is new.
    pub added: u64,
    /// Rows whose key is gone.
    pub removed: u64,
    /// Rows of which some column that both tables have is another.
    pub changed: u64,
    /// Rows that are as they were.
    pub same: u64,
    /// Columns that both have, with the number of rows in which they changed; those that did.
    pub columns: Vec<ColumnChange>,
    /// Columns that are gone.
    pub gone: Vec<String>,
    /// Columns that are new.
    pub new: Vec<String>,
    /// Columns of another type: name, type before, type after.
    pub retyped: Vec<[String; 3]>,
}

/// A column that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnChange {
    /// Its name.
    pub column: String,
    /// Rows in which it changed.
    pub rows: u64,
}

type Columns = Vec<(String, DataType)>;

pub(super) async fn run(
    session: &Session,
    asked: &Diff,
    limits: &Limits,
    format: Format,
    make: &mut (dyn FnMut() -> std::io::Result<Box<dyn Write + Send>> + Send),
) -> Result<Answered, Stopped> {
    let (before, after) = (session.columns(BEFORE).await?, session.columns(AFTER).await?);
    let plan = Plan::new(&asked.key, &before, &after)?;
    let rows = [
        plan.check_key(session, BEFORE, "the earlier table").await?,
        plan.check_key(session, AFTER, "the later table").await?,
    ];
    let difference = plan.counted(session, rows).await?;
    let mut stream = streamed(session.plan(&plan.rows()).await?).await?;
    let mut answer = Answer::begin(make, format, &stream.schema(), limits)?;
    while let Some(batch) = stream.next().await {
        if !answer.add(&batch?)? {
            break;
        }
    }
    let summary = serde_json::to_value(&difference).map_err(Failure::invalid)?;
    Ok(answer.finish(Some(summary))?)
}

/// The SQL of a comparison.
struct Plan {
    key: Vec<String>,
    /// Columns of both, and whether their values compare as they are, or as texts.
    shared: Vec<(String, bool)>,
    gone: Vec<String>,
    new: Vec<String>,
    retyped: Vec<[String; 3]>,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

impl Plan {
    fn new(key: &[String], before: &Columns, after: &Columns) -> Result<Self, Failure> {
        let type_of = |columns: &Columns, name: &str| {
            columns
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, data_type)| data_type.clone())
        };
        for name in key {
            for (columns, which) in [(before, "earlier"), (after, "later")] {
                if type_of(columns, name).is_none() {
                    let there: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(Failure::invalid(format!(
                        "the {which} table has no column `{name}` to be its key"
                    ))
                    .with_hint(format!("it has {}", there.join(", "))));
                }
            }
        }
        if key.is_empty() {
            return Err(
                Failure::invalid("no key says which rows are the same").with_hint("name one with --key")
            );
        }
        let mut plan = Self {
            key: key.to_vec(),
            shared: Vec::new(),
            gone: Vec::new(),
            new: Vec::new(),
            retyped: Vec::new(),
        };
        for (name, own) in before {
            match type_of(after, name) {
                None => plan.gone.push(name.clone()),
                Some(other) => {
                    if *own != other {
                        plan.retyped
                            .push([name.clone(), own.to_string(), other.to_string()]);
                    }
                    if !key.contains(name) {
                        let as_they_are = *own == other || own.is_numeric() && other.is_numeric();
                        plan.shared.push((name.clone(), as_they_are));
                    }
                }
            }
        }
        let new = after.iter().filter(|(name, _)| type_of(before, name).is_none());
        plan.new = new.map(|(name, _)| name.clone()).collect();
        Ok(plan)
    }

    /// Checks that the key names each row of a table once; gives the number of its rows.
    async fn check_key(&self, session: &Session, table: &str, which: &str) -> Result<u64, Stopped> {
        let keys: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        let list = keys.join(", ");
        let twice = format!(
            "select {list}, count(*) as \"{THERE}\" from {} group by {list} having count(*) > 1 limit 1",
            quoted(table)
        );
        if let Some(row) = first(session, &twice).await? {
            let values: Vec<String> = self
                .key
                .iter()
                .enumerate()
                .map(|(at, name)| {
                    let value = array_value_to_string(row.column(at), 0).unwrap_or_default();
                    match row.column(at).is_null(0) {
                        true => format!("{name} is missing"),
                        false => format!("{name} = {value}"),
                    }
                })
                .collect();
            let times = number(&row, keys.len());
            return Err(Failure::invalid(format!(
                "the key does not name each row of {which} once: {} comes {times} times",
                values.join(", ")
            ))
            .with_hint("name more columns: --key a --key b")
            .into());
        }
        let count = first(session, &format!("select count(*) from {}", quoted(table))).await?;
        Ok(count.map_or(0, |row| number(&row, 0)))
    }

    /// Columns of the two tables side by side, of the rows that differ.
    fn joined(&self, columns: &[String]) -> String {
        let on: Vec<String> = self
            .key
            .iter()
            .map(|name| format!("(a.{0} is not distinct from b.{0})", quoted(name)))
            .collect();
        let there = quoted(THERE);
        let mut differs = vec![format!("a.{there} is null or b.{there} is null")];
        differs.extend((0..self.shared.len()).map(|at| self.differs(at)));
        format!(
            "with b as (select *, true as {there} from {}), a as (select *, true as {there} from {}) \
             select {} from b full join a on {} where {}",
            quoted(BEFORE),
            quoted(AFTER),
            columns.join(", "),
            on.join(" and "),
            differs.join(" or "),
        )
    }

    /// Whether a column is another in the two.
    fn differs(&self, at: usize) -> String {
        let (name, as_they_are) = &self.shared[at];
        let name = quoted(name);
        match as_they_are {
            true => format!("(b.{name} is distinct from a.{name})"),
            false => format!("(cast(b.{name} as varchar) is distinct from cast(a.{name} as varchar))"),
        }
    }

    fn change(&self) -> String {
        let there = quoted(THERE);
        format!(
            "case when b.{there} is null then 'added' when a.{there} is null then 'removed' else 'changed' end"
        )
    }

    async fn counted(&self, session: &Session, rows: [u64; 2]) -> Result<Difference, Stopped> {
        let there = quoted(THERE);
        let both = format!("a.{there} is not null and b.{there} is not null");
        let mut columns = vec![
            format!("count(*) filter (where b.{there} is null)"),
            format!("count(*) filter (where a.{there} is null)"),
            format!("count(*) filter (where {both})"),
        ];
        columns.extend(
            (0..self.shared.len())
                .map(|at| format!("count(*) filter (where {both} and {})", self.differs(at))),
        );
        let columns: Vec<String> = columns
            .into_iter()
            .enumerate()
            .map(|(at, sql)| format!("{sql} as \"n{at}\""))
            .collect();
        let sql = self.joined(&columns);
        let counts = first(session, &sql).await?;
        let count = |at: usize| counts.as_ref().map_or(0, |row| number(row, at));
        let (added, removed, changed) = (count(0), count(1), count(2));
        let moved = self
            .shared
            .iter()
            .enumerate()
            .map(|(at, (name, _))| ColumnChange {
                column: name.clone(),
                rows: count(3 + at),
            });
        Ok(Difference {
            rows,
            added,
            removed,
            changed,
            same: rows[0].saturating_sub(removed + changed),
            columns: moved.filter(|column| column.rows > 0).collect(),
            gone: self.gone.clone(),
            new: self.new.clone(),
            retyped: self.retyped.clone(),
        })
    }

    /// The rows that differ, in the order of the key: what became of each, which columns changed, their values after, and
    /// before where they changed.
    fn rows(&self) -> String {
        let mut columns = vec![format!("{} as \"change\"", self.change())];
        for name in self.key.iter().map(|name| quoted(name)) {
            columns.push(format!("coalesce(a.{name}, b.{name}) as {name}"));
        }
        let there = quoted(THERE);
        let names: Vec<String> = (0..self.shared.len())
            .map(|at| {
                format!(
                    "case when a.{there} is not null and b.{there} is not null and {} then {} end",
                    self.differs(at),
                    text(&self.shared[at].0)
                )
            })
            .collect();
        if !names.is_empty() {
            columns.push(format!(
                "concat_ws(', ', {}) as \"changed columns\"",
                names.join(", ")
            ));
        }
        for (name, _) in &self.shared {
            columns.push(format!("a.{0} as {0}", quoted(name)));
            columns.push(format!(
                "b.{} as {}",
                quoted(name),
                quoted(&format!("{name} before"))
            ));
        }
        for name in &self.new {
            columns.push(format!("a.{0} as {0}", quoted(name)));
        }
        for name in &self.gone {
            columns.push(format!(
                "b.{} as {}",
                quoted(name),
                quoted(&format!("{name} before"))
            ));
        }
        let order: Vec<String> = self.key.iter().map(|name| quoted(name)).collect();
        format!("{} order by {}", self.joined(&columns), order.join(", "))
    }
}

/// The first row of an answer.
async fn first(session: &Session, sql: &str) -> Result<Option<RecordBatch>, Stopped> {
    let mut stream = streamed(session.plan(sql).await?).await?;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if batch.num_rows() > 0 {
            return Ok(Some(batch.slice(0, 1)));
        }
    }
    Ok(None)
}

fn number(row: &RecordBatch, column: usize) -> u64 {
    let counted = row.column(column).as_primitive_opt::<Int64Type>();
    counted.map_or(0, |values| u64::try_from(values.value(0)).unwrap_or(0))
}
