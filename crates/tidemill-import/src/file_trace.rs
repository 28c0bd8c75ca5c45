//! The traces of an `mlruns` folder: `{experiment}/traces/{trace}/{trace_info.yaml,tags,request_metadata,assessments}`, their
//! spans in `artifacts/traces.json`.

use std::path::Path;

use serde_json::{Value, json};

use crate::file_store::texts;
use crate::local_files::folder;
use crate::trace::{SourceTrace, duration, info};
use crate::{LeftOut, stays_inside};

/// The file in which an export keeps the runs that a trace was linked to afterwards, one a line; MLflow's folders have no
/// place for them.
const LINKS: &str = "linked_runs";

/// The names of the traces in the folder of an experiment.
pub(crate) fn ids(experiment: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(experiment.join("traces"))
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<String> = entries
        .filter(|entry| entry.path().join("trace_info.yaml").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| stays_inside(name))
        .collect();
    found.sort();
    found
}

/// One trace with its spans and assessments; `None` when it cannot be read, which is noted.
pub(crate) fn whole(experiment: &Path, id: &str, left_out: &mut Vec<LeftOut>) -> Option<SourceTrace> {
    let at = experiment.join("traces").join(id);
    let read = yaml(&at.join("trace_info.yaml"));
    let mut told = match read.and_then(|told| match told.is_object() {
        true => Ok(told),
        false => Err("it holds no fields".into()),
    }) {
        Ok(told) => told,
        Err(why) => {
            left_out.push(LeftOut::new(
                at.join("trace_info.yaml").display().to_string(),
                why,
            ));
            return None;
        }
    };
    let tags = texts(&at.join("tags"), left_out);
    if let Some(ms) = told["execution_duration_ms"].as_i64() {
        told["execution_duration"] = duration(ms).into();
    }
    told["trace_id"] = id.into();
    told["trace_metadata"] = json!(texts(&at.join("request_metadata"), left_out));
    let mut assessments: Vec<Value> = Vec::new();
    for entry in std::fs::read_dir(at.join("assessments"))
        .into_iter()
        .flatten()
        .flatten()
    {
        match yaml(&entry.path()) {
            Ok(assessment) => assessments.push(assessment),
            Err(why) => left_out.push(LeftOut::new(entry.path().display().to_string(), why)),
        }
    }
    assessments.sort_by_key(|assessment| assessment["create_time"].to_string());
    told["assessments"] = assessments.into();
    let uri = tags.get("mlflow.artifactLocation").cloned().unwrap_or_default();
    told["tags"] = json!(tags);
    let artifacts = folder(&uri, id, experiment).unwrap_or_else(|| at.join("artifacts"));
    let spans = match std::fs::read(artifacts.join("traces.json")) {
        Ok(bytes) => {
            let mut data: Value = serde_json::from_slice(&bytes).unwrap_or_default();
            let spans = data.get_mut("spans").and_then(Value::as_array_mut);
            spans.map(std::mem::take).unwrap_or_default()
        }
        Err(error) => {
            let what = format!("the spans of trace {id}");
            left_out.push(LeftOut::new(
                what,
                format!("{}: {error}", artifacts.join("traces.json").display()),
            ));
            Vec::new()
        }
    };
    Some(SourceTrace {
        info: info(told),
        spans,
        runs: std::fs::read_to_string(at.join(LINKS))
            .map(|text| text.lines().map(str::to_owned).collect())
            .unwrap_or_default(),
    })
}

fn yaml(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_yaml_ng::from_str(&text).map_err(|error| error.to_string())
}
