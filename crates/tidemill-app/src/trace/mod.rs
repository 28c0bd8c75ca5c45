//! Traces: what happened inside a call of a model, told by its client when it begins and ends, or by OpenTelemetry.

pub mod assessment;
mod correlation;
mod export;
mod find;
mod metrics;
mod translate;
pub mod v2;
mod view;

pub use correlation::correlate;
pub use export::{ExportError, export};
pub use find::search;
pub use metrics::metrics;
pub(crate) use translate::python_json;

use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::trace::{
    BatchGetTraces, DeleteTraces, LinkPromptsToTrace, LinkTracesToRun, PromptVersion, Trace, TraceInfo,
    TraceState,
};
use tidemill_store::ConnectionTrait;
use tidemill_store::tag::{self, Noun, Pairs, Table};
use tidemill_store::trace::{self, Deletion, Link};

use crate::experiment::require_active;
use crate::rule::cut;
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// A trace, as it is stored.
pub(crate) type Row = trace::Model;

/// The tag that says where the files of a trace are.
pub(crate) const LOCATION_TAG: &str = "mlflow.artifactLocation";
/// The tag that says where its spans are.
pub(crate) const SPANS_TAG: &str = "mlflow.trace.spansLocation";
/// What the tag of the spans says when they are in the database.
pub(crate) const IN_DATABASE: &str = "TRACKING_STORE";
/// The tag with its name.
const NAME_TAG: &str = "mlflow.traceName";
/// The metadata that says that its client has told all there is to tell.
pub(crate) const FINAL: &str = "mlflow.trace.infoFinalized";
/// Tags that are the server's.
pub(crate) const OWN_TAGS: &[&str] = &[
    LOCATION_TAG,
    SPANS_TAG,
    "mlflow.trace.archiveLocation",
    FAILURE_TAG,
];
const FAILURE_TAG: &str = "mlflow.trace.archivalFailure";

/// Keeps a trace, new or told again; gives it back with the tag that says where its files belong.
///
/// # Errors
/// NotFound without its experiment, Invalid when that is deleted or the trace is in another one.
pub async fn start(ctx: &OpContext, workspace: &str, trace: Trace) -> Result<Trace> {
    authorize_write(ctx, workspace, &trace.trace_info.trace_id).await?;
    let TraceInfo {
        trace_id,
        client_request_id,
        trace_location,
        request_preview,
        response_preview,
        request_time,
        execution_duration,
        state,
        trace_metadata,
        assessments,
        tags,
    } = trace.trace_info;
    let experiment_id = trace_location.mlflow_experiment.unwrap_or_default().experiment_id;
    if let Some(name) = tags.get(NAME_TAG) {
        rule::length("Trace name", 4096, name)?;
    }
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    require_active(&experiment)?;
    let row = Row {
        workspace: workspace.to_owned(),
        trace_id: new_id(&trace_id)?.to_owned(),
        experiment_id: experiment.experiment_id,
        request_time: request_time.as_deref().and_then(view::milliseconds).unwrap_or(0),
        execution_ms: execution_duration.as_deref().and_then(view::duration_ms),
        state: state.as_str().to_owned(),
        client_request_id,
        request_preview: request_preview.map(no_nul),
        response_preview: response_preview.map(no_nul),
    };
    let mut tags: Pairs = tags
        .into_iter()
        .filter(|(key, _)| !OWN_TAGS.contains(&key.as_str()))
        .collect();
    tags.push((
        LOCATION_TAG.to_owned(),
        location(&experiment.artifact_location, &trace_id),
    ));
    let mut metadata: Pairs = trace_metadata.into_iter().collect();
    metadata.push((FINAL.to_owned(), "true".to_owned()));
    let assessed = assessments
        .into_iter()
        .map(|assessment| assessment::row(ctx, workspace, &trace_id, assessment))
        .collect::<Result<Vec<_>>>()?;
    let name = workspace.to_owned();
    let info = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut row = row;
                if let Some(there) = trace::get(tx, &name, &row.trace_id).await? {
                    if there.experiment_id != row.experiment_id {
                        return Err(Error::invalid(format!(
                            "Trace with ID '{}' already exists in another experiment.",
                            row.trace_id
                        )));
                    }
                    // What was seen in its spans stays, unless its client knows better.
                    row.request_preview = row.request_preview.or(there.request_preview);
                    row.response_preview = row.response_preview.or(there.response_preview);
                }
                let id = row.trace_id.clone();
                trace::put(tx, row, &tags, &metadata).await?;
                for row in assessed {
                    trace::put_assessment(tx, row).await?;
                }
                one(tx, &name, &id).await
            })
        })
        .await?;
    Ok(Trace {
        trace_info: info,
        spans: Vec::new(),
    })
}

/// What is known of one trace.
///
/// # Errors
/// NotFound.
pub async fn get_info(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<TraceInfo> {
    authorize_read(ctx, workspace, trace_id).await?;
    one(ctx.app().store.read(), workspace, trace_id).await
}

/// One trace with its spans.
///
/// # Errors
/// NotFound, also while spans are missing, unless a part of them will do; Invalid when its spans are a file.
pub async fn get(ctx: &OpContext, workspace: &str, trace_id: &str, allow_partial: bool) -> Result<Trace> {
    authorize_read(ctx, workspace, trace_id).await?;
    let db = ctx.app().store.read();
    let found = trace::get(db, workspace, trace_id)
        .await?
        .ok_or_else(|| Error::new(Kind::NotFound, format!("Trace with ID {trace_id} is not found.")))?;
    let info = view::infos(db, vec![found]).await?.remove(0);
    if info.tags.get(SPANS_TAG).is_none_or(|place| place != IN_DATABASE) {
        return Err(Error::new(
            Kind::Internal,
            "Trace data not stored in tracking store",
        ));
    }
    let mut spans = trace::spans(db, workspace, std::slice::from_ref(&info.trace_id)).await?;
    let spans = spans.remove(trace_id).unwrap_or_default();
    if !allow_partial && (spans.is_empty() || spans.len() < view::spans_told(&info)) {
        return Err(Error::new(
            Kind::NotFound,
            format!("Trace with ID {trace_id} is not fully exported yet, please try again later."),
        ));
    }
    Ok(Trace {
        spans: spans.iter().map(view::span).collect(),
        trace_info: info,
    })
}

/// Several traces with their spans; those that are not whole are left out.
///
/// # Errors
/// Invalid for an experiment's id that is none.
pub async fn get_many(ctx: &OpContext, workspace: &str, request: BatchGetTraces) -> Result<Vec<Trace>> {
    let infos = get_infos(ctx, workspace, request).await?;
    let ids: Vec<String> = infos
        .iter()
        .filter(|info| info.tags.get(SPANS_TAG).is_some_and(|place| place == IN_DATABASE))
        .map(|info| info.trace_id.clone())
        .collect();
    let mut spans = trace::spans(ctx.app().store.read(), workspace, &ids).await?;
    let traces = infos.into_iter().filter_map(|info| {
        let spans = spans.remove(&info.trace_id)?;
        (spans.len() >= view::spans_told(&info)).then(|| Trace {
            spans: spans.iter().map(view::span).collect(),
            trace_info: info,
        })
    });
    Ok(traces.collect())
}

/// What is known of several traces, in the order in which they were asked for.
///
/// # Errors
/// Invalid for an experiment's id that is none.
pub async fn get_infos(ctx: &OpContext, workspace: &str, request: BatchGetTraces) -> Result<Vec<TraceInfo>> {
    let BatchGetTraces {
        trace_ids,
        experiment_ids,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let experiments = experiment_ids
        .map(|ids| {
            ids.iter()
                .map(|id| rule::experiment_id(id))
                .collect::<Result<Vec<_>, _>>()
        })
        .transpose()?;
    let db = ctx.app().store.read();
    let mut rows = trace::get_many(db, workspace, &trace_ids, experiments.as_deref()).await?;
    rows.sort_by_key(|row| trace_ids.iter().position(|id| *id == row.trace_id));
    view::infos(db, rows).await
}

/// The file of a trace, as clients before OpenTelemetry upload it: its spans as JSON. `None` when they are not in the
/// database.
///
/// # Errors
/// NotFound.
pub async fn data(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<Option<String>> {
    let info = get_info(ctx, workspace, trace_id).await?;
    if info.tags.get(SPANS_TAG).is_none_or(|place| place != IN_DATABASE) {
        return Ok(None);
    }
    let db = ctx.app().store.read();
    let mut spans = trace::spans(db, workspace, std::slice::from_ref(&info.trace_id)).await?;
    let spans = spans.remove(trace_id).unwrap_or_default();
    let contents: Vec<_> = spans.into_iter().map(|span| span.content).collect();
    Ok(Some(format!("{{\"spans\": [{}]}}", contents.join(", "))))
}

/// Where the files of a trace are in the artifact store.
///
/// # Errors
/// NotFound.
pub async fn folder(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<String> {
    let info = get_info(ctx, workspace, trace_id).await?;
    info.tags
        .get(LOCATION_TAG)
        .cloned()
        .ok_or_else(|| missing(trace_id))
}

/// Deletes traces of an experiment: the oldest, or those that are named.
///
/// # Errors
/// Invalid unless it is said which ones.
pub async fn delete(ctx: &OpContext, workspace: &str, request: DeleteTraces) -> Result<u64> {
    let DeleteTraces {
        experiment_id,
        max_timestamp_millis,
        max_traces,
        request_ids,
    } = request;
    authorize_write(ctx, workspace, "").await?;
    if max_timestamp_millis.is_none() && request_ids.is_empty() {
        return Err(Error::invalid(
            "Either `max_timestamp_millis` or `trace_ids` must be specified.",
        ));
    }
    if max_timestamp_millis.is_some() && !request_ids.is_empty() {
        return Err(Error::invalid(
            "Only one of `max_timestamp_millis` and `trace_ids` can be specified.",
        ));
    }
    if !request_ids.is_empty() && max_traces.is_some() {
        return Err(Error::invalid(
            "`max_traces` can't be specified if `trace_ids` is specified.",
        ));
    }
    if let Some(most) = max_traces.filter(|most| *most <= 0) {
        return Err(Error::invalid(format!(
            "`max_traces` must be a positive integer, received {most}."
        )));
    }
    let experiment_id = rule::experiment_id(&experiment_id)?;
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let which = Deletion {
                    experiment_id,
                    until: max_timestamp_millis,
                    most: max_traces.and_then(|most| u64::try_from(most).ok()),
                    ids: &request_ids,
                };
                let ids = trace::to_delete(tx, &workspace, which).await?;
                Ok(trace::delete(tx, &workspace, &ids).await?)
            })
        })
        .await
}

/// Sets a tag.
///
/// # Errors
/// NotFound for the trace, Invalid for a bad key or one of the server's.
pub async fn set_tag(
    ctx: &OpContext,
    workspace: &str,
    trace_id: String,
    key: String,
    value: String,
) -> Result<()> {
    authorize_write(ctx, workspace, &trace_id).await?;
    if OWN_TAGS.contains(&key.as_str()) {
        return Err(Error::invalid(format!(
            "Tag '{key}' is immutable and cannot be set on a trace."
        )));
    }
    let value = checked_tag(&key, value)?;
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                find(tx, &workspace, &trace_id).await?;
                let pairs = [(key, value)];
                Ok(tag::put(tx, Table::Tag, &workspace, Noun::Trace, &trace_id, &pairs).await?)
            })
        })
        .await
}

/// Removes a tag.
///
/// # Errors
/// NotFound for the trace or the tag, Invalid for one of the server's.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, trace_id: String, key: String) -> Result<()> {
    authorize_write(ctx, workspace, &trace_id).await?;
    if OWN_TAGS.contains(&key.as_str()) && key != FAILURE_TAG {
        return Err(Error::invalid(format!(
            "Tag '{key}' is immutable and cannot be deleted on a trace."
        )));
    }
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                if tag::delete(tx, &workspace, Noun::Trace, &trace_id, &key).await? {
                    return Ok(());
                }
                Err(Error::new(
                    Kind::NotFound,
                    format!("No trace tag with key '{key}' for trace with ID '{trace_id}'"),
                ))
            })
        })
        .await
}

/// Links traces to a run; those that are not there are left out.
///
/// # Errors
/// Invalid for more than 100, NotFound for the run.
pub async fn link_to_run(ctx: &OpContext, workspace: &str, request: LinkTracesToRun) -> Result<()> {
    const MOST: usize = 100;
    let LinkTracesToRun { trace_ids, run_id } = request;
    let found = trace_ids.len();
    if found > MOST {
        return Err(Error::invalid(format!(
            "Cannot link more than {MOST} traces to a run in a single request. Provided {found} traces."
        )));
    }
    crate::run::writable(ctx, workspace, &run_id).await?;
    let there = trace::get_many(ctx.app().store.read(), workspace, &trace_ids, None).await?;
    let links: Vec<_> = there
        .into_iter()
        .map(|row| (row.trace_id, run_id.clone()))
        .collect();
    link(ctx, workspace, Link::Run, links).await
}

/// Links a trace to versions of prompts.
///
/// # Errors
/// NotFound for the trace.
pub async fn link_prompts(ctx: &OpContext, workspace: &str, request: LinkPromptsToTrace) -> Result<()> {
    let LinkPromptsToTrace {
        trace_id,
        prompt_versions,
    } = request;
    authorize_write(ctx, workspace, &trace_id).await?;
    find(ctx.app().store.read(), workspace, &trace_id).await?;
    let links = prompt_versions
        .into_iter()
        .map(|PromptVersion { name, version }| (trace_id.clone(), format!("{name}/{version}")))
        .collect();
    link(ctx, workspace, Link::Prompt, links).await
}

async fn link(ctx: &OpContext, workspace: &str, kind: Link, links: Vec<(String, String)>) -> Result<()> {
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(trace::add_links(tx, &workspace, kind, &links).await?) })
        })
        .await
}

/// A tag's text, cut to what fits.
fn checked_tag(key: &str, value: String) -> Result<String> {
    rule::key("key", key)?;
    rule::length("key", 250, key)?;
    if key == NAME_TAG {
        rule::length("Trace name", 4096, &value)?;
    }
    Ok(cut(value, 8000))
}

/// An id that may be part of a path.
fn new_id(trace_id: &str) -> Result<&str> {
    let odd = |c: char| matches!(c, '/' | '\\' | '%' | '?' | '#') || c.is_control();
    if trace_id.is_empty() {
        return Err(Error::invalid(tidemill_api::mlflow::schema::invalid_value(
            "trace_id",
            &trace_id.into(),
            "must be a single path component",
        )));
    }
    if trace_id.contains(odd) || trace_id.contains("..") || trace_id.len() > 250 {
        return Err(Error::invalid(tidemill_api::mlflow::schema::invalid_value(
            "trace_id",
            &trace_id.into(),
            "must not contain '%', '?', '#' or control characters",
        )));
    }
    Ok(trace_id)
}

fn location(root: &str, trace_id: &str) -> String {
    format!("{}/traces/{trace_id}/artifacts", root.trim_end_matches('/'))
}

/// PostgreSQL has no place for NUL.
pub(crate) fn no_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

/// The state of a row on the wire.
fn state(row: &Row) -> TraceState {
    TraceState::parse(&row.state).unwrap_or_default()
}

async fn authorize_write(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<()> {
    ctx.authorize(
        action::EXPERIMENT_WRITE,
        &Scope::resource(workspace, "traces", trace_id),
    )
    .await
}

async fn authorize_read(ctx: &OpContext, workspace: &str, trace_id: &str) -> Result<()> {
    ctx.authorize(action::RUN_READ, &Scope::resource(workspace, "traces", trace_id))
        .await
}

async fn one(db: &impl ConnectionTrait, workspace: &str, trace_id: &str) -> Result<TraceInfo> {
    let row = find(db, workspace, trace_id).await?;
    Ok(view::infos(db, vec![row]).await?.remove(0))
}

pub(crate) async fn find(db: &impl ConnectionTrait, workspace: &str, trace_id: &str) -> Result<Row> {
    trace::get(db, workspace, trace_id)
        .await?
        .ok_or_else(|| missing(trace_id))
}

fn missing(trace_id: &str) -> Error {
    Error::new(Kind::NotFound, format!("Trace with ID '{trace_id}' not found."))
}
