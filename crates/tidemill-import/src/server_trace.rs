//! The traces of a running server: searched page after page, their spans from the file that a trace has.

use std::collections::{BTreeMap, HashSet};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server_call::Server;
use crate::trace::SourceTrace;
use crate::{LeftOut, Result};

/// Traces on a page.
const PAGE: usize = 100;

/// What a server tells of the traces of an experiment; none of a server that has none.
pub(crate) async fn infos(server: &Server, experiment: &str, filter: Option<&str>) -> Result<Vec<Value>> {
    let mut body = json!({
        "locations": [{ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment } }],
        "max_results": PAGE, "order_by": ["timestamp_ms ASC"],
    });
    if let Some(filter) = filter {
        body["filter"] = filter.into();
    }
    let call = "/api/3.0/mlflow/traces/search";
    let mut found = Vec::new();
    loop {
        let mut page = match server.ask(call, Method::POST, &[], Some(&body)).await? {
            Ok(page) => page,
            // Servers before MLflow 3 have other traces, or none.
            Err(refusal) if refusal.status == StatusCode::NOT_FOUND => return Ok(found),
            Err(refusal) => return Err(server.refused(call, &refusal)),
        };
        if let Some(traces) = page.get_mut("traces").and_then(Value::as_array_mut) {
            found.append(traces);
        }
        match page["next_page_token"].as_str().filter(|token| !token.is_empty()) {
            Some(token) => body["page_token"] = token.into(),
            None => return Ok(found),
        }
    }
}

/// The traces of an experiment that some runs are linked to, by trace.
pub(crate) async fn linked(
    server: &Server,
    experiment: &str,
    runs: &[String],
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for run in runs {
        for info in infos(server, experiment, Some(&format!("run_id = '{run}'"))).await? {
            if info["trace_metadata"]["mlflow.sourceRun"] != run.as_str() {
                let id = info["trace_id"].as_str().unwrap_or_default().to_owned();
                found.entry(id).or_default().push(run.clone());
            }
        }
    }
    Ok(found)
}

/// One trace with its spans.
pub(crate) async fn whole(
    server: &Server,
    info: Value,
    runs: Vec<String>,
    left_out: &mut Vec<LeftOut>,
) -> Result<SourceTrace> {
    let id = info["trace_id"].as_str().unwrap_or_default().to_owned();
    let query = [("request_id", id.as_str())];
    let call = "/ajax-api/2.0/mlflow/get-trace-artifact";
    let spans = match server.ask(call, Method::GET, &query, None).await? {
        Ok(mut data) => {
            let spans = data.get_mut("spans").and_then(Value::as_array_mut);
            spans.map(std::mem::take).unwrap_or_default()
        }
        Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED => {
            return Err(server.refused(call, &refusal));
        }
        Err(refusal) => {
            left_out.push(LeftOut::new(format!("the spans of trace {id}"), refusal.message));
            Vec::new()
        }
    };
    Ok(SourceTrace { info, spans, runs })
}

/// The ids among those that were told, each once.
pub(crate) fn once(infos: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    infos
        .into_iter()
        .filter(|info| seen.insert(info["trace_id"].as_str().unwrap_or_default().to_owned()))
        .collect()
}
