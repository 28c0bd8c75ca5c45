//! Python workers: warm processes that each answer one question at a time over a Unix socket.
//!
//! The [`Pool`] keeps who waits in a bounded line, gives each worker its next question ahead, and starts anew what dies.

mod frame;
mod line;
mod pool;
mod process;
mod source;

pub use frame::{Ask, Kind, Reply};
pub use pool::{Pool, Refused};
pub use process::Facts;

/// What workers are told when they start.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Settings {
    /// `script` or `mlflow`.
    pub kind: &'static str,
    /// The scoring script.
    pub entry_script: Option<std::path::PathBuf>,
    /// `AML_APP_ROOT`.
    pub app_root: std::path::PathBuf,
    /// Further folders to import from.
    pub path: Vec<std::path::PathBuf>,
    /// `AZUREML_MODEL_DIR`.
    pub model_dir: Option<std::path::PathBuf>,
    /// Bytes of an answer at most.
    pub answer_limit: u64,
    /// Whether log lines name the request.
    pub request_ids: bool,
    /// The server's process.
    pub parent: u32,
}
