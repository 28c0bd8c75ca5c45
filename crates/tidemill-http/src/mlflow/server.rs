//! What the server says of itself to MLflow's clients.

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::Server;

/// The version of MLflow whose API this is.
const VERSION: &str = "3.18.0";

/// `/version`
pub(super) fn router() -> Router<Server> {
    Router::new().route("/version", get(version))
}

/// `/server-info`
pub(super) fn info() -> Router<Server> {
    Router::new()
        .route("/server-info", get(server_info))
        .route("/gateway-proxy", get(no_gateway).post(no_gateway))
        .route("/ui-telemetry", get(no_telemetry).post(nothing_collected))
}

/// There is no gateway to models, as in an MLflow server that has none: it has no endpoints.
async fn no_gateway() -> Answer<Value> {
    Answer(json!({ "endpoints": [] }))
}

/// What people do on a page is not collected.
async fn no_telemetry() -> Answer<Value> {
    Answer(json!({ "disable_ui_telemetry": true, "disable_ui_events": [], "ui_rollout_percentage": 0 }))
}

/// What a page sends all the same is thrown away.
async fn nothing_collected() -> Answer<Value> {
    Answer(json!({ "status": "disabled" }))
}

/// `/health`, where a workspace is the tracking URI; at the root it belongs to those who run the server.
pub(super) fn health() -> Router<Server> {
    Router::new().route("/health", get(async || "OK"))
}

async fn version() -> &'static str {
    VERSION
}

/// Which parts of MLflow there are here.
async fn server_info() -> Answer<Value> {
    Answer(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": true,
        "trace_archival_enabled": false,
        "multipart_uploads_enabled": false,
        "multipart_downloads_enabled": false,
        "artifact_serving_enabled": true,
        "presigned_upload_run_id_supported": true,
        "presigned_upload_model_id_supported": true,
        "features_enabled": { "gateway": false, "scheduled_issue_detection": false },
        "tracking_auth": "",
        "artifacts_presigned_only": false,
    }))
}
