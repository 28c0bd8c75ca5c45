//! Searching traces: MLflow's filters and orderings as SQL.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryTrait, Select,
};
use tidemill_query::{Operator, SpanKey, TraceComparison, TraceKey, TraceOrder, Value};

use super::{Column, Entity, Link, Model};
use crate::Result;
use crate::search::{Found, Window, compare, sort_nulls_last};
use crate::tag::{Noun, Table};

/// What is searched for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'s> {
    /// The workspace.
    pub workspace: &'s str,
    /// Of which experiments.
    pub experiment_ids: &'s [i64],
    /// All of them hold; regular expressions among them have been replaced by lists of traces.
    pub filter: &'s [TraceComparison],
    /// After these come the youngest first.
    pub order_by: &'s [TraceOrder],
    /// Which part.
    pub window: Window,
}

/// The metadata in which a trace names its run.
pub(super) const SOURCE_RUN: &str = "mlflow.sourceRun";
/// The metadata in which a trace names its conversation.
const SESSION: &str = "mlflow.trace.session";

/// How many traces of experiments fit a filter.
pub async fn count(db: &impl ConnectionTrait, search: Search<'_>) -> Result<u64> {
    Ok(search.query(db.get_database_backend()).count(db).await?)
}

/// Traces of experiments that fit a filter.
pub async fn search(db: &impl ConnectionTrait, search: Search<'_>) -> Result<Found<Model>> {
    let backend = db.get_database_backend();
    let mut query = search.query(backend);
    let select = QueryTrait::query(&mut query);
    for order in search.order_by {
        search.sort(select, order);
    }
    let by_time = |order: &TraceOrder| order.key == TraceKey::Attribute("timestamp_ms");
    if !search.order_by.iter().any(by_time) {
        select.order_by(("trace_info", "request_time"), Order::Desc);
    }
    select.order_by(("trace_info", "trace_id"), Order::Asc);
    search.window.apply(select);
    let mut items = query.all(db).await?;
    let more = search.window.cut(&mut items);
    Ok(Found { items, more })
}

impl Search<'_> {
    /// All traces that fit, in no order.
    fn query(&self, backend: DbBackend) -> Select<Entity> {
        let mut query = Entity::find()
            .filter(Column::Workspace.eq(self.workspace))
            .filter(Column::ExperimentId.is_in(self.experiment_ids.iter().copied()));
        let select = QueryTrait::query(&mut query);
        let mut spans = Vec::new();
        for comparison in self.filter {
            match &comparison.key {
                TraceKey::Span(key) => spans.push(span(backend, key, comparison)),
                _ => {
                    select.and_where(self.condition(backend, comparison));
                }
            }
        }
        if !spans.is_empty() {
            // They must hold for one and the same span.
            let mut one = self.of_trace("trace_span");
            for fits in spans {
                one.and_where(fits);
            }
            select.and_where(Expr::exists(one));
        }
        query
    }

    /// Rows of a table that belong to the trace of the outer query.
    fn of_trace(&self, table: &'static str) -> SelectStatement {
        let mut select = Query::select();
        select
            .expr(Expr::value(1))
            .from_as(table, "x")
            .and_where(Expr::col(("x", "workspace")).eq(self.workspace))
            .and_where(Expr::col(("x", "trace_id")).eq(Expr::col(("trace_info", "trace_id"))));
        select
    }

    /// The tag or metadata of this key.
    fn text(&self, table: Table, key: &str) -> SelectStatement {
        let mut select = Query::select();
        select
            .from_as(table.name(), "x")
            .and_where(Expr::col(("x", "workspace")).eq(self.workspace))
            .and_where(Expr::col(("x", "noun")).eq(Noun::Trace.as_str()))
            .and_where(Expr::col(("x", "owner")).eq(Expr::col(("trace_info", "trace_id"))))
            .and_where(Expr::col(("x", "key")).eq(key));
        select
    }

    fn has_text(&self, backend: DbBackend, table: Table, key: &str, comparison: &TraceComparison) -> Expr {
        let mut select = self.text(table, key);
        select.expr(Expr::value(1));
        match comparison.operator {
            Operator::IsNull => Expr::not_exists(select),
            Operator::IsNotNull => Expr::exists(select),
            operator => {
                select.and_where(compare(
                    backend,
                    Expr::col(("x", "value")),
                    operator,
                    &comparison.value,
                ));
                Expr::exists(select)
            }
        }
    }

    fn condition(&self, backend: DbBackend, comparison: &TraceComparison) -> Expr {
        let TraceComparison { key, operator, value } = comparison;
        match key {
            TraceKey::Attribute(name) => match value {
                Value::List(ids) if ids.len() > 500 => in_many(backend, attribute(name), ids),
                value => compare(backend, attribute(name), *operator, value),
            },
            TraceKey::Tag(name) => self.has_text(backend, Table::Tag, name, comparison),
            TraceKey::Metadata(name) => self.has_text(backend, Table::Param, name, comparison),
            TraceKey::Run => {
                let named = self.has_text(backend, Table::Param, SOURCE_RUN, comparison);
                match (operator, value) {
                    (Operator::Eq, Value::Text(run)) => named.or(self.linked(Link::Run, run)),
                    _ => named,
                }
            }
            TraceKey::Prompt => match value {
                Value::Text(prompt) => self.linked(Link::Prompt, prompt),
                _ => Expr::value(false),
            },
            TraceKey::Issue => {
                let mut select = self.of_trace("assessment");
                select
                    .and_where(Expr::col(("x", "kind")).eq("issue"))
                    .and_where(compare(backend, Expr::col(("x", "name")), *operator, value));
                Expr::exists(select)
            }
            TraceKey::Feedback(name) => self.assessed(backend, "feedback", name, comparison),
            TraceKey::Expectation(name) => self.assessed(backend, "expectation", name, comparison),
            TraceKey::Span(key) => {
                let mut select = self.of_trace("trace_span");
                select.and_where(span(backend, key, comparison));
                Expr::exists(select)
            }
        }
    }

    fn linked(&self, kind: Link, target: &str) -> Expr {
        let mut select = self.of_trace("trace_link");
        select
            .and_where(Expr::col(("x", "kind")).eq(kind.as_str()))
            .and_where(Expr::col(("x", "target")).eq(target));
        Expr::exists(select)
    }

    /// A trace is assessed by what is said of it, or of its whole conversation.
    fn assessed(&self, backend: DbBackend, kind: &str, name: &str, comparison: &TraceComparison) -> Expr {
        let restrict = |select: &mut SelectStatement| {
            select
                .and_where(Expr::col(("x", "kind")).eq(kind))
                .and_where(Expr::col(("x", "name")).eq(name))
                .and_where(Expr::col(("x", "valid")).eq(true));
            if !matches!(comparison.operator, Operator::IsNull | Operator::IsNotNull) {
                select.and_where(assessment(backend, comparison));
            }
        };
        let mut own = self.of_trace("assessment");
        restrict(&mut own);
        let mut conversations = Query::select();
        conversations
            .column(("s", "value"))
            .from_as("assessment", "x")
            .from_as("param", "s")
            .and_where(Expr::col(("x", "workspace")).eq(self.workspace))
            .and_where(Expr::col(("s", "workspace")).eq(self.workspace))
            .and_where(Expr::col(("s", "noun")).eq(Noun::Trace.as_str()))
            .and_where(Expr::col(("s", "owner")).eq(Expr::col(("x", "trace_id"))))
            .and_where(Expr::col(("s", "key")).eq(SESSION))
            .and_where(Expr::col(("x", "metadata")).like(format!("%\"{SESSION}\":%")));
        restrict(&mut conversations);
        let mut sibling = Query::select();
        sibling
            .expr(Expr::value(1))
            .from_as("param", "p")
            .and_where(Expr::col(("p", "workspace")).eq(self.workspace))
            .and_where(Expr::col(("p", "noun")).eq(Noun::Trace.as_str()))
            .and_where(Expr::col(("p", "owner")).eq(Expr::col(("trace_info", "trace_id"))))
            .and_where(Expr::col(("p", "key")).eq(SESSION))
            .and_where(Expr::col(("p", "value")).in_subquery(conversations));
        let found = Expr::exists(own).or(Expr::exists(sibling));
        if comparison.operator == Operator::IsNull {
            found.not()
        } else {
            found
        }
    }

    fn sort(&self, select: &mut SelectStatement, order: &TraceOrder) {
        let value = match &order.key {
            TraceKey::Attribute(name) => attribute(name),
            TraceKey::Tag(name) => self.scalar(Table::Tag, name),
            TraceKey::Metadata(name) => self.scalar(Table::Param, name),
            // The reader of orderings gives no other keys.
            _ => return,
        };
        sort_nulls_last(select, value, order.ascending);
    }

    fn scalar(&self, table: Table, key: &str) -> Expr {
        let mut select = self.text(table, key);
        select.column(("x", "value"));
        Expr::SubQuery(None, Box::new(select.into()))
    }
}

/// `IN` with more texts than a statement may have values.
fn in_many(backend: DbBackend, left: Expr, texts: &[String]) -> Expr {
    let items = match backend {
        DbBackend::Postgres => "SELECT json_array_elements_text($1::json)",
        _ => "SELECT value FROM json_each(?)",
    };
    let texts = crate::to_json(&texts);
    left.binary(BinOper::In, Expr::cust_with_values(format!("({items})"), [texts]))
}

fn attribute(name: &str) -> Expr {
    let of = |column: &'static str| Expr::col(("trace_info", column));
    match name {
        "timestamp_ms" => of("request_time"),
        "execution_time_ms" => of("execution_ms"),
        "end_time_ms" => {
            let took: Expr = Func::coalesce([of("execution_ms"), Expr::value(0_i64)]).into();
            of("request_time").add(took)
        }
        "status" => of("state"),
        "client_request_id" => of("client_request_id"),
        "experiment_id" => of("experiment_id"),
        _ => of("trace_id"),
    }
}

fn span(backend: DbBackend, key: &SpanKey, comparison: &TraceComparison) -> Expr {
    let of = |column: &'static str| Expr::col(("x", column));
    let TraceComparison { operator, value, .. } = comparison;
    match key {
        SpanKey::Name => compare(backend, of("name"), *operator, value),
        SpanKey::Type => compare(backend, of("type"), *operator, value),
        SpanKey::Status => compare(backend, of("status"), *operator, value),
        SpanKey::Content => compare(backend, of("content"), *operator, value),
        // An attribute is found in the text of the span, as MLflow's server finds it.
        SpanKey::Attribute(name) => {
            let pattern = match value {
                Value::Text(text) => Value::Text(format!("%\"{name}\"{text}%")),
                other => other.clone(),
            };
            compare(backend, of("content"), *operator, &pattern)
        }
    }
}

/// A value is kept as JSON: `= 'yes'` finds both `yes` and `"yes"`.
fn assessment(backend: DbBackend, comparison: &TraceComparison) -> Expr {
    let of = |column: &'static str| Expr::col(("x", column));
    let TraceComparison { operator, value, .. } = comparison;
    match (operator, value) {
        (Operator::Eq | Operator::Ne, Value::Text(text)) => {
            let quoted = crate::to_json(text);
            let same = of("value").eq(text.as_str()).or(of("value").eq(quoted));
            if *operator == Operator::Ne {
                same.not()
            } else {
                same
            }
        }
        (_, Value::Number(_)) => compare(backend, of("number"), *operator, value),
        _ => compare(backend, of("value"), *operator, value),
    }
}

/// The texts that a key has, for comparisons that the database can't do: pairs of a trace and its text.
pub async fn texts_of(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_ids: &[i64],
    key: &TraceKey,
) -> Result<Vec<(String, String)>> {
    let mut select = Query::select();
    let of = |column: &'static str| Expr::col(("x", column));
    let on = of("workspace").eq(Expr::col(("t", "workspace")));
    let trace = || Expr::col(("t", "trace_id"));
    let text = |noun_table: &'static str, name: &str, select: &mut SelectStatement| {
        let on = on
            .clone()
            .and(of("noun").eq(Noun::Trace.as_str()))
            .and(of("owner").eq(trace()))
            .and(of("key").eq(name));
        select
            .expr_as(of("value"), "text")
            .join_as(JoinType::InnerJoin, noun_table, "x", on);
    };
    select.column(("t", "trace_id")).from_as("trace_info", "t");
    match key {
        TraceKey::Tag(name) => text("tag", name, &mut select),
        TraceKey::Metadata(name) => text("param", name, &mut select),
        TraceKey::Run => text("param", SOURCE_RUN, &mut select),
        TraceKey::Span(key) => {
            let column = match key {
                SpanKey::Name => "name",
                SpanKey::Type => "type",
                SpanKey::Status => "status",
                SpanKey::Content | SpanKey::Attribute(_) => "content",
            };
            let on = on.and(of("trace_id").eq(trace()));
            select
                .expr_as(of(column), "text")
                .join_as(JoinType::InnerJoin, "trace_span", "x", on);
        }
        TraceKey::Feedback(name) | TraceKey::Expectation(name) => {
            let kind = if matches!(key, TraceKey::Feedback(_)) {
                "feedback"
            } else {
                "expectation"
            };
            let on = on
                .and(of("trace_id").eq(trace()))
                .and(of("kind").eq(kind))
                .and(of("name").eq(name.as_str()))
                .and(of("valid").eq(true));
            select
                .expr_as(of("value"), "text")
                .join_as(JoinType::InnerJoin, "assessment", "x", on);
        }
        TraceKey::Attribute(name) => {
            let column = match *name {
                "status" => "state",
                "client_request_id" => "client_request_id",
                _ => "trace_id",
            };
            select.expr_as(Expr::col(("t", column)), "text");
        }
        TraceKey::Prompt | TraceKey::Issue => return Ok(Vec::new()),
    }
    select
        .and_where(Expr::col(("t", "workspace")).eq(workspace))
        .and_where(Expr::col(("t", "experiment_id")).is_in(experiment_ids.iter().copied()));
    let rows = db.query_all(&select).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(text) = row.try_get::<Option<String>>("", "text")? {
            found.push((row.try_get("", "trace_id")?, text));
        }
    }
    Ok(found)
}
