//! `GET /get-artifact`: a file of a run.

use axum::http::HeaderMap;
use axum::response::Response;
use tidemill_api::mlflow::artifact::GetArtifact;
use tidemill_api::mlflow::read_query;
use tidemill_app::artifact;

use super::download::download;
use crate::mlflow::call::{Place, pairs};
use crate::mlflow::error::MlflowError;

pub(super) async fn get_artifact(
    place: Place,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, MlflowError> {
    let GetArtifact { run_id, path } =
        read_query(pairs(uri.query().unwrap_or_default())).map_err(MlflowError::invalid)?;
    let path = artifact::path_in_run(&place.ctx, &place.workspace, &run_id, &path).await?;
    download(&place.ctx, &place.workspace, &path, &headers).await
}
