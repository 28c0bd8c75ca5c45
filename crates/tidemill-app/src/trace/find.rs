//! Searching traces.

use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::trace::{SearchTraces, SearchTracesResponse};
use tidemill_query::{
    Operator, SpanKey, TraceComparison, TraceKey, Value, parse_trace_filter, parse_trace_order,
};
use tidemill_store::ConnectionTrait;
use tidemill_store::trace::{self, Search};

use super::view;
use crate::rule::{Asked, at, next_token, no_duplicates, window};
use crate::{Error, OpContext, Result, Scope, action};

/// Traces of experiments that fit a filter, the youngest first unless ordered otherwise.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(ctx: &OpContext, workspace: &str, request: SearchTraces) -> Result<SearchTracesResponse> {
    let SearchTraces {
        locations,
        filter,
        max_results,
        order_by,
        page_token,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let filter_text = filter.unwrap_or_default();
    let ids = locations
        .into_iter()
        .filter_map(|location| location.mlflow_experiment)
        .map(|experiment| rule::experiment_id(&experiment.experiment_id))
        .collect::<Result<Vec<_>, _>>()?;
    let orders = order_by
        .iter()
        .map(|text| parse_trace_order(text))
        .collect::<Result<Vec<_>, _>>()?;
    no_duplicates(orders.iter().map(|order| order.key.clone()), &order_by)?;
    let asked = Asked::new(&[workspace, &filter_text], &[&order_by]).of(&ids);
    let window = window(page_token.as_deref(), max_results, 100, 500, asked)?;
    let db = ctx.app().store.read();
    let filter = ready(db, workspace, &ids, &filter_text).await?;
    let search = Search {
        workspace,
        experiment_ids: &ids,
        filter: &filter,
        order_by: &orders,
        window,
    };
    let found = trace::search(db, search).await?;
    Ok(SearchTracesResponse {
        traces: view::infos(db, found.items).await?,
        next_page_token: next_token(window, found.more, asked),
    })
}

/// Reads a filter and looks up what its regular expressions fit.
pub(super) async fn ready(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_ids: &[i64],
    text: &str,
) -> Result<Vec<TraceComparison>> {
    let mut filter = parse_trace_filter(text).map_err(|error| at(error, text))?;
    for comparison in &mut filter {
        if comparison.operator == Operator::RLike {
            let texts = trace::texts_of(db, workspace, experiment_ids, &comparison.key).await?;
            *comparison = matching(comparison, texts)?;
        }
    }
    Ok(filter)
}

/// A regular expression as the list of the traces that it fits.
fn matching(comparison: &TraceComparison, texts: Vec<(String, String)>) -> Result<TraceComparison> {
    let Value::Text(pattern) = &comparison.value else {
        return Err(Error::invalid("Expected a quoted string value after 'RLIKE'."));
    };
    let pattern = regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|_| Error::invalid(format!("Invalid regular expression '{pattern}' in filter string")))?;
    let fits = |text: &str| match &comparison.key {
        TraceKey::Span(SpanKey::Attribute(name)) => {
            let content: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            let value = content["attributes"][name].as_str().unwrap_or_default();
            let plain = serde_json::from_str::<String>(value);
            pattern.is_match(plain.as_deref().unwrap_or(value))
        }
        _ => pattern.is_match(text),
    };
    let mut ids: Vec<String> = texts
        .into_iter()
        .filter(|(_, text)| fits(text))
        .map(|(id, _)| id)
        .collect();
    ids.sort();
    ids.dedup();
    Ok(TraceComparison {
        key: TraceKey::Attribute("request_id"),
        operator: Operator::In,
        value: Value::List(ids),
    })
}
