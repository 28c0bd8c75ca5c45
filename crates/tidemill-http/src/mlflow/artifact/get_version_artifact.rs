//! `GET /model-versions/get-artifact`: a file of a registered version.

use axum::http::HeaderMap;
use axum::response::Response;
use tidemill_api::mlflow::artifact::GetModelVersionArtifact;
use tidemill_api::mlflow::read_query;

use super::download::download;
use crate::mlflow::call::{Place, pairs};
use crate::mlflow::error::MlflowError;

pub(super) async fn get_version_artifact(
    place: Place,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, MlflowError> {
    let GetModelVersionArtifact { name, version, path } =
        read_query(pairs(uri.query().unwrap_or_default())).map_err(MlflowError::invalid)?;
    let path = format!("models/{name}/{version}/{path}");
    download(&place.ctx, &place.workspace, &path, &headers).await
}
