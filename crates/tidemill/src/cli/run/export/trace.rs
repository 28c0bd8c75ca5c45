//! A trace in an `mlruns` folder, as MLflow's file store keeps it.

use std::path::PathBuf;

use serde_json::{Value, json};
use tidemill_import::{SourceTrace, stays_inside};

use super::folder::{Folder, failed, make, write};
use crate::error::Result;

/// Tags that say where the server keeps something, which the folder says itself.
const OF_THE_SERVER: [&str; 2] = ["mlflow.artifactLocation", "mlflow.trace.spansLocation"];

impl Folder {
    /// Whether a trace is there, whole.
    pub(super) fn has_trace(&self, experiment: &str, id: &str) -> bool {
        self.trace_at(experiment, id).join("trace_info.yaml").is_file()
    }

    fn trace_at(&self, experiment: &str, id: &str) -> PathBuf {
        self.root.join(experiment).join("traces").join(id)
    }

    /// Writes a trace with its tags, metadata, assessments and spans.
    pub(super) fn trace(&mut self, experiment: &str, trace: &SourceTrace) -> Result<()> {
        let id = trace.id().to_owned();
        if !stays_inside(&id) || id.contains('/') {
            self.leave(format!("trace {id}"), "its id is no name of a folder");
            return Ok(());
        }
        let (at, to) = (self.empty()?, self.trace_at(experiment, &id));
        for (part, field) in [("tags", "tags"), ("request_metadata", "trace_metadata")] {
            make(&at.join(part))?;
            for (key, value) in trace.info[field].as_object().into_iter().flatten() {
                if !OF_THE_SERVER.contains(&key.as_str()) {
                    self.keyed(&at.join(part), &id, key, value.as_str().unwrap_or_default())?;
                }
            }
        }
        let artifacts = to.join("artifacts");
        write(&at.join("tags").join(OF_THE_SERVER[0]), &self.uri(&artifacts))?;
        for assessment in trace.info["assessments"].as_array().into_iter().flatten() {
            let name = assessment["assessment_id"].as_str().unwrap_or_default();
            if stays_inside(name) {
                let file = at.join("assessments").join(format!("{name}.yaml"));
                write(&file, &yaml(assessment))?;
            }
        }
        if !trace.runs.is_empty() {
            write(&at.join("linked_runs"), &(trace.runs.join("\n") + "\n"))?;
        }
        let spans = json!({ "spans": trace.spans });
        write(&at.join("artifacts").join("traces.json"), &spans.to_string())?;
        write(&at.join("trace_info.yaml"), &yaml(&info(experiment, trace)))?;
        make(to.parent().unwrap_or(&to))?;
        std::fs::rename(&at, &to).map_err(|error| failed("write", &to, &error))
    }
}

/// What stands in `trace_info.yaml`.
fn info(experiment: &str, trace: &SourceTrace) -> Value {
    let mut info = trace.info.clone();
    if let Some(fields) = info.as_object_mut() {
        for elsewhere in ["tags", "trace_metadata", "assessments", "execution_duration"] {
            fields.remove(elsewhere);
        }
    }
    info["trace_location"] =
        json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment } });
    let took = trace.info["execution_duration"].as_str();
    let seconds = took.and_then(|text| text.trim_end_matches('s').parse::<f64>().ok());
    if let Some(seconds) = seconds {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a trace")]
        let ms = (seconds * 1000.0).round() as i64;
        info["execution_duration_ms"] = ms.into();
    }
    info
}

/// JSON is YAML, too, and leaves no doubt that a time is a text.
fn yaml(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_files_of_its_own_does_not_stand_in_the_info() {
        let trace = SourceTrace {
            info: json!({
                "trace_id": "tr-1", "state": "OK", "execution_duration": "1.050s", "tags": { "a": "b" },
                "trace_metadata": {}, "assessments": [],
            }),
            ..SourceTrace::default()
        };
        let written = info("7", &trace);
        assert_eq!(written["execution_duration_ms"], 1050);
        assert_eq!(
            written["trace_location"]["mlflow_experiment"]["experiment_id"],
            "7"
        );
        assert!(written.get("tags").is_none() && written.get("execution_duration").is_none());
    }
}
