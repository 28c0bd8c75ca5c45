//! Searching runs: MLflow's filters and orderings as SQL over indexes.
//!
//! Three plans. The general one looks at the runs of the experiments, youngest first. When the first ordering is by a
//! metric, the walk goes through the index of that metric's values instead, and stops when the page is full; runs where
//! the metric is NaN or missing come after all values, so a page that the walk does not fill is left to the general plan.
//! When few values of a metric, a tag or a parameter fit the filter, their runs are found in the index of those values, and
//! only these are looked at.
//!
//! A page starts after the place of the last row of the page before it ([`Cursor`]).

use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement, UnOper};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryResult,
    QueryTrait,
};
use tidemill_query::{Comparison, Entity as Of, Key, Operator, Order as OrderBy, Value};

use crate::keyset::{Cursor, Place, Step, is_after};
use crate::run::{Column, Entity, Model};
use crate::search::{compare, direction, has_text};
use crate::tag::{Noun, Table};
use crate::{Result, Store};

/// What is searched for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'s> {
    /// The workspace.
    pub workspace: &'s str,
    /// Of which experiments.
    pub experiment_ids: &'s [i64],
    /// `active`, `deleted`, or both.
    pub stages: &'s [&'s str],
    /// All of them hold.
    pub filter: &'s [Comparison],
    /// After these come the youngest first.
    pub order_by: &'s [OrderBy],
    /// Rows at most.
    pub limit: u64,
    /// The place after which to go on.
    pub after: Option<&'s Cursor>,
}

/// A page of runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The runs.
    pub items: Vec<Model>,
    /// The place of the last one, when more follow.
    pub next: Option<Cursor>,
}

/// Runs of experiments that fit a filter.
///
/// # Errors
/// When the database cannot be read.
pub async fn search(store: &Store, search: Search<'_>) -> Result<Found> {
    let metric = |of: &Of| *of == Of::Metric;
    if search
        .filter
        .iter()
        .any(|comparison| metric(&comparison.key.entity))
        || search.order_by.iter().any(|order| metric(&order.key.entity))
    {
        store.settle_points().await?;
    }
    let db = store.read();
    let backend = db.get_database_backend();
    if let Some(first) = search.order_by.first()
        && metric(&first.key.entity)
        && search.is_among_values()
    {
        let found = search.read(db, &search.walk(backend, first)).await?;
        if found.next.is_some() || search.needs_value(first) {
            return Ok(found);
        }
    }
    match search.rarest(db).await? {
        Some(few) => search.read(db, &search.from_few(backend, few)).await,
        None => search.read(db, &search.general(backend)).await,
    }
}

/// So many values are few: their runs are looked up one by one.
const FEW: i64 = 2_000;

/// The join that reads its left side first: SQLite keeps the order of a cross join; PostgreSQL has statistics to go by.
fn in_order(backend: DbBackend) -> JoinType {
    if backend == DbBackend::Sqlite {
        JoinType::CrossJoin
    } else {
        JoinType::InnerJoin
    }
}

/// What a run is ordered by.
struct Sort {
    /// Which group of rows comes first, where some rows have no value.
    rank: Option<Expr>,
    value: Expr,
    order: Order,
}

/// How the value of a key is read.
#[derive(Clone, Copy)]
enum Kind {
    Float,
    Whole,
    Text,
}

impl Search<'_> {
    /// Whether only runs fit that have a value of this metric.
    fn needs_value(&self, order: &OrderBy) -> bool {
        self.filter.iter().any(|comparison| {
            comparison.key == order.key && !matches!(comparison.operator, Operator::Ne | Operator::IsNull)
        })
    }

    /// Whether the page starts where the first key still has values.
    fn is_among_values(&self) -> bool {
        self.after
            .and_then(|cursor| cursor.keys.first())
            .is_none_or(|place| place.rank() == 0)
    }

    fn general(&self, backend: DbBackend) -> SelectStatement {
        let mut select = self.base(backend);
        for comparison in self.filter {
            select.and_where(condition(backend, self.workspace, "run", comparison));
        }
        let sorts: Vec<_> = (0..)
            .zip(self.order_by)
            .map(|(at, order)| sort(&mut select, at, order))
            .collect();
        self.finish(&mut select, sorts);
        select
    }

    /// The comparison that the fewest values fit, of those that an index answers, if those are few.
    async fn rarest(&self, db: &impl ConnectionTrait) -> Result<Option<&Comparison>> {
        let backend = db.get_database_backend();
        let mut rarest = None;
        for comparison in self.filter {
            let Some(mut fits) = self.fits(backend, comparison) else {
                continue;
            };
            fits.limit(FEW.unsigned_abs() + 1);
            let mut counting = Query::select();
            counting
                .expr_as(Func::count(Expr::value(1)), "found")
                .from_subquery(fits, "fits");
            let found: i64 = match db.query_one(&counting).await? {
                Some(row) => row.try_get("", "found")?,
                None => 0,
            };
            if found <= FEW && rarest.is_none_or(|(least, _)| found < least) {
                rarest = Some((found, comparison));
            }
        }
        Ok(rarest.map(|(_, comparison)| comparison))
    }

    /// The values that fit a comparison, where an index knows them.
    fn fits(&self, backend: DbBackend, comparison: &Comparison) -> Option<SelectStatement> {
        use Operator::{Eq, Ge, Gt, Le, Lt};
        let mut fits = Query::select();
        fits.expr(Expr::value(1));
        if let Some((table, text)) = indexed(comparison) {
            fits.from_as(table.name(), "walk")
                .and_where(self.has_value(comparison, text));
        } else if comparison.key.entity == Of::Metric && matches!(comparison.operator, Eq | Ge | Gt | Le | Lt)
        {
            fits.from("metric_series")
                .and_where(Expr::col("workspace").eq(self.workspace))
                .and_where(Expr::col("key").eq(comparison.key.name.as_str()))
                .and_where(Expr::col("is_nan").unary(UnOper::Not))
                .and_where(compare(
                    backend,
                    Expr::col("value"),
                    comparison.operator,
                    &comparison.value,
                ));
        } else {
            return None;
        }
        Some(fits)
    }

    /// Whether a tag or parameter, `walk`, is that of a comparison and equal to its text.
    fn has_value(&self, comparison: &Comparison, text: &str) -> Expr {
        let of = |column: &'static str| Expr::col(("walk", column));
        of("workspace")
            .eq(self.workspace)
            .and(of("noun").eq(Noun::Run.as_str()))
            .and(of("key").eq(comparison.key.name.as_str()))
            // As the index has it; a bound number would hide that from the planner.
            .and(Expr::cust("substr(walk.value, 1, 100)").eq(text))
    }

    /// From the values that fit, which are few, to their runs.
    fn from_few(&self, backend: DbBackend, few: &Comparison) -> SelectStatement {
        let mut select = match indexed(few) {
            Some((table, text)) => self.through_texts(backend, few, table, text),
            None => self.through_values(backend, &few.key),
        };
        let sorts = (0..)
            .zip(self.order_by)
            .map(|(at, order)| sort(&mut select, at, order))
            .collect();
        self.finish(&mut select, sorts);
        select
    }

    /// The tags or parameters that fit, and beside each its run where that fits too.
    fn through_texts(
        &self,
        backend: DbBackend,
        few: &Comparison,
        table: Table,
        text: &str,
    ) -> SelectStatement {
        let mut select = self.base(backend);
        let on = Expr::col(("run", "workspace"))
            .eq(Expr::col(("walk", "workspace")))
            .and(Expr::col(("run", "run_id")).eq(Expr::col(("walk", "owner"))));
        select.from_clear();
        select
            .from_as(table.name(), "walk")
            .join(in_order(backend), "run", on.clone())
            // A cross join has no condition of its own.
            .and_where(on)
            .and_where(self.has_value(few, text));
        for comparison in self.filter.iter().filter(|other| *other != few) {
            select.and_where(condition(backend, self.workspace, "run", comparison));
        }
        select
    }

    /// Through the values of a metric, in their order.
    fn walk(&self, backend: DbBackend, first: &OrderBy) -> SelectStatement {
        let mut select = self.through_values(backend, &first.key);
        let mut sorts = vec![Sort {
            rank: None,
            value: Expr::col(("walk", "value")),
            order: direction(first.ascending),
        }];
        sorts.extend(
            (1..)
                .zip(&self.order_by[1..])
                .map(|(at, order)| sort(&mut select, at, order)),
        );
        self.finish(&mut select, sorts);
        select
    }

    /// The values of a metric, and beside each its run where that fits.
    fn through_values(&self, backend: DbBackend, metric: &Key) -> SelectStatement {
        let mut select = self.base(backend);
        let of = |column: &'static str| Expr::col(("walk", column));
        let on = Expr::col(("run", "workspace"))
            .eq(of("workspace"))
            .and(Expr::col(("run", "run_id")).eq(of("run_id")));
        select.from_clear();
        select
            .from_as("metric_series", "walk")
            .join(in_order(backend), "run", on.clone())
            // A cross join has no condition of its own.
            .and_where(on)
            .and_where(of("workspace").eq(self.workspace))
            .and_where(of("key").eq(metric.name.as_str()))
            .and_where(of("is_nan").unary(UnOper::Not));
        for comparison in self.filter {
            if comparison.key == *metric {
                select.and_where(compare(
                    backend,
                    of("value"),
                    comparison.operator,
                    &comparison.value,
                ));
            } else {
                select.and_where(condition(backend, self.workspace, "walk", comparison));
            }
        }
        select
    }

    fn base(&self, backend: DbBackend) -> SelectStatement {
        let mut query = Entity::find()
            .filter(Column::Workspace.eq(self.workspace))
            .filter(Column::LifecycleStage.is_in(self.stages.iter().copied()));
        let mut experiment = Expr::col(("run", "experiment_id"));
        // SQLite would look up each experiment and sort all their runs; `+` has it walk through those of the workspace.
        if backend == DbBackend::Sqlite && self.experiment_ids.len() > 1 {
            experiment = Expr::cust_with_expr("+?", experiment);
        }
        let among = match self.experiment_ids {
            [one] => experiment.eq(*one),
            several => experiment.is_in(several.iter().copied()),
        };
        QueryTrait::query(&mut query).and_where(among);
        query.into_query()
    }

    /// Orders the rows, cuts them to a page, and has their places selected beside them.
    fn finish(&self, select: &mut SelectStatement, sorts: Vec<Sort>) {
        let mut steps = Vec::new();
        for (at, sort) in sorts.into_iter().enumerate() {
            let Sort { rank, value, order } = sort;
            let place = self.after.and_then(|cursor| cursor.keys.get(at));
            if let Some(rank) = rank {
                select.expr_as(rank.clone(), format!("rank_{at}"));
                select.order_by_expr(rank.clone(), Order::Asc);
                if let Some(place) = place {
                    steps.push(Step {
                        column: rank,
                        order: Order::Asc,
                        last: Expr::value(place.rank()),
                    });
                }
            }
            select.expr_as(value.clone(), format!("value_{at}"));
            select.order_by_expr(value.clone(), order.clone());
            if let Some(last) = place.and_then(Place::bound) {
                steps.push(Step {
                    column: value,
                    order,
                    last,
                });
            }
        }
        let by_start = |order: &OrderBy| order.key.entity == Of::Attribute && order.key.name == "start_time";
        let of = |column: &'static str| Expr::col(("run", column));
        if !self.order_by.iter().any(by_start) {
            select.order_by(("run", "start_time"), Order::Desc);
            if let Some(cursor) = self.after {
                steps.push(Step {
                    column: of("start_time"),
                    order: Order::Desc,
                    last: Expr::value(cursor.start_time),
                });
            }
        }
        select.order_by(("run", "run_id"), Order::Asc);
        if let Some(cursor) = self.after {
            steps.push(Step {
                column: of("run_id"),
                order: Order::Asc,
                last: Expr::value(cursor.run_id.as_str()),
            });
            if let Some(after) = is_after(&steps) {
                select.and_where(after);
            }
        }
        select.limit(self.limit.saturating_add(1));
    }

    async fn read(&self, db: &impl ConnectionTrait, select: &SelectStatement) -> Result<Found> {
        let mut rows = db.query_all(select).await?;
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let items = rows
            .iter()
            .map(|row| Model::from_query_result(row, ""))
            .collect::<Result<Vec<_>, _>>()?;
        let next = match (more, rows.last(), items.last()) {
            (true, Some(row), Some(run)) => Some(self.place(row, run)?),
            _ => None,
        };
        Ok(Found { items, next })
    }

    fn place(&self, row: &QueryResult, run: &Model) -> Result<Cursor> {
        let keys = self
            .order_by
            .iter()
            .enumerate()
            .map(|(at, order)| place(row, at, order));
        Ok(Cursor {
            keys: keys.collect::<Result<_>>()?,
            start_time: run.start_time,
            run_id: run.run_id.clone(),
        })
    }
}

/// The place that a row has by one key.
fn place(row: &QueryResult, at: usize, order: &OrderBy) -> Result<Place> {
    let name = format!("value_{at}");
    let found = match kind(order) {
        Kind::Float
            if row
                .try_get::<i32>("", &format!("rank_{at}"))
                .is_ok_and(|rank| rank == 1) =>
        {
            return Ok(Place::NotANumber);
        }
        Kind::Float => row
            .try_get::<Option<f64>>("", &name)?
            .map(|value| Place::Float(value.to_bits())),
        Kind::Whole => row.try_get::<Option<i64>>("", &name)?.map(Place::Whole),
        Kind::Text => row.try_get::<Option<String>>("", &name)?.map(Place::Text),
    };
    Ok(found.unwrap_or(Place::Missing))
}

impl Cursor {
    /// Whether this is the place of a run in such an ordering: what a token says is not to be trusted.
    #[must_use]
    pub fn fits(&self, order_by: &[OrderBy]) -> bool {
        let fits = |(place, order): (&Place, &OrderBy)| match place {
            Place::Float(bits) => matches!(kind(order), Kind::Float) && f64::from_bits(*bits).is_finite(),
            Place::NotANumber => matches!(kind(order), Kind::Float),
            Place::Whole(_) => matches!(kind(order), Kind::Whole),
            Place::Text(text) => matches!(kind(order), Kind::Text) && !text.contains('\0'),
            Place::Missing => true,
        };
        self.keys.len() == order_by.len()
            && self.keys.iter().zip(order_by).all(fits)
            && !self.run_id.contains('\0')
    }
}

/// How the value of a key is read.
fn kind(order: &OrderBy) -> Kind {
    match (order.key.entity, column(&order.key.name)) {
        (Of::Metric, _) => Kind::Float,
        (Of::Attribute, "start_time" | "end_time") => Kind::Whole,
        _ => Kind::Text,
    }
}

/// Whether a comparison holds for a run; `by` is the table whose `run_id` names it.
fn condition(backend: DbBackend, workspace: &str, by: &'static str, comparison: &Comparison) -> Expr {
    let Comparison { key, operator, value } = comparison;
    let run_id = || Expr::col((by, "run_id"));
    match key.entity {
        Of::Attribute => compare(backend, Expr::col(("run", column(&key.name))), *operator, value),
        Of::Tag => text(backend, Table::Tag, workspace, run_id(), comparison),
        Of::Param => text(backend, Table::Param, workspace, run_id(), comparison),
        Of::Metric => {
            let mut fits = compare(backend, Expr::col(("m", "value")), *operator, value);
            // NaN is kept as 0 and a flag: it differs from everything and is nothing else.
            let is_nan = Expr::col(("m", "is_nan")).eq(true);
            fits = if *operator == Operator::Ne {
                fits.or(is_nan)
            } else {
                fits.and(is_nan.not())
            };
            let mut select = Query::select();
            select
                .expr(Expr::value(1))
                .from_as("metric_series", "m")
                .and_where(Expr::col(("m", "workspace")).eq(workspace))
                .and_where(Expr::col(("m", "run_id")).eq(run_id()))
                .and_where(Expr::col(("m", "key")).eq(key.name.as_str()))
                .and_where(fits);
            Expr::exists(select)
        }
        Of::Dataset => {
            let column = match key.name.as_str() {
                "name" => "name",
                "digest" => "digest",
                _ => "context",
            };
            let mut select = Query::select();
            select
                .expr(Expr::value(1))
                .from_as("run_input", "i")
                .and_where(Expr::col(("i", "workspace")).eq(workspace))
                .and_where(Expr::col(("i", "run_id")).eq(run_id()))
                .and_where(compare(backend, Expr::col(("i", column)), *operator, value));
            Expr::exists(select)
        }
    }
}

/// How many characters of a value are in the index of values.
const INDEXED: usize = 100;

/// The table of a tag or parameter and the text that it must equal, when that is short enough for the index of values.
fn indexed(comparison: &Comparison) -> Option<(Table, &str)> {
    let table = match comparison.key.entity {
        Of::Tag => Table::Tag,
        Of::Param => Table::Param,
        _ => return None,
    };
    match (&comparison.operator, &comparison.value) {
        (Operator::Eq, Value::Text(text)) if text.chars().count() < INDEXED => Some((table, text)),
        _ => None,
    }
}

/// Whether a run has a tag or parameter that fits. What is equal to a short text is found once, in the index of values;
/// everything else is looked up run by run.
fn text(backend: DbBackend, table: Table, workspace: &str, run_id: Expr, comparison: &Comparison) -> Expr {
    let Some((table, text)) = indexed(comparison) else {
        return has_text(backend, table, workspace, Noun::Run, run_id, comparison);
    };
    let mut owners = Query::select();
    owners
        .column("owner")
        .from(table.name())
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("noun").eq(Noun::Run.as_str()))
        .and_where(Expr::col("key").eq(comparison.key.name.as_str()))
        // As the index has it; a bound number would hide that from the planner.
        .and_where(Expr::cust("substr(value, 1, 100)").eq(text));
    run_id.in_subquery(owners)
}

/// The column of an attribute that filters and orderings know.
fn column(attribute: &str) -> &'static str {
    match attribute {
        "artifact_uri" => "artifact_uri",
        "end_time" => "end_time",
        "run_name" => "name",
        "start_time" => "start_time",
        "status" => "status",
        "user_id" => "user_id",
        _ => "run_id",
    }
}

/// Joins what holds the value of a key.
fn sort(select: &mut SelectStatement, at: usize, by: &OrderBy) -> Sort {
    let alias = format!("order_{at}");
    let of = |column: &'static str| Expr::col((alias.clone(), column));
    let order = direction(by.ascending);
    let missing = |value: &Expr| Expr::case(value.clone().is_null(), 2).finally(0).into();
    let (table, noun) = match by.key.entity {
        Of::Metric => ("metric_series", None),
        Of::Param => ("param", Some(Noun::Run)),
        Of::Tag => ("tag", Some(Noun::Run)),
        Of::Attribute | Of::Dataset => {
            let column = column(&by.key.name);
            let value = Expr::col(("run", column));
            // All other columns always have a value.
            let rank = (column == "end_time").then(|| missing(&value));
            return Sort { rank, value, order };
        }
    };
    let owner = if noun.is_some() { "owner" } else { "run_id" };
    let mut on = of("workspace")
        .eq(Expr::col(("run", "workspace")))
        .and(of(owner).eq(Expr::col(("run", "run_id"))))
        .and(of("key").eq(by.key.name.as_str()));
    if let Some(noun) = noun {
        on = on.and(of("noun").eq(noun.as_str()));
    }
    select.join_as(JoinType::LeftJoin, table, alias.clone(), on);
    let value = of("value");
    let rank = if noun.is_some() {
        missing(&value)
    } else {
        // Values first, then NaN, then runs without the metric.
        Expr::case(of("is_nan").eq(true), 1)
            .case(value.clone().is_null(), 2)
            .finally(0)
            .into()
    };
    Sort {
        rank: Some(rank),
        value,
        order,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::SqliteQueryBuilder;
    use tidemill_query::{Subject, parse_filter};

    use super::*;

    #[test]
    fn a_tag_or_parameter_that_few_have_is_where_the_search_begins() {
        for (filter, table, begins) in [
            ("tags.a = 'x'", "tag", true),
            ("params.a = 'x' AND metrics.m > 1", "param", true),
            ("tags.a LIKE 'x%'", "tag", false),
            ("tags.a != 'x'", "tag", false),
        ] {
            let filter = parse_filter(Subject::Run, filter).unwrap();
            let search = Search {
                workspace: "w",
                experiment_ids: &[0],
                stages: &["active"],
                filter: &filter,
                order_by: &[],
                limit: 10,
                after: None,
            };
            assert_eq!(search.fits(DbBackend::Sqlite, &filter[0]).is_some(), begins);
            if begins {
                let sql = search
                    .from_few(DbBackend::Sqlite, &filter[0])
                    .to_string(SqliteQueryBuilder);
                let from = format!(r#"FROM "{table}" AS "walk" CROSS JOIN "run""#);
                assert!(sql.contains(&from), "{sql}");
            }
        }
    }
}
