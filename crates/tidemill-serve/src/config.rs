//! What a server is told when it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use crate::oip::Batching;

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Model {
    /// A scoring script with `init()` and `run()`.
    Script {
        /// The file, absolute.
        entry_script: PathBuf,
    },
    /// A folder that MLflow wrote.
    Mlflow,
    /// An ONNX file, or a folder with one.
    Onnx {
        /// The file or folder.
        path: PathBuf,
    },
    /// A folder of ONNX models as Triton has them.
    Triton {
        /// The folder.
        folder: PathBuf,
    },
}

/// The Python that workers run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The interpreter.
    pub program: PathBuf,
    /// Environment variables of its environment, `PATH` among them.
    pub set: Vec<(String, String)>,
    /// Environment variables that it must not inherit.
    pub unset: Vec<String>,
}

/// What a server is told when it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// What it is called in metadata and logs.
    pub name: String,
    /// What is served.
    pub model: Model,
    /// `AZUREML_MODEL_DIR`.
    pub model_dir: Option<PathBuf>,
    /// `AML_APP_ROOT`: the folder of the code.
    pub app_root: PathBuf,
    /// Folder in which workers start.
    pub work_dir: PathBuf,
    /// Where Python is.
    pub python: Python,
    /// Worker processes; each works on one request at a time.
    pub workers: usize,
    /// Address for HTTP.
    pub listen: SocketAddr,
    /// Address for gRPC; none where nobody asks for it.
    pub grpc_listen: Option<SocketAddr>,
    /// A second address for HTTP, where probes ask. `HEALTH_PORT` in Azure's server.
    pub health_listen: Option<SocketAddr>,
    /// How requests of the Open Inference Protocol are put together; none where each is run by itself.
    pub batching: Option<Batching>,
    /// Requests that may wait for a worker; more are answered 429.
    pub max_queue: usize,
    /// How long `run()` may take. `SCORING_TIMEOUT_MS` in Azure's server.
    pub request_timeout: Duration,
    /// How long importing a script and its `init()` may take.
    pub start_timeout: Duration,
    /// How long a stop waits for requests that are on their way.
    pub drain_timeout: Duration,
    /// Bytes of a request's body at most.
    pub max_body_bytes: u64,
    /// Bytes of an answer at most.
    pub max_answer_bytes: u64,
    /// Whether to start workers anew when a file of the code changes.
    pub reload: bool,
    /// Whether log lines are those of Azure's server to the letter: without the ids of requests.
    pub plain_log: bool,
}
