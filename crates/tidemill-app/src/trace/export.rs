//! Spans that arrive by OpenTelemetry: kept, and what they say of their trace with them.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tidemill_api::otlp::{Attributes, ResourceSpans, Span as Given};
use tidemill_store::DatabaseTransaction;
use tidemill_store::tag::{self, Noun, Pairs, Table};
use tidemill_store::trace::{self, Link, Span};

use super::translate::{COST, USAGE, add, preview, python_json, sum};
use super::{
    FINAL, IN_DATABASE, LOCATION_TAG, OWN_TAGS, Row, SPANS_TAG, authorize_write, checked_tag, location,
};
use crate::experiment::require_active;
use crate::{Error, OpContext, Result};

/// Tokens of a trace, in its metadata.
const TOKENS: &str = "mlflow.trace.tokenUsage";
/// What a trace cost, in its metadata.
const PRICE: &str = "mlflow.trace.cost";
const SESSION: &str = "mlflow.trace.session";
const USER: &str = "mlflow.trace.user";
/// Attributes of the outermost span that are tags of the trace.
const TAG_PREFIX: &str = "mlflow.traceTag.";

/// Why spans were not kept.
#[derive(Debug)]
pub enum ExportError {
    /// A span has no id.
    Unreadable,
    /// As other changes.
    Refused(Error),
}

impl From<Error> for ExportError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What one export says of one trace.
#[derive(Debug, Default)]
struct Batch {
    spans: Vec<Span>,
    tags: Pairs,
    session: Option<String>,
    user: Option<String>,
    /// Inputs, outputs and state of the outermost span.
    root: Option<(Option<String>, Option<String>, &'static str)>,
    counts: bool,
}

/// Keeps spans of an experiment; their traces are made when they are not there. All or nothing.
///
/// # Errors
/// `Unreadable` for a span without an id; NotFound without the experiment.
pub async fn export(
    ctx: &OpContext,
    workspace: &str,
    experiment_id: &str,
    run_id: Option<&str>,
    resources: Vec<ResourceSpans>,
) -> Result<(), ExportError> {
    authorize_write(ctx, workspace, "").await?;
    let mut batches: BTreeMap<String, Batch> = BTreeMap::new();
    let mut ended = Vec::new();
    for ResourceSpans { attributes, spans } in resources {
        for given in spans {
            let trace_id = hex(&given.trace_id, 16).ok_or(ExportError::Unreadable)?;
            let trace_id = format!("tr-{trace_id}");
            let batch = batches.entry(trace_id.clone()).or_default();
            if batch.spans.is_empty() {
                batch.tags = resource_tags(&attributes);
            }
            if given.parent_span_id.is_empty() {
                ended.push(trace_id.clone());
            }
            batch.add(workspace, &trace_id, given)?;
        }
    }
    if batches.is_empty() {
        return Ok(());
    }
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, experiment_id).await?;
    require_active(&experiment)?;
    let links: Vec<_> = match run_id {
        Some(run_id) => {
            crate::run::writable(ctx, workspace, run_id).await?;
            ended
                .into_iter()
                .map(|trace_id| (trace_id, run_id.to_owned()))
                .collect()
        }
        None => Vec::new(),
    };
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let ids: Vec<String> = batches.keys().cloned().collect();
                let rows = trace::get_many(tx, &workspace, &ids, None).await?;
                let mut rows: HashMap<_, _> =
                    rows.into_iter().map(|row| (row.trace_id.clone(), row)).collect();
                for (trace_id, batch) in batches {
                    let there = rows.remove(&trace_id);
                    let files = location(&experiment.artifact_location, &trace_id);
                    batch
                        .keep(
                            tx,
                            (&workspace, experiment.experiment_id),
                            &trace_id,
                            there,
                            files,
                        )
                        .await?;
                }
                Ok(trace::add_links(tx, &workspace, Link::Run, &links).await?)
            })
        })
        .await?;
    Ok(())
}

impl Batch {
    fn add(&mut self, workspace: &str, trace_id: &str, given: Given) -> Result<(), ExportError> {
        let span_id = hex(&given.span_id, 8).ok_or(ExportError::Unreadable)?;
        let parent_id = hex(&given.parent_span_id, 8);
        let mut attributes = attributes(&given.attributes);
        if parent_id.is_none() {
            for tag in OWN_TAGS {
                attributes.shift_remove(&format!("{TAG_PREFIX}{tag}"));
            }
        }
        attributes.insert(
            "mlflow.traceRequestId".into(),
            python_json(&json!(trace_id)).into(),
        );
        add(&mut attributes);
        let plain = |key: &str| -> Option<String> {
            let text = attributes.get(key)?.as_str()?;
            Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned()))
        };
        self.session = self
            .session
            .take()
            .or_else(|| plain("session.id"))
            .or_else(|| plain("gen_ai.conversation.id"));
        self.user = self.user.take().or_else(|| plain("user.id"));
        self.counts |= attributes.contains_key(USAGE) || attributes.contains_key(COST);
        let status = match given.status_code {
            1 => "OK",
            2 => "ERROR",
            _ => "UNSET",
        };
        if parent_id.is_none() {
            let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(str::to_owned);
            let state = if status == "ERROR" { "ERROR" } else { "OK" };
            self.root = Some((text("mlflow.spanInputs"), text("mlflow.spanOutputs"), state));
            for key in attributes.keys().filter(|key| key.starts_with(TAG_PREFIX)) {
                let name = key[TAG_PREFIX.len()..].to_owned();
                if let Ok(value) = checked_tag(&name, plain(key).unwrap_or_default()) {
                    self.tags.push((name, value));
                }
            }
        }
        let nanoseconds = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
        let end_ns = (given.end_time_ns > 0).then(|| nanoseconds(given.end_time_ns));
        let row = Span {
            workspace: workspace.to_owned(),
            trace_id: trace_id.to_owned(),
            span_id,
            parent_id,
            name: super::no_nul(given.name.clone()),
            kind: plain("mlflow.spanType"),
            status: status.to_owned(),
            start_ns: nanoseconds(given.start_time_ns),
            end_ns,
            content: super::no_nul(python_json(&content(&given, status, attributes))),
        };
        self.spans.push(row);
        Ok(())
    }

    /// Writes the spans, and what they say of their trace where its client has not said better.
    async fn keep(
        self,
        tx: &DatabaseTransaction,
        (workspace, experiment_id): (&str, i64),
        trace_id: &str,
        there: Option<Row>,
        files: String,
    ) -> Result<()> {
        let metadata = tag::of(tx, Table::Param, workspace, Noun::Trace, trace_id).await?;
        let metadata: HashMap<_, _> = metadata.into_iter().collect();
        let is_final = metadata.contains_key(FINAL);
        let begin = self
            .spans
            .iter()
            .map(|span| span.start_ns / 1_000_000)
            .min()
            .unwrap_or(0);
        let end = self
            .spans
            .iter()
            .filter_map(|span| span.end_ns)
            .max()
            .map(|ns| ns / 1_000_000);
        let mut row = there.unwrap_or_else(|| Row {
            workspace: workspace.to_owned(),
            trace_id: trace_id.to_owned(),
            experiment_id,
            request_time: begin,
            execution_ms: end.map(|end| end - begin),
            state: "IN_PROGRESS".to_owned(),
            client_request_id: None,
            request_preview: None,
            response_preview: None,
        });
        if !is_final {
            let known_end = row.execution_ms.map(|took| row.request_time + took);
            row.request_time = row.request_time.min(begin);
            row.execution_ms = end.max(known_end).map(|end| end - row.request_time);
        }
        if let Some((inputs, outputs, state)) = self.root {
            if matches!(row.state.as_str(), "IN_PROGRESS" | "STATE_UNSPECIFIED") {
                row.state = state.to_owned();
            }
            row.request_preview = row.request_preview.or_else(|| Some(preview(&inputs?, "user")));
            row.response_preview = row
                .response_preview
                .or_else(|| Some(preview(&outputs?, "assistant")));
        }
        let mut added = Pairs::new();
        for (key, value) in [(SESSION, self.session), (USER, self.user)] {
            if let Some(value) = value.filter(|_| !metadata.contains_key(key)) {
                added.push((key.to_owned(), value));
            }
        }
        trace::put_spans(tx, self.spans).await?;
        if self.counts {
            let mut all = trace::spans(tx, workspace, &[trace_id.to_owned()]).await?;
            let all = all.remove(trace_id).unwrap_or_default();
            let figures = |attribute: &str| -> Vec<_> {
                let of = |span: &Span| {
                    let content: Value = serde_json::from_str(&span.content).ok()?;
                    serde_json::from_str(content["attributes"][attribute].as_str()?).ok()
                };
                all.iter()
                    .map(|span| (span.span_id.clone(), span.parent_id.clone(), of(span)))
                    .collect()
            };
            for (key, attribute, keys, whole) in [
                (
                    TOKENS,
                    USAGE,
                    ["input_tokens", "output_tokens", "total_tokens"],
                    true,
                ),
                (PRICE, COST, ["input_cost", "output_cost", "total_cost"], false),
            ] {
                if !(is_final && metadata.contains_key(key))
                    && let Some(total) = sum(&figures(attribute), &keys, whole)
                {
                    added.push((key.to_owned(), python_json(&total)));
                }
            }
        }
        let mut tags = self.tags;
        tags.push((SPANS_TAG.to_owned(), IN_DATABASE.to_owned()));
        tags.push((LOCATION_TAG.to_owned(), files));
        Ok(trace::put(tx, row, &tags, &added).await?)
    }
}

/// Bytes of an id in hex, without or with zeros in front as `width` asks; `None` for no id.
fn hex(bytes: &[u8], width: usize) -> Option<String> {
    if bytes.is_empty() {
        return None;
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    Some(format!("{digits:0>width$}", width = width * 2))
}

/// Attributes as texts of JSON. What a client of MLflow has made a text of already is not made one again.
fn attributes(given: &Attributes) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text)
            if serde_json::from_str::<Value>(text)
                .is_ok_and(|inner| inner.is_string() || inner.is_array() || inner.is_object()) =>
        {
            text.clone()
        }
        other => python_json(other),
    };
    given
        .iter()
        .map(|(key, value)| (key.clone(), text(value).into()))
        .collect()
}

/// What a resource says of itself, as tags of its traces.
fn resource_tags(attributes: &Attributes) -> Pairs {
    let ours = |key: &str| !key.starts_with("telemetry.sdk.") && !key.starts_with("mlflow.");
    let of = |(key, value): &(String, Value)| {
        let text = value.as_str().map_or_else(|| python_json(value), str::to_owned);
        Some((key.clone(), checked_tag(key, text).ok()?))
    };
    attributes
        .iter()
        .filter(|(key, _)| ours(key))
        .filter_map(of)
        .collect()
}

/// A span as MLflow's files of traces have it.
fn content(given: &Given, status: &str, attributes: Map<String, Value>) -> Value {
    const KINDS: [&str; 6] = [
        "UNSPECIFIED",
        "INTERNAL",
        "SERVER",
        "CLIENT",
        "PRODUCER",
        "CONSUMER",
    ];
    let kind = usize::try_from(given.kind)
        .ok()
        .and_then(|at| KINDS.get(at))
        .unwrap_or(&"INTERNAL");
    let kind = if *kind == "UNSPECIFIED" { "INTERNAL" } else { kind };
    let id = |bytes: &[u8], width: usize| {
        let mut wide = vec![0; width.saturating_sub(bytes.len())];
        wide.extend_from_slice(bytes);
        STANDARD.encode(&wide)
    };
    let plain = |attributes: &Attributes| Map::from_iter(attributes.iter().cloned());
    let events: Vec<_> = given
        .events
        .iter()
        .map(|event| {
            json!({ "name": event.name, "time_unix_nano": event.time_ns, "attributes": plain(&event.attributes) })
        })
        .collect();
    let links: Vec<_> = given
        .links
        .iter()
        .filter_map(|link| {
            let trace = format!("tr-{}", hex(&link.trace_id, 16)?);
            Some(json!({ "trace_id": trace, "span_id": hex(&link.span_id, 8)?, "attributes": plain(&link.attributes) }))
        })
        .collect();
    json!({
        "trace_id": id(&given.trace_id, 16),
        "span_id": id(&given.span_id, 8),
        "parent_span_id": (!given.parent_span_id.is_empty()).then(|| id(&given.parent_span_id, 8)),
        "name": given.name,
        "kind": format!("SPAN_KIND_{kind}"),
        "start_time_unix_nano": given.start_time_ns,
        "end_time_unix_nano": (given.end_time_ns > 0).then_some(given.end_time_ns),
        "events": events,
        "status": { "code": format!("STATUS_CODE_{status}"), "message": given.status_message },
        "attributes": attributes,
        "links": links,
    })
}
