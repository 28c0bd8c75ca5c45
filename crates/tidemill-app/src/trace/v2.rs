//! The first version of the API of traces: told in two steps, begin and end.

use tidemill_api::mlflow::trace::{
    EndTraceV2, ExperimentLocation, SearchTraces, SearchTracesV2, SearchTracesV2Response, StartTraceV2,
    TraceInfo, TraceInfoV2, TraceLocation, TraceStatus,
};
use tidemill_api::mlflow::{KeyValue, rule};
use tidemill_store::tag::Pairs;
use tidemill_store::trace;

use super::{LOCATION_TAG, NAME_TAG, OWN_TAGS, Row, authorize_write, find, location, one, view};
use crate::experiment::{pairs, require_active};
use crate::run_name::uuid_hex;
use crate::{Error, OpContext, Result};

/// Begins a trace.
///
/// # Errors
/// NotFound without its experiment, Invalid when that is deleted.
pub async fn start(ctx: &OpContext, workspace: &str, request: StartTraceV2) -> Result<TraceInfoV2> {
    let StartTraceV2 {
        experiment_id,
        timestamp_ms,
        request_metadata,
        tags,
    } = request;
    authorize_write(ctx, workspace, "").await?;
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    require_active(&experiment)?;
    let trace_id = uuid_hex(&*ctx.app().clock);
    let mut tags = own_dropped(tags)?;
    tags.push((
        LOCATION_TAG.to_owned(),
        location(&experiment.artifact_location, &trace_id),
    ));
    let row = Row {
        workspace: workspace.to_owned(),
        trace_id,
        experiment_id: experiment.experiment_id,
        request_time: timestamp_ms,
        execution_ms: None,
        state: TraceStatus::InProgress.as_str().to_owned(),
        client_request_id: None,
        request_preview: None,
        response_preview: None,
    };
    put(ctx, workspace, row, tags, pairs(request_metadata)).await
}

/// Ends a trace: its status, how long it took, and more tags and metadata.
///
/// # Errors
/// NotFound.
pub async fn end(ctx: &OpContext, workspace: &str, request: EndTraceV2) -> Result<TraceInfoV2> {
    let EndTraceV2 {
        trace_id,
        timestamp_ms,
        status,
        request_metadata,
        tags,
    } = request;
    authorize_write(ctx, workspace, &trace_id).await?;
    let row = find(ctx.app().store.read(), workspace, &trace_id).await?;
    if status == TraceStatus::Unspecified {
        return Err(Error::invalid(format!(
            "failed to end the trace '{trace_id}': its status is not given, expected OK or ERROR"
        )));
    }
    let status = status.as_str();
    let row = Row {
        execution_ms: Some(timestamp_ms - row.request_time),
        state: status.to_owned(),
        ..row
    };
    put(ctx, workspace, row, own_dropped(tags)?, pairs(request_metadata)).await
}

/// What is known of one trace.
///
/// # Errors
/// NotFound.
pub async fn get_info(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<TraceInfoV2> {
    Ok(told(super::get_info(ctx, workspace, trace_id).await?))
}

/// Traces of experiments that fit a filter.
///
/// # Errors
/// As [`super::search`].
pub async fn search(
    ctx: &OpContext,
    workspace: &str,
    request: SearchTracesV2,
) -> Result<SearchTracesV2Response> {
    let SearchTracesV2 {
        experiment_ids,
        filter,
        max_results,
        order_by,
        page_token,
    } = request;
    let at = |experiment_id| TraceLocation {
        mlflow_experiment: Some(ExperimentLocation { experiment_id }),
        ..TraceLocation::default()
    };
    let locations = experiment_ids.into_iter().map(at).collect();
    let request = SearchTraces {
        locations,
        filter,
        max_results,
        order_by,
        page_token,
    };
    let found = super::search(ctx, workspace, request).await?;
    Ok(SearchTracesV2Response {
        traces: found.traces.into_iter().map(told).collect(),
        next_page_token: found.next_page_token,
    })
}

async fn put(
    ctx: &OpContext,
    workspace: &str,
    row: Row,
    tags: Pairs,
    metadata: Pairs,
) -> Result<TraceInfoV2> {
    let workspace = workspace.to_owned();
    let info = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let id = row.trace_id.clone();
                trace::put(tx, row, &tags, &metadata).await?;
                one(tx, &workspace, &id).await
            })
        })
        .await?;
    Ok(told(info))
}

/// Old clients send back every tag, the server's own among them.
fn own_dropped(tags: Vec<KeyValue>) -> Result<Pairs> {
    if let Some(name) = tags.iter().find(|tag| tag.key == NAME_TAG) {
        rule::length("Trace name", 4096, &name.value)?;
    }
    Ok(pairs(tags)
        .into_iter()
        .filter(|(key, _)| !OWN_TAGS.contains(&key.as_str()))
        .collect())
}

fn told(info: TraceInfo) -> TraceInfoV2 {
    let texts = |texts: tidemill_api::mlflow::trace::Texts| {
        texts
            .into_iter()
            .map(|(key, value)| KeyValue { key, value })
            .collect()
    };
    TraceInfoV2 {
        request_id: info.trace_id,
        experiment_id: info
            .trace_location
            .mlflow_experiment
            .unwrap_or_default()
            .experiment_id,
        timestamp_ms: info
            .request_time
            .as_deref()
            .and_then(view::milliseconds)
            .unwrap_or(0),
        execution_time_ms: Some(
            info.execution_duration
                .as_deref()
                .and_then(view::duration_ms)
                .unwrap_or(0),
        ),
        status: TraceStatus::parse(info.state.as_str()).unwrap_or_default(),
        request_metadata: texts(info.trace_metadata),
        tags: texts(info.tags),
    }
}
