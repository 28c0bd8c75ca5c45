//! Searching runs: MLflow's filters and orderings as SQL over indexes.
//!
//! Two plans. The general one looks at the runs of the experiments, youngest first. When the first ordering is by a
//! metric, the walk goes through the index of that metric's values instead, and stops when the page is full; runs where
//! the metric is NaN or missing come after all values, so a page that the walk does not fill is left to the general plan.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement, UnOper};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryTrait};
use tidemill_query::{Comparison, Entity as Of, Operator, Order as OrderBy, Value};

use crate::run::{Column, Entity, Model};
use crate::search::{Found, Window, compare, direction, has_text, sort_nulls_last};
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
    /// Which part.
    pub window: Window,
}

/// Runs of experiments that fit a filter.
///
/// # Errors
/// When the database cannot be read.
pub async fn search(store: &Store, search: Search<'_>) -> Result<Found<Model>> {
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
    if let Some((first, rest)) = search.order_by.split_first()
        && metric(&first.key.entity)
    {
        let found = run(
            db,
            search.window,
            search.walk(db.get_database_backend(), first, rest),
        )
        .await?;
        if found.more || search.needs_value(first) {
            return Ok(found);
        }
    }
    run(db, search.window, search.general(db.get_database_backend())).await
}

async fn run(
    db: &impl ConnectionTrait,
    window: Window,
    query: sea_orm::Select<Entity>,
) -> Result<Found<Model>> {
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

impl Search<'_> {
    /// Whether only runs fit that have a value of this metric.
    fn needs_value(&self, order: &OrderBy) -> bool {
        self.filter.iter().any(|comparison| {
            comparison.key == order.key && !matches!(comparison.operator, Operator::Ne | Operator::IsNull)
        })
    }

    fn general(&self, backend: DbBackend) -> sea_orm::Select<Entity> {
        let mut query = self.base();
        let select = QueryTrait::query(&mut query);
        for comparison in self.filter {
            select.and_where(condition(backend, self.workspace, comparison));
        }
        for (at, order) in self.order_by.iter().enumerate() {
            sort(select, at, order);
        }
        self.finish(select);
        query
    }

    /// Through the values of a metric, in their order.
    fn walk(&self, backend: DbBackend, first: &OrderBy, rest: &[OrderBy]) -> sea_orm::Select<Entity> {
        let mut query = self.base();
        let select = QueryTrait::query(&mut query);
        let of = |column: &'static str| Expr::col(("walk", column));
        let on = Expr::col(("run", "workspace"))
            .eq(of("workspace"))
            .and(Expr::col(("run", "run_id")).eq(of("run_id")));
        // SQLite keeps the order of a cross join; PostgreSQL has statistics to go by.
        let join = if backend == DbBackend::Sqlite {
            JoinType::CrossJoin
        } else {
            JoinType::InnerJoin
        };
        select.from_clear();
        select
            .from_as("metric_series", "walk")
            .join(join, "run", on.clone())
            // A cross join has no condition of its own.
            .and_where(on)
            .and_where(of("workspace").eq(self.workspace))
            .and_where(of("key").eq(first.key.name.as_str()))
            .and_where(of("is_nan").unary(UnOper::Not));
        for comparison in self.filter {
            if comparison.key == first.key {
                select.and_where(compare(
                    backend,
                    of("value"),
                    comparison.operator,
                    &comparison.value,
                ));
            } else {
                select.and_where(condition(backend, self.workspace, comparison));
            }
        }
        select.order_by_expr(of("value"), direction(first.ascending));
        for (at, order) in rest.iter().enumerate() {
            sort(select, at, order);
        }
        self.finish(select);
        query
    }

    fn base(&self) -> sea_orm::Select<Entity> {
        Entity::find()
            .filter(Column::Workspace.eq(self.workspace))
            .filter(Column::ExperimentId.is_in(self.experiment_ids.iter().copied()))
            .filter(Column::LifecycleStage.is_in(self.stages.iter().copied()))
    }

    fn finish(&self, select: &mut SelectStatement) {
        let by_start = |order: &OrderBy| order.key.entity == Of::Attribute && order.key.name == "start_time";
        if !self.order_by.iter().any(by_start) {
            select.order_by(("run", "start_time"), Order::Desc);
        }
        select.order_by(("run", "run_id"), Order::Asc);
        self.window.apply(select);
    }
}

fn condition(backend: DbBackend, workspace: &str, comparison: &Comparison) -> Expr {
    let Comparison { key, operator, value } = comparison;
    let run_id = || Expr::col(("run", "run_id"));
    match key.entity {
        Of::Attribute => compare(backend, Expr::col(("run", column(&key.name))), *operator, value),
        Of::Tag => text(backend, Table::Tag, workspace, comparison),
        Of::Param => text(backend, Table::Param, workspace, comparison),
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

/// Whether a run has a tag or parameter that fits. What is equal to a short text is found once, in the index of values;
/// everything else is looked up run by run.
fn text(backend: DbBackend, table: Table, workspace: &str, comparison: &Comparison) -> Expr {
    let run_id = Expr::col(("run", "run_id"));
    match (&comparison.operator, &comparison.value) {
        (Operator::Eq, Value::Text(text)) if text.chars().count() < INDEXED => {
            let mut owners = Query::select();
            owners
                .column("owner")
                .from(table.name())
                .and_where(Expr::col("workspace").eq(workspace))
                .and_where(Expr::col("noun").eq(Noun::Run.as_str()))
                .and_where(Expr::col("key").eq(comparison.key.name.as_str()))
                // As the index has it; a bound number would hide that from the planner.
                .and_where(Expr::cust("substr(value, 1, 100)").eq(text.as_str()));
            run_id.in_subquery(owners)
        }
        _ => has_text(backend, table, workspace, Noun::Run, run_id, comparison),
    }
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

fn sort(select: &mut SelectStatement, at: usize, order: &OrderBy) {
    let alias = format!("order_{at}");
    let of = |column: &'static str| Expr::col((alias.clone(), column));
    let (table, noun) = match order.key.entity {
        Of::Metric => ("metric_series", None),
        Of::Param => ("param", Some(Noun::Run)),
        Of::Tag => ("tag", Some(Noun::Run)),
        Of::Attribute | Of::Dataset => {
            let value = Expr::col(("run", column(&order.key.name)));
            return sort_nulls_last(select, value, order.ascending);
        }
    };
    let owner = if noun.is_some() { "owner" } else { "run_id" };
    let mut on = of("workspace")
        .eq(Expr::col(("run", "workspace")))
        .and(of(owner).eq(Expr::col(("run", "run_id"))))
        .and(of("key").eq(order.key.name.as_str()));
    if let Some(noun) = noun {
        on = on.and(of("noun").eq(noun.as_str()));
    }
    select.join_as(JoinType::LeftJoin, table, alias.clone(), on);
    if noun.is_some() {
        return sort_nulls_last(select, of("value"), order.ascending);
    }
    // Values first, then NaN, then runs without the metric.
    let rank = Expr::case(of("is_nan").eq(true), 1)
        .case(of("value").is_null(), 2)
        .finally(0);
    select.order_by_expr(rank.into(), Order::Asc);
    select.order_by_expr(of("value"), direction(order.ascending));
}
