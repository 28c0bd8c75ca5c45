//! `POST upload-artifact`: a small file of a run, as pages upload it.

use axum::body::Bytes;
use axum::http::StatusCode;
use futures::StreamExt;
use tidemill_api::mlflow::rule::artifact_path;
use tidemill_app::artifact;

use crate::mlflow::call::{Place, pairs};
use crate::mlflow::error::MlflowError;

/// The most bytes of a file.
const MOST: usize = 10 << 20;

pub(super) async fn upload(
    place: Place,
    uri: axum::http::Uri,
    body: Bytes,
) -> Result<(StatusCode, [(&'static str, &'static str); 1]), MlflowError> {
    let pairs = pairs(uri.query().unwrap_or_default());
    let asked = |name: &str| {
        let found = pairs.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    };
    let run_id = asked("run_id").or_else(|| asked("run_uuid"));
    let run_id = run_id.ok_or_else(|| MlflowError::invalid("Request must specify run_id or run_uuid."))?;
    let path = asked("path").ok_or_else(|| MlflowError::invalid("Request must specify path."))?;
    let path = artifact_path(path).map_err(|broken| MlflowError::invalid(broken.0))?;
    if body.is_empty() {
        return Err(MlflowError::invalid("Request must specify data."));
    }
    if body.len() > MOST {
        return Err(MlflowError::invalid(
            "Artifact size is too large. Max size is 10MB.",
        ));
    }
    let Place { ctx, workspace, .. } = &place;
    let path = artifact::path_in_run(ctx, workspace, run_id, &path).await?;
    let bytes = futures::stream::once(async { Ok(body) }).boxed();
    artifact::put(ctx, workspace, &path, bytes).await?;
    Ok((StatusCode::OK, [("content-type", "application/json")]))
}
