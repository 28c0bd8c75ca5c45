//! What MLflow keeps in the files of an `mlruns` folder.

use serde_json::{Value, json};
use tidemill_api::import::{
    ImportDataset, ImportLoggedModel, ImportModel, ImportModelPoint, ImportModelVersion, ImportRun,
    ImportSeries,
};
use tidemill_import::SourceExperiment;

/// The `meta.yaml` of an experiment.
pub(super) fn experiment(one: &SourceExperiment, artifacts: &str) -> String {
    yaml(&json!({
        "artifact_location": artifacts,
        "creation_time": one.experiment.created_at,
        "experiment_id": one.id,
        "last_update_time": one.experiment.updated_at,
        "lifecycle_stage": "active",
        "name": one.experiment.name,
    }))
}

/// The `meta.yaml` of a run.
pub(super) fn run(run: &ImportRun, experiment: &str, artifacts: &str) -> String {
    let status = match run.status.as_str() {
        "RUNNING" => 1,
        "SCHEDULED" => 2,
        "FAILED" => 4,
        "KILLED" => 5,
        _ => 3,
    };
    yaml(&json!({
        "artifact_uri": artifacts,
        "end_time": run.ended_at,
        "entry_point_name": "",
        "experiment_id": experiment,
        "lifecycle_stage": "active",
        "run_id": run.run_id,
        "run_name": run.name,
        "run_uuid": run.run_id,
        "source_name": "",
        "source_type": 4,
        "source_version": "",
        "start_time": run.started_at,
        "status": status,
        "tags": [],
        "user_id": run.user,
    }))
}

/// The `meta.yaml` of a logged model.
pub(super) fn logged_model(one: &ImportLoggedModel, experiment: &str, artifacts: &str) -> String {
    let status = match one.status.as_str() {
        "PENDING" => 1,
        "READY" => 2,
        "FAILED" => 3,
        _ => 0,
    };
    yaml(&json!({
        "artifact_location": artifacts,
        "creation_timestamp": one.created_at,
        "experiment_id": experiment,
        "last_updated_timestamp": one.updated_at,
        "lifecycle_stage": "active",
        "model_id": one.model_id,
        "model_type": one.model_type,
        "name": one.name,
        "source_run_id": one.source_run_id,
        "status": status,
        "status_message": one.status_message,
    }))
}

/// A point of a logged model: a line with time, value, step, run, and the dataset where there is one.
pub(super) fn model_point(one: &ImportModelPoint) -> String {
    let ImportModelPoint {
        key: _,
        timestamp,
        value,
        step,
        run_id,
        dataset_name,
        dataset_digest,
    } = one;
    let dataset = match (dataset_name, dataset_digest) {
        (Some(name), Some(digest)) => format!(" {name} {digest}"),
        _ => String::new(),
    };
    format!("{timestamp} {value:?} {step} {run_id}{dataset}\n")
}

/// The `meta.yaml` of a logged model that a run read.
pub(super) fn model_input(model: &str, run: &str) -> String {
    yaml(&json!({
        "destination_id": run,
        "destination_type": "RUN",
        "source_id": model,
        "source_type": "MODEL",
        "tags": {},
    }))
}

/// The `meta.yaml` of a logged model that a run made. MLflow takes `destination_id` for the model.
pub(super) fn model_output(model: &str, step: i64) -> String {
    yaml(&json!({
        "destination_id": model,
        "destination_type": "MODEL_OUTPUT",
        "source_id": model,
        "source_type": "RUN_OUTPUT",
        "step": step,
        "tags": {},
    }))
}

/// The `meta.yaml` of a registered model.
pub(super) fn model(one: &ImportModel) -> String {
    yaml(&json!({
        "creation_timestamp": one.created_at,
        "description": one.description,
        "last_updated_timestamp": one.updated_at,
        "name": one.name,
    }))
}

/// The `meta.yaml` of a version of a registered model, whose files are at `location`.
pub(super) fn version(model: &str, one: &ImportModelVersion, location: &str) -> String {
    let mut meta = json!({
        "creation_timestamp": one.created_at,
        "current_stage": one.stage,
        "description": one.description,
        "last_updated_timestamp": one.updated_at,
        "name": model,
        "run_id": one.run_id,
        "run_link": one.run_link,
        "source": one.source,
        "status": one.status,
        "status_message": one.status_message,
        "storage_location": location,
        "user_id": one.user,
        "version": one.version,
    });
    if let Some(id) = &one.model_id {
        meta["model_id"] = id.as_str().into();
    }
    yaml(&meta)
}

/// The `meta.yaml` of a dataset.
pub(super) fn dataset(one: &ImportDataset) -> String {
    yaml(&json!({
        "digest": one.digest,
        "name": one.name,
        "profile": one.profile,
        "schema": one.schema,
        "source": one.source,
        "source_type": one.source_type,
    }))
}

/// The `meta.yaml` of the use of a dataset.
pub(super) fn input(one: &ImportDataset, dataset: &str, run: &str) -> String {
    yaml(&json!({
        "destination_id": run,
        "destination_type": "RUN",
        "source_id": dataset,
        "source_type": "DATASET",
        "tags": one.tags,
    }))
}

/// The folder of a dataset: a name that only its content gives.
pub(super) fn dataset_id(one: &ImportDataset) -> String {
    digest(&format!("{}\n{}", one.name, one.digest))
}

/// The folder of the use of a dataset.
pub(super) fn input_id(dataset: &str, run: &str) -> String {
    digest(&format!("{dataset}\n{run}"))
}

/// A metric's file: a line for each point with time, value and step.
pub(super) fn points(series: &ImportSeries) -> String {
    let points = series.timestamps.iter().zip(&series.values).zip(&series.steps);
    points
        .map(|((time, value), step)| format!("{time} {value:?} {step}\n"))
        .collect()
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

fn yaml(value: &Value) -> String {
    serde_yaml_ng::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_written_to_its_last_bit() {
        let series = ImportSeries {
            timestamps: vec![5, 6],
            steps: vec![-1, 2],
            values: vec![1.0 / 11.0, f64::NAN],
            ..ImportSeries::default()
        };
        assert_eq!(points(&series), format!("5 {:?} -1\n6 NaN 2\n", 1.0_f64 / 11.0));
    }
}
