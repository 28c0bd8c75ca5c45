//! The types of MLflow's GraphQL that there are here, and how each field is told: what isn't set is told as empty, and
//! 64-bit numbers as texts.

/// What a field is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A 64-bit number, told as a text.
    Long,
    /// A number; `null` when it is not a number.
    Float,
    /// `true` or `false`.
    Flag,
    /// One of some words, this one when none is set.
    Word(&'static str, &'static str),
    /// A list of texts.
    Texts,
    /// An object.
    One(&'static Object),
    /// A list of objects.
    Many(&'static Object),
    /// An object that is never there.
    Never(&'static Object),
}

/// A type with fields.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) fields: &'static [(&'static str, Kind)],
}

impl Object {
    pub(super) fn field(&self, name: &str) -> Option<Kind> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }
}

impl Kind {
    /// As messages print the type.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Text => "String".to_owned(),
            Self::Long => "LongString".to_owned(),
            Self::Float => "Float".to_owned(),
            Self::Flag => "Boolean".to_owned(),
            Self::Word(name, _) => name.to_owned(),
            Self::Texts => "[String]".to_owned(),
            Self::One(object) | Self::Never(object) => object.name.to_owned(),
            Self::Many(object) => format!("[{}!]", object.name),
        }
    }

    pub(super) fn object(self) -> Option<&'static Object> {
        match self {
            Self::One(object) | Self::Many(object) | Self::Never(object) => Some(object),
            _ => None,
        }
    }
}

macro_rules! object {
    ($id:ident = $name:literal { $($field:literal: $kind:expr),* $(,)? }) => {
        static $id: Object = Object {
            name: $name,
            fields: &[$(($field, $kind)),*],
        };
    };
}

use Kind::{Flag, Float, Long, Many, Never, One, Text, Texts, Word};

object!(API_ERROR = "ApiError" { "code": Text, "message": Text, "helpUrl": Text, "traceId": Text });
object!(PAIR = "MlflowRunTag" { "key": Text, "value": Text });
object!(PARAM = "MlflowParam" { "key": Text, "value": Text });
object!(EXPERIMENT_TAG = "MlflowExperimentTag" { "key": Text, "value": Text });
object!(VERSION_TAG = "MlflowModelVersionTag" { "key": Text, "value": Text });
object!(INPUT_TAG = "MlflowInputTag" { "key": Text, "value": Text });
object!(TEST = "Test" { "output": Text });
object!(TEST_MUTATION = "TestMutation" { "output": Text });
object!(METRIC = "MlflowMetricExtension" {
    "key": Text, "value": Float, "timestamp": Long, "step": Long, "datasetName": Text, "datasetDigest": Text,
    "modelId": Text, "runId": Text,
});
object!(METRIC_OF_RUN = "MlflowMetricWithRunId" {
    "key": Text, "value": Float, "timestamp": Long, "step": Long, "runId": Text,
});
object!(RUN_DATA = "MlflowRunData" { "metrics": Many(&METRIC), "params": Many(&PARAM), "tags": Many(&PAIR) });
object!(RUN_INFO = "MlflowRunInfo" {
    "runId": Text, "runUuid": Text, "runName": Text, "experimentId": Text, "userId": Text,
    "status": Word("MlflowRunStatus", "RUNNING"), "startTime": Long, "endTime": Long, "artifactUri": Text,
    "lifecycleStage": Text,
});
object!(DATASET = "MlflowDataset" {
    "name": Text, "digest": Text, "sourceType": Text, "source": Text, "schema": Text, "profile": Text,
});
object!(DATASET_INPUT = "MlflowDatasetInput" { "tags": Many(&INPUT_TAG), "dataset": One(&DATASET) });
object!(MODEL_INPUT = "MlflowModelInput" { "modelId": Text });
object!(RUN_INPUTS = "MlflowRunInputs" { "datasetInputs": Many(&DATASET_INPUT), "modelInputs": Many(&MODEL_INPUT) });
object!(MODEL_OUTPUT = "MlflowModelOutput" { "modelId": Text, "step": Long });
object!(RUN_OUTPUTS = "MlflowRunOutputs" { "modelOutputs": Many(&MODEL_OUTPUT) });
object!(EXPERIMENT = "MlflowExperiment" {
    "experimentId": Text, "name": Text, "artifactLocation": Text, "lifecycleStage": Text, "lastUpdateTime": Long,
    "creationTime": Long, "tags": Many(&EXPERIMENT_TAG), "workspace": Text, "effectiveTraceArchivalRetention": Text,
});
object!(MODEL_VERSION = "MlflowModelVersion" {
    "name": Text, "version": Text, "creationTimestamp": Long, "lastUpdatedTimestamp": Long, "userId": Text,
    "currentStage": Text, "description": Text, "source": Text, "runId": Text,
    "status": Word("MlflowModelVersionStatus", "PENDING_REGISTRATION"), "statusMessage": Text,
    "tags": Many(&VERSION_TAG), "runLink": Text, "aliases": Texts, "modelId": Text,
});
object!(RUN = "MlflowRunExtension" {
    "info": One(&RUN_INFO), "data": One(&RUN_DATA), "inputs": One(&RUN_INPUTS), "outputs": One(&RUN_OUTPUTS),
    "experiment": One(&EXPERIMENT), "modelVersions": Many(&MODEL_VERSION),
});
object!(FILE = "MlflowFileInfo" { "path": Text, "isDir": Flag, "fileSize": Long });
object!(DATASET_SUMMARY = "MlflowDatasetSummary" { "experimentId": Text, "name": Text, "digest": Text, "context": Text });
object!(GET_EXPERIMENT = "MlflowGetExperimentResponse" { "experiment": One(&EXPERIMENT), "apiError": Never(&API_ERROR) });
object!(GET_RUN = "MlflowGetRunResponse" { "run": One(&RUN), "apiError": Never(&API_ERROR) });
object!(SEARCH_RUNS = "MlflowSearchRunsResponse" {
    "runs": Many(&RUN), "nextPageToken": Text, "apiError": Never(&API_ERROR),
});
object!(INTERVAL = "MlflowGetMetricHistoryBulkIntervalResponse" {
    "metrics": Many(&METRIC_OF_RUN), "apiError": Never(&API_ERROR),
});
object!(LIST_ARTIFACTS = "MlflowListArtifactsResponse" {
    "rootUri": Text, "files": Many(&FILE), "nextPageToken": Text, "apiError": Never(&API_ERROR),
});
object!(SEARCH_VERSIONS = "MlflowSearchModelVersionsResponse" {
    "modelVersions": Many(&MODEL_VERSION), "nextPageToken": Text, "apiError": Never(&API_ERROR),
});
object!(SEARCH_DATASETS = "MlflowSearchDatasetsResponse" {
    "datasetSummaries": Many(&DATASET_SUMMARY), "apiError": Never(&API_ERROR),
});
object!(QUERY = "Query" {
    "mlflowGetExperiment": One(&GET_EXPERIMENT), "mlflowGetMetricHistoryBulkInterval": One(&INTERVAL),
    "mlflowGetRun": One(&GET_RUN), "mlflowListArtifacts": One(&LIST_ARTIFACTS),
    "mlflowSearchModelVersions": One(&SEARCH_VERSIONS), "mlflowSearchRuns": One(&SEARCH_RUNS), "test": One(&TEST),
});
object!(MUTATION = "Mutation" {
    "mlflowSearchDatasets": One(&SEARCH_DATASETS), "mlflowSearchRuns": One(&SEARCH_RUNS),
    "testMutation": Never(&TEST_MUTATION),
});

/// What an operation of this kind may ask.
pub(super) fn root(kind: &str) -> Option<&'static Object> {
    match kind {
        "query" => Some(&QUERY),
        "mutation" => Some(&MUTATION),
        _ => None,
    }
}

/// The argument of a field of the root.
pub(super) fn argument(field: &str) -> &'static str {
    match field {
        "test" | "testMutation" => "inputString",
        _ => "input",
    }
}
