//! `GET logged-models/{model_id}/artifacts/files`: a file of a logged model.

use std::collections::HashMap;

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use tidemill_api::mlflow::artifact::GetLoggedModelArtifact;
use tidemill_api::mlflow::{ErrorCode, read_query};
use tidemill_app::artifact;

use super::download::download;
use crate::mlflow::call::{Place, pairs};
use crate::mlflow::error::MlflowError;

pub(super) async fn get_model_artifact(
    place: Place,
    Path(named): Path<HashMap<String, String>>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, MlflowError> {
    let GetLoggedModelArtifact { artifact_file_path } = read_query(pairs(uri.query().unwrap_or_default()))
        .map_err(|_| {
            MlflowError::new(
                ErrorCode::BadRequest,
                "Request must include the \"artifact_file_path\" query parameter.",
            )
        })?;
    let model = named.get("model_id").map_or("", String::as_str);
    let path =
        artifact::path_in_logged_model(&place.ctx, &place.workspace, model, &artifact_file_path).await?;
    download(&place.ctx, &place.workspace, &path, &headers).await
}
