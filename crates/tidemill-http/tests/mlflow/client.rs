//! The real `mlflow` client of Python against a running server: each script is a conversation and asserts by itself.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tidemill_testkit::TestServer;

/// The Python of the test tools, with `mlflow` 3.18 and scikit-learn.
fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("TIDEMILL_TEST_MLFLOW_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache"));
    cache.join("tidemill/test-tools/mlflow/bin/python")
}

/// Runs a script next to this file with the server as its tracking URI; its output is shown when it fails.
async fn converse(script: &str, path: &str) {
    let python = python();
    assert!(
        python.exists(),
        "{} is missing: run scripts/test-tools.sh",
        python.display()
    );
    let server = TestServer::start().await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mlflow");
    let work = tempfile::tempdir().expect("a temporary folder can be made");
    let run = tokio::process::Command::new(&python)
        .arg(here.join(script))
        .current_dir(work.path())
        .env("MLFLOW_TRACKING_URI", format!("http://{}{path}", server.address))
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        .env("GIT_PYTHON_REFRESH", "quiet")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("Python starts");
    assert!(
        run.status.success(),
        "{script} failed\n{}\n{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tracks_runs_metrics_and_searches() {
    converse("tracking.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_artifacts_and_models() {
    converse("models.py", "").await;
}
