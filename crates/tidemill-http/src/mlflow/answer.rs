//! Answers as MLflow's server writes them: JSON, two spaces deep.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::MlflowError;

/// What a handler of MLflow's surface gives back.
pub(super) type Result<T> = std::result::Result<Answer<T>, MlflowError>;

/// A body on its way to a client of MLflow's surface.
#[derive(Debug)]
pub(super) struct Answer<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string_pretty(&self.0) {
            Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
            Err(error) => MlflowError::from(tidemill_app::Error::internal(error)).into_response(),
        }
    }
}
