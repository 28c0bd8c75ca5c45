//! `GET mlflow-artifacts/artifacts/{path}`: a file, or a range of it.

use axum::http::HeaderMap;
use axum::response::Response;

use super::download::download;
use crate::mlflow::call::Place;
use crate::mlflow::error::MlflowError;

pub(super) async fn get_file(place: Place, headers: HeaderMap) -> Result<Response, MlflowError> {
    download(&place.ctx, &place.workspace, place.path("path"), &headers).await
}
