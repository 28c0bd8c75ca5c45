//! The real `mlflow` client of Python against a running server: each script is a conversation and asserts by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tidemill_testkit::TestServer;

/// The Python of the test tools, with `mlflow` 3.18, scikit-learn, LightGBM and XGBoost; installed when it isn't there.
fn python() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let done = Command::new("sh")
        .arg(&script)
        .args(["mlflow", "mlflow-boosters"])
        .status()
        .expect("scripts/test-tools.sh can be run");
    assert!(
        done.success(),
        "scripts/test-tools.sh mlflow mlflow-boosters failed: its output says why"
    );
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").unwrap_or_else(|| {
        variable("HOME")
            .expect("HOME is set, for the cache of test tools")
            .join(".cache")
    });
    let tools = variable("TIDEMILL_TEST_TOOLS").unwrap_or_else(|| cache.join("tidemill/test-tools"));
    tools.join("mlflow/bin/python")
}

/// Runs a script next to this file with the server as its tracking URI; its output is shown when it fails.
async fn converse(script: &str, path: &str) {
    let python = tokio::task::spawn_blocking(python)
        .await
        .expect("the tools are installed");
    let server = TestServer::start_with(|options| {
        // The scripts listen on this machine.
        options.webhooks.allow_http = true;
        options.webhooks.allow_private = true;
    })
    .await;
    if let Some(workspace) = path.strip_prefix("/workspaces/") {
        server
            .client()
            .put(&format!("/api/v1/workspaces/{workspace}"), json!({}))
            .await
            .ok();
    }
    let work = tempfile::tempdir().expect("a temporary folder can be made");
    let run = tokio::process::Command::new(python)
        .args(["-W", "ignore"])
        .arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/mlflow")
                .join(script),
        )
        .current_dir(work.path())
        .env("MLFLOW_TRACKING_URI", format!("http://{}{path}", server.address))
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        // What a model needs is not asked here, and takes seconds to find out.
        .env("MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT", "1")
        .env("GIT_PYTHON_REFRESH", "quiet")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("MLFLOW_TRACKING_TOKEN")
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
async fn tracks_in_a_workspace_of_its_own() {
    converse("tracking.py", "/workspaces/team-a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_artifacts_and_models() {
    converse("models.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_what_lightgbm_xgboost_and_scikit_learn_log() {
    converse("boosters.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_traces_with_spans_and_assessments() {
    converse("traces.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_traces_of_a_workspace() {
    converse("traces.py", "/workspaces/team-a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_webhooks_links_artifacts_and_goes_back() {
    converse("registry.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_webhooks_of_a_workspace() {
    converse("registry.py", "/workspaces/team-a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_datasets_for_evaluating() {
    converse("datasets.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_scorers_and_counts_traces_that_go_together() {
    converse("scorers.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_scorers_of_a_workspace() {
    converse("scorers.py", "/workspaces/team-a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_issues_questions_and_queues_and_measures_traces() {
    converse("reviews.py", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_reviews_of_a_workspace() {
    converse("reviews.py", "/workspaces/team-a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn is_told_which_rule_a_run_breaks() {
    converse("policy.py", "").await;
}
