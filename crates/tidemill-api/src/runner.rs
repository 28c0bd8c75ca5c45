//! What a runner and the server say to each other about one job. A runner knows its job by its token alone.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `GET /api/v1/runner/assignment` | – | [`Assignment`] |
//! | `POST /api/v1/runner/progress` | [`Progress`] | [`Orders`] |
//! | `POST /api/v1/runner/heartbeat` | – | [`Orders`] |
//! | `POST /api/v1/runner/logs?file=F&offset=N` | raw bytes, at most [`LOG_CHUNK_BYTES`] | [`LogAck`] |
//! | `POST /api/v1/runner/environment` | [`EnvironmentReport`] | [`Orders`] |
//! | `POST /api/v1/runner/finish` | [`Finish`] | – |
//!
//! Each call carries `Authorization: Bearer <token>`. Every POST may be repeated: the server takes the second as done.
//! A 409 answer means that another attempt owns the job now: the runner kills what it started and leaves.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The most bytes that one log call may carry.
pub const LOG_CHUNK_BYTES: usize = 1 << 20;
/// How often a runner says that it lives, in seconds.
pub const HEARTBEAT_S: u64 = 5;
/// How long a runner goes on trying to reach a server that is away before it stops its job, in seconds.
pub const SERVER_AWAY_S: u64 = 24 * 3600;

/// All that a runner must know to run one job: every reference is resolved, every expression still in its template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assignment {
    /// Workspace of the job.
    pub workspace: String,
    /// Name of the job, which is also its run id.
    pub job: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The command as written, with `${{inputs.x}}`, `${{outputs.y}}` and `$[[…]]`.
    pub command: String,
    /// The tree of the code, when the job has code.
    pub code: Option<CodeTree>,
    /// Inputs by name. An optional input without a value is absent.
    #[schema(value_type = Object)]
    pub inputs: IndexMap<String, Input>,
    /// Outputs by name.
    #[schema(value_type = Object)]
    pub outputs: IndexMap<String, Output>,
    /// Environment to run in.
    pub environment: EnvironmentAssignment,
    /// Variables of the job: the platform's first, the user's after them (theirs win).
    #[schema(value_type = Object)]
    pub environment_variables: IndexMap<String, String>,
    /// How many processes, and of what kind.
    pub distribution: Option<Distribution>,
    /// Nodes that the job asked for.
    pub instance_count: u32,
    /// Limits that the runner enforces.
    pub limits: Limits,
    /// Where content-addressed trees are kept, as a datastore configuration (`tidemill_objects::DatastoreConfig`).
    #[schema(value_type = Object)]
    pub trees: Value,
    /// Datastore configurations by name, for those that inputs and outputs use.
    #[schema(value_type = Object)]
    pub datastores: IndexMap<String, Value>,
    /// Where artifacts of the run go: a datastore configuration, rooted at the run's own artifact folder.
    #[schema(value_type = Object)]
    pub artifacts: Value,
    /// Graphics cards given to this job, by index.
    pub gpus: Vec<u32>,
    /// Values that must not be seen in its logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
}

/// Code of a job: a content-addressed tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodeTree {
    /// Digest of the tree, in hex.
    pub tree: String,
}

/// One input, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// A literal: its text goes into the command.
    Literal {
        /// The text.
        value: String,
    },
    /// Files: a folder or a single file.
    Data {
        /// `uri_file`, `uri_folder`, `mltable`, `mlflow_model`, `custom_model` or `triton_model`.
        r#type: String,
        /// `ro_mount`, `download`, `direct`, `eval_mount` or `eval_download`.
        mode: String,
        /// Where the bytes are.
        source: Source,
        /// The exact bytes expected, when they are known: a tree digest whose manifest the server keeps.
        manifest: Option<String>,
    },
}

/// Where the bytes of an input are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "at", rename_all = "snake_case")]
pub enum Source {
    /// A content-addressed tree, or a path inside it.
    Tree {
        /// Digest of the tree, in hex.
        tree: String,
        /// Path inside it; empty means all of it.
        path: String,
    },
    /// A path of a datastore.
    Datastore {
        /// Name, a key of [`Assignment::datastores`].
        datastore: String,
        /// Path in it; empty means its root.
        path: String,
    },
    /// A public address.
    Url {
        /// `http://` or `https://`.
        url: String,
    },
    /// A path of the machine where the runner is, for a `uri_mirrors` folder or a folder given as such.
    Local {
        /// Absolute path.
        path: String,
    },
}

/// One output: where it must end up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Output {
    /// `uri_file`, `uri_folder`, `mltable`, `mlflow_model`, `custom_model` or `triton_model`.
    pub r#type: String,
    /// `rw_mount`, `mount`, `upload` or `direct`.
    pub mode: String,
    /// Name, a key of [`Assignment::datastores`]; `None` for the run's artifact root (the output called `artifacts`).
    pub datastore: Option<String>,
    /// Path in the datastore. For a folder without a trailing slash.
    pub path: String,
    /// True when the server wants the manifest of what was written (always so today).
    pub manifest: bool,
}

/// The environment to prepare, as `tidemill_env::EnvironmentRequest` in JSON, or none: the plain Python of the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EnvironmentAssignment {
    /// Name and version for people, such as `sklearn-1.5:1`.
    pub name: Option<String>,
    /// The request; its `policy` is `exact` or `relaxed`.
    #[schema(value_type = Object)]
    pub request: Value,
    /// A build context to materialise first, when the request has one: a tree digest.
    pub build_context: Option<String>,
}

/// How a command is started more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Distribution {
    /// `MASTER_ADDR`, `MASTER_PORT`, `WORLD_SIZE`, `NODE_RANK`, `RANK`, `LOCAL_RANK`.
    Pytorch {
        /// Processes on each node.
        process_count_per_instance: u32,
    },
    /// `TF_CONFIG`.
    Tensorflow {
        /// Workers in all.
        worker_count: u32,
        /// Parameter servers in all.
        parameter_server_count: u32,
    },
    /// `OMPI_COMM_WORLD_*`, `AZ_BATCH_MASTER_NODE`.
    Mpi {
        /// Processes on each node.
        process_count_per_instance: u32,
    },
}

/// Limits of one job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// Wall time of the command, in seconds.
    pub timeout_s: Option<u64>,
    /// Memory of all its processes together, in bytes.
    pub memory_bytes: Option<u64>,
    /// Cores.
    pub cores: Option<u32>,
    /// Time between TERM and KILL, in seconds.
    pub grace_s: u64,
}

/// Where a runner is with its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Progress {
    /// Preparing: environment and inputs. `message` says what it does now, for people.
    Preparing {
        /// Such as `installing 12 of 48 packages`.
        message: String,
    },
    /// The command has been started.
    Running,
    /// The command has ended; outputs are being written.
    Finalizing {
        /// Such as `uploading output model`.
        message: String,
    },
}

/// What the server wants of the runner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Orders {
    /// Stop: TERM to the command, KILL after the grace time, then finish as cancelled.
    pub cancel: bool,
}

/// What a log call brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogAck {
    /// Offset at which the next chunk starts: what the server has.
    pub next_offset: u64,
}

/// The environment that was prepared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EnvironmentReport {
    /// Digest of the lock, in hex.
    pub digest: String,
    /// The lock, for the run's page and for an exact rebuild.
    #[schema(value_type = Object)]
    pub lock: Value,
    /// What the `relaxed` policy changed, a line each.
    pub changes: Vec<String>,
    /// True when a built prefix was found.
    pub reused: bool,
    /// Time it took, in milliseconds.
    pub took_ms: u64,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finish {
    /// The outcome.
    pub outcome: Outcome,
    /// Exit code of the command, when it ran to an end. 128 + n for signal n.
    pub exit_code: Option<i32>,
    /// Why it failed or was cancelled, for people: names the thing and the next step.
    pub reason: Option<String>,
    /// Outputs written, by name (also of a failed job, as far as they came).
    #[schema(value_type = Object)]
    pub outputs: IndexMap<String, OutputReport>,
    /// Things worth a line on the job: fields without effect here, processes that had to be killed.
    pub warnings: Vec<String>,
}

/// How a job can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Exit code 0 and outputs written.
    Completed,
    /// Anything else.
    Failed,
    /// It was told to stop.
    Canceled,
}

/// One output as it stands after the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputReport {
    /// Digest of its manifest, in hex.
    pub digest: String,
    /// The manifest: `tidemill_objects::Manifest::encode`, in base64.
    pub manifest: String,
    /// Bytes in all.
    pub size_bytes: u64,
    /// Files.
    pub files: u64,
}
