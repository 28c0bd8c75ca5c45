//! What figures of traces are made of: the values of traces, spans or assessments, each with its time and its groups.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use tidemill_query::{MetricFilter, MetricKey};

use super::Link;
use crate::Result;
use crate::tag::Noun;

/// Of what there are values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Of traces.
    Traces,
    /// Of spans.
    Spans,
    /// Of assessments that count.
    Assessments,
}

/// Which values are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Measures<'m> {
    /// The workspace.
    pub workspace: &'m str,
    /// Of which experiments.
    pub experiment_ids: &'m [i64],
    /// Of what.
    pub view: View,
    /// All of them hold.
    pub filters: &'m [MetricFilter],
    /// From this moment on, in UTC milliseconds.
    pub from_ms: Option<i64>,
    /// Until this moment, and then too.
    pub until_ms: Option<i64>,
    /// Whether the time that counts is that of the span, and not of its trace.
    pub by_span_time: bool,
    /// Whether the content of spans is wanted, which is long.
    pub content: bool,
}

/// What one trace, span or assessment tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measure {
    /// When it began: UTC milliseconds.
    pub time_ms: i64,
    /// How long it took, in milliseconds.
    pub took_ms: Option<i64>,
    /// The name of the trace, span or assessment.
    pub name: Option<String>,
    /// The state of the trace or span.
    pub status: Option<String>,
    /// The type of the span.
    pub kind: Option<String>,
    /// Tokens of a trace, content of a span or value of an assessment, as JSON.
    pub text: Option<String>,
    /// The conversation of a trace.
    pub session: Option<String>,
}

/// So many traces are read at once: the content of their spans is long.
const TRACES: u64 = 200;

/// Hands out the values, in no order, those of some traces after the other: they are never all in memory.
pub async fn measures(
    db: &impl ConnectionTrait,
    which: Measures<'_>,
    take: &mut (dyn FnMut(&Measure) + Send),
) -> Result<()> {
    let mut after = String::new();
    loop {
        let page = db.query_all(&which.page(&after)).await?;
        let traces: Vec<String> = page
            .iter()
            .map(|row| row.try_get("", "trace_id"))
            .collect::<Result<_, _>>()?;
        let Some(last) = traces.last() else {
            return Ok(());
        };
        after.clone_from(last);
        let mut select = which.select();
        select.and_where(Expr::col(("t", "trace_id")).is_in(traces));
        hand_out(which.view, db.query_all(&select).await?, take)?;
    }
}

fn hand_out(view: View, rows: Vec<QueryResult>, take: &mut (dyn FnMut(&Measure) + Send)) -> Result<()> {
    let nanoseconds = view == View::Spans;
    for row in rows {
        let (begin, end): (i64, Option<i64>) = (row.try_get("", "began")?, row.try_get("", "ended")?);
        let (time_ms, took_ms) = if nanoseconds {
            (
                begin.div_euclid(1_000_000),
                end.map(|end| end.saturating_sub(begin).div_euclid(1_000_000)),
            )
        } else {
            (begin, end)
        };
        take(&Measure {
            time_ms,
            took_ms,
            name: row.try_get("", "name")?,
            status: row.try_get("", "status")?,
            kind: row.try_get("", "kind")?,
            text: row.try_get("", "text")?,
            session: row.try_get("", "session")?,
        });
    }
    Ok(())
}

impl Measures<'_> {
    /// The traces after one, in the order of their ids.
    fn page(&self, after: &str) -> SelectStatement {
        let mut select = Query::select();
        select
            .column("trace_id")
            .from("trace_info")
            .and_where(Expr::col("workspace").eq(self.workspace))
            .and_where(Expr::col("experiment_id").is_in(self.experiment_ids.iter().copied()))
            .and_where(Expr::col("trace_id").gt(after))
            .order_by("trace_id", Order::Asc)
            .limit(TRACES);
        if !self.by_span_time {
            if let Some(from) = self.from_ms {
                select.and_where(Expr::col("request_time").gte(from));
            }
            if let Some(until) = self.until_ms {
                select.and_where(Expr::col("request_time").lte(until));
            }
        }
        select
    }

    fn select(&self) -> SelectStatement {
        let t = |column: &'static str| Expr::col(("t", column));
        let nothing = || Expr::cust("CAST(NULL AS TEXT)");
        let mut select = Query::select();
        select.from_as("trace_info", "t");
        match self.view {
            View::Traces => {
                select
                    .expr_as(t("request_time"), "began")
                    .expr_as(t("execution_ms"), "ended")
                    .expr_as(Expr::col(("n", "value")), "name")
                    .expr_as(t("state"), "status")
                    .expr_as(nothing(), "kind")
                    .expr_as(Expr::col(("u", "value")), "text")
                    .expr_as(Expr::col(("c", "value")), "session");
                for (table, alias, key) in [
                    ("tag", "n", "mlflow.traceName"),
                    ("param", "u", "mlflow.trace.tokenUsage"),
                    ("param", "c", "mlflow.trace.session"),
                ] {
                    let of = |column: &'static str| Expr::col((alias, column));
                    let on = of("workspace")
                        .eq(t("workspace"))
                        .and(of("noun").eq(Noun::Trace.as_str()))
                        .and(of("owner").eq(t("trace_id")))
                        .and(of("key").eq(key));
                    select.join_as(JoinType::LeftJoin, table, alias, on);
                }
            }
            View::Spans => {
                let s = |column: &'static str| Expr::col(("s", column));
                select
                    .expr_as(s("start_ns"), "began")
                    .expr_as(s("end_ns"), "ended")
                    .expr_as(s("name"), "name")
                    .expr_as(s("status"), "status")
                    .expr_as(s("type"), "kind")
                    .expr_as(if self.content { s("content") } else { nothing() }, "text")
                    .expr_as(nothing(), "session");
                let on = s("workspace")
                    .eq(t("workspace"))
                    .and(s("trace_id").eq(t("trace_id")));
                select.join_as(JoinType::InnerJoin, "trace_span", "s", on);
            }
            View::Assessments => {
                let a = |column: &'static str| Expr::col(("a", column));
                select
                    .expr_as(t("request_time"), "began")
                    .expr_as(Expr::cust("CAST(NULL AS BIGINT)"), "ended")
                    .expr_as(a("name"), "name")
                    .expr_as(nothing(), "status")
                    .expr_as(a("kind"), "kind")
                    .expr_as(a("value"), "text")
                    .expr_as(nothing(), "session");
                let on = a("workspace")
                    .eq(t("workspace"))
                    .and(a("trace_id").eq(t("trace_id")));
                select.join_as(JoinType::InnerJoin, "assessment", "a", on);
                select.and_where(a("valid").eq(true));
            }
        }
        select
            .and_where(t("workspace").eq(self.workspace))
            .and_where(t("experiment_id").is_in(self.experiment_ids.iter().copied()));
        let nanoseconds = |ms: i64| ms.saturating_mul(1_000_000);
        if let Some(from) = self.from_ms {
            select.and_where(if self.by_span_time {
                Expr::col(("s", "start_ns")).gte(nanoseconds(from))
            } else {
                t("request_time").gte(from)
            });
        }
        if let Some(until) = self.until_ms {
            select.and_where(if self.by_span_time {
                Expr::col(("s", "start_ns")).lt(nanoseconds(until.saturating_add(1)))
            } else {
                t("request_time").lte(until)
            });
        }
        for filter in self.filters {
            select.and_where(self.condition(filter));
        }
        select
    }

    fn condition(&self, filter: &MetricFilter) -> Expr {
        let value = filter.value.as_str();
        match &filter.key {
            MetricKey::TraceStatus => Expr::col(("t", "state")).eq(value),
            MetricKey::TraceTag(key) => Expr::exists(has("tag", key, value)),
            MetricKey::TraceMetadata(key) => {
                let told = Expr::exists(has("param", key, value));
                if key != super::search::SOURCE_RUN {
                    return told;
                }
                let x = |column: &'static str| Expr::col(("x", column));
                let mut linked = Query::select();
                linked
                    .expr(Expr::value(1))
                    .from_as("trace_link", "x")
                    .and_where(x("workspace").eq(Expr::col(("t", "workspace"))))
                    .and_where(x("trace_id").eq(Expr::col(("t", "trace_id"))))
                    .and_where(x("kind").eq(Link::Run.as_str()))
                    .and_where(x("target").eq(value));
                told.or(Expr::exists(linked))
            }
            MetricKey::SpanName => Expr::col(("s", "name")).eq(value),
            MetricKey::SpanStatus => Expr::col(("s", "status")).eq(value),
            MetricKey::SpanType => Expr::col(("s", "type")).eq(value),
            MetricKey::AssessmentName => Expr::col(("a", "name")).eq(value),
            MetricKey::AssessmentType => Expr::col(("a", "kind")).eq(value),
        }
    }
}

/// The tag or metadata of the trace that has this value.
fn has(table: &'static str, key: &str, value: &str) -> SelectStatement {
    let x = |column: &'static str| Expr::col(("x", column));
    let mut select = Query::select();
    select
        .expr(Expr::value(1))
        .from_as(table, "x")
        .and_where(x("workspace").eq(Expr::col(("t", "workspace"))))
        .and_where(x("noun").eq(Noun::Trace.as_str()))
        .and_where(x("owner").eq(Expr::col(("t", "trace_id"))))
        .and_where(x("key").eq(key))
        .and_where(x("value").eq(value));
    select
}
