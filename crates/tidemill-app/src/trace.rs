//! Traces: kept as their client tells them, so that what logs them doesn't fail; their spans are artifacts.

use serde_json::{Map, Value, json};
use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::trace::{SearchTraces, SearchTracesResponse, Trace};
use tidemill_store::{ConnectionTrait, from_json, to_json, trace};

use crate::rule::{next_token, window};
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// The tag that says where the spans of a trace are.
const LOCATION_TAG: &str = "mlflow.artifactLocation";

/// Keeps a trace, new or changed; gives it back with the tag that says where its spans belong.
///
/// # Errors
/// Invalid for a trace without id or experiment, NotFound without that experiment.
pub async fn start(ctx: &OpContext, workspace: &str, trace: Trace) -> Result<Trace> {
    ctx.authorize(
        action::EXPERIMENT_WRITE,
        &Scope::resource(workspace, "traces", ""),
    )
    .await?;
    let mut info = trace.trace_info;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let trace_id = info.get("trace_id").map(text).unwrap_or_default();
    rule::run_id(&trace_id)
        .map_err(|_| Error::invalid("Missing value for required parameter 'trace_info.trace_id'."))?;
    let experiment_id = info
        .get("trace_location")
        .and_then(|location| location.pointer("/mlflow_experiment/experiment_id"))
        .map(text)
        .unwrap_or_default();
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    let request_time = info
        .get("request_time")
        .and_then(Value::as_str)
        .and_then(milliseconds);
    let tags = info.entry("tags").or_insert_with(|| json!({}));
    if let Value::Object(tags) = tags {
        let location = format!("{}/traces/{trace_id}/artifacts", experiment.artifact_location);
        tags.entry(LOCATION_TAG).or_insert_with(|| Value::from(location));
    }
    let row = trace::Model {
        workspace: workspace.to_owned(),
        trace_id,
        experiment_id: experiment.experiment_id,
        request_time: request_time.unwrap_or_else(|| ctx.now_ms()),
        info: to_json(&info),
    };
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(trace::put(tx, row).await?) }))
        .await?;
    Ok(Trace { trace_info: info })
}

/// One trace.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<Trace> {
    ctx.authorize(action::RUN_READ, &Scope::resource(workspace, "traces", trace_id))
        .await?;
    view(find(ctx.app().store.read(), workspace, trace_id).await?)
}

/// Traces of experiments, the youngest first.
///
/// # Errors
/// Invalid for a page token that can't be read, or a filter: those come with the full surface of traces.
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
    if filter.is_some_and(|filter| !filter.trim().is_empty()) || !order_by.is_empty() {
        return Err(
            Error::invalid("failed to search traces: this server does not filter or order them yet")
                .hint("leave filter and order_by out"),
        );
    }
    let window = window(page_token.as_deref(), max_results, 100, 500)?;
    let ids = locations
        .iter()
        .map(|location| rule::experiment_id(&location.mlflow_experiment.experiment_id))
        .collect::<Result<Vec<_>, _>>()?;
    let found = trace::list(ctx.app().store.read(), workspace, &ids, window).await?;
    let traces = found
        .items
        .into_iter()
        .map(|row| Ok(view(row)?.trace_info))
        .collect::<Result<_>>()?;
    Ok(SearchTracesResponse {
        traces,
        next_page_token: next_token(window, found.more),
    })
}

/// Sets a tag, or removes it.
///
/// # Errors
/// NotFound for the trace.
pub async fn put_tag(
    ctx: &OpContext,
    workspace: &str,
    trace_id: &str,
    key: String,
    value: Option<String>,
) -> Result<()> {
    ctx.authorize(
        action::EXPERIMENT_WRITE,
        &Scope::resource(workspace, "traces", trace_id),
    )
    .await?;
    rule::run_tag("", &key, value.as_deref().unwrap_or_default())?;
    let (workspace, trace_id) = (workspace.to_owned(), trace_id.to_owned());
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let row = find(tx, &workspace, &trace_id).await?;
                let mut info: Map<String, Value> = from_json("trace", "info", &row.info)?;
                if let Value::Object(tags) = info.entry("tags").or_insert_with(|| json!({})) {
                    match value {
                        Some(value) => tags.insert(key, Value::from(value)),
                        None => tags.shift_remove(&key),
                    };
                }
                Ok(trace::put(
                    tx,
                    trace::Model {
                        info: to_json(&info),
                        ..row
                    },
                )
                .await?)
            })
        })
        .await
}

async fn find(db: &impl ConnectionTrait, workspace: &str, trace_id: &str) -> Result<trace::Model> {
    trace::get(db, workspace, trace_id)
        .await?
        .ok_or_else(|| Error::new(Kind::NotFound, format!("Trace with ID '{trace_id}' not found.")))
}

fn view(row: trace::Model) -> Result<Trace> {
    Ok(Trace {
        trace_info: from_json("trace", "info", &row.info)?,
    })
}

/// `2026-11-23T17:45:00.123Z` in milliseconds since 1970.
fn milliseconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}
