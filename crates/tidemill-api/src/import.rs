//! Tracking data that comes from elsewhere with its ids, numbers and times: what an import sends, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Texts by key.
pub type Texts = BTreeMap<String, String>;

/// The tag of a run or logged model whose import has begun and not ended.
pub const UNFINISHED_TAG: &str = "tidemill.import.unfinished";

/// An experiment of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportExperiment {
    /// Its name; it gets the next id here, or is merged into the one that has the name.
    pub name: String,
    /// Tags.
    #[serde(default)]
    pub tags: Texts,
    /// Deleted, and may be restored.
    #[serde(default)]
    pub deleted: bool,
    /// UTC milliseconds.
    #[serde(default)]
    pub created_at: i64,
    /// UTC milliseconds.
    #[serde(default)]
    pub updated_at: i64,
}

/// A dataset that a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportDataset {
    /// Its name.
    pub name: String,
    /// What its content hashes to.
    pub digest: String,
    /// Such as `local`.
    pub source_type: String,
    /// JSON that tells how to get it.
    pub source: String,
    /// JSON of its columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// JSON of its counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Tags of the use, such as `mlflow.data.context`.
    #[serde(default)]
    pub tags: Texts,
}

/// A logged model that a run read or made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportRunModel {
    /// Which one.
    pub model_id: String,
    /// At which step.
    #[serde(default)]
    pub step: i64,
}

/// A run of the source, without its points and files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportRun {
    /// Its id, which it keeps.
    pub run_id: String,
    /// The name of its experiment, which is there already.
    pub experiment: String,
    /// As people call it.
    #[serde(default)]
    pub name: String,
    /// Who started it.
    #[serde(default)]
    pub user: String,
    /// `RUNNING`, `SCHEDULED`, `FINISHED`, `FAILED` or `KILLED`.
    pub status: String,
    /// UTC milliseconds.
    #[serde(default)]
    pub started_at: i64,
    /// UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// Deleted, and may be restored.
    #[serde(default)]
    pub deleted: bool,
    /// UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Tags.
    #[serde(default)]
    pub tags: Texts,
    /// Parameters.
    #[serde(default)]
    pub params: Texts,
    /// Datasets that it read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<ImportDataset>,
    /// Logged models that it read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model_inputs: Vec<ImportRunModel>,
    /// Logged models that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model_outputs: Vec<ImportRunModel>,
}

/// Points of one metric of a run: three columns of the same length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportSeries {
    /// The run.
    pub run_id: String,
    /// The metric.
    pub key: String,
    /// UTC milliseconds.
    pub timestamps: Vec<i64>,
    /// Steps.
    pub steps: Vec<i64>,
    /// Values as texts, which name a number to its last bit: `0.1`, `NaN`, `inf`, `-inf`.
    #[serde(with = "exact")]
    #[schema(value_type = Vec<String>)]
    pub values: Vec<f64>,
}

/// A point that says something about a logged model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportModelPoint {
    /// The metric.
    pub key: String,
    /// The run that measured it.
    pub run_id: String,
    /// UTC milliseconds.
    pub timestamp: i64,
    /// The step.
    #[serde(default)]
    pub step: i64,
    /// The value, as a text.
    #[serde(with = "exact_one")]
    #[schema(value_type = String)]
    pub value: f64,
    /// The dataset that it was measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// The digest of that dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
}

/// A logged model of the source, without its files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportLoggedModel {
    /// Its id, which it keeps.
    pub model_id: String,
    /// The name of its experiment, which is there already.
    pub experiment: String,
    /// As people call it.
    pub name: String,
    /// `PENDING`, `READY`, `FAILED` or `UNSPECIFIED`.
    pub status: String,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Such as `Classifier`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_type: Option<String>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<String>,
    /// Deleted.
    #[serde(default)]
    pub deleted: bool,
    /// UTC milliseconds.
    #[serde(default)]
    pub created_at: i64,
    /// UTC milliseconds.
    #[serde(default)]
    pub updated_at: i64,
    /// Tags.
    #[serde(default)]
    pub tags: Texts,
    /// Parameters.
    #[serde(default)]
    pub params: Texts,
    /// Points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<ImportModelPoint>,
}

/// A registered model of the source, with all its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportModel {
    /// Its name; it is merged into the one that has it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// UTC milliseconds.
    #[serde(default)]
    pub created_at: i64,
    /// UTC milliseconds.
    #[serde(default)]
    pub updated_at: i64,
    /// Tags.
    #[serde(default)]
    pub tags: Texts,
    /// Versions by alias.
    #[serde(default)]
    pub aliases: BTreeMap<String, i64>,
    /// Versions.
    #[serde(default)]
    pub versions: Vec<ImportModelVersion>,
}

/// A version of a registered model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportModelVersion {
    /// Its number, which it keeps.
    pub version: i64,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who registered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `None`, `Staging`, `Production`, `Archived`; `Deleted_Internal` keeps a number from being given again.
    #[serde(default)]
    pub stage: String,
    /// Where it came from, as it was given.
    #[serde(default)]
    pub source: String,
    /// Where the source kept its files, when it says so. A run or logged model in it is looked up here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_location: Option<String>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// A link to the run on another server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_link: Option<String>,
    /// The logged model that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// `READY`, `PENDING_REGISTRATION` or `FAILED_REGISTRATION`.
    #[serde(default)]
    pub status: String,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// UTC milliseconds.
    #[serde(default)]
    pub created_at: i64,
    /// UTC milliseconds.
    #[serde(default)]
    pub updated_at: i64,
    /// Tags.
    #[serde(default)]
    pub tags: Texts,
}

/// A batch of experiments.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportExperiments {
    /// The experiments.
    pub experiments: Vec<ImportExperiment>,
}

/// A batch of runs. Each begins unfinished, takes its points and files, and is named in `finished` then.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportRuns {
    /// Runs that begin.
    #[serde(default)]
    pub runs: Vec<ImportRun>,
    /// Ids of runs whose points and files are all here.
    #[serde(default)]
    pub finished: Vec<String>,
}

/// A batch of points, of runs whose import has not ended.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportPoints {
    /// The series.
    pub series: Vec<ImportSeries>,
}

/// A batch of logged models. Each begins unfinished, takes its files, and is named in `finished` then.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportLoggedModels {
    /// Models that begin.
    #[serde(default)]
    pub logged_models: Vec<ImportLoggedModel>,
    /// Ids of models whose files are all here.
    #[serde(default)]
    pub finished: Vec<String>,
}

/// A batch of registered models.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct ImportModels {
    /// The models.
    pub models: Vec<ImportModel>,
}

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It is new here.
    Added,
    /// An import that broke off began it; it goes on.
    Resumed,
    /// What was missing was added to one that was there.
    Merged,
    /// It was there, and stays as it was.
    There,
    /// It breaks a rule; `why` says which.
    Refused,
}

/// What became of one thing, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Its name or id in the source.
    pub name: String,
    /// What became of it.
    pub outcome: ImportOutcome,
    /// Where its files belong in the artifact store, for a run or logged model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_path: Option<String>,
    /// Why it was refused, or what of it was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// What became of a batch, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportAnswer {
    /// One for each that was sent; for registered models one for each version too, as `name/version`.
    pub items: Vec<Imported>,
}

/// Numbers as texts.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(values: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|value| format!("{value:?}")))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let texts = Vec::<std::borrow::Cow<'de, str>>::deserialize(from)?;
        texts.iter().map(|text| super::number(text)).collect()
    }
}

/// A number as a text.
mod exact_one {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{value:?}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        super::number(&std::borrow::Cow::<'de, str>::deserialize(from)?)
    }
}

fn number<E: serde::de::Error>(text: &str) -> Result<f64, E> {
    text.parse()
        .map_err(|_| E::custom(format!("failed to read `{text}`: it is no number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_last_bit() {
        let values = vec![0.1, 1.0 / 3.0, 5e-324, f64::MAX, -0.0, f64::NAN, f64::INFINITY];
        let series = ImportSeries {
            timestamps: vec![0; values.len()],
            steps: vec![0; values.len()],
            values,
            ..ImportSeries::default()
        };
        let text = serde_json::to_string(&series).unwrap();
        let back: ImportSeries = serde_json::from_str(&text).unwrap();
        let bits = |series: &ImportSeries| series.values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back), bits(&series));
    }
}
