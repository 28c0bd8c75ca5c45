//! `GET get-trace-artifact`: the file of a trace's spans, or something attached to them.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tidemill_api::mlflow::ErrorCode;
use tidemill_api::mlflow::rule::artifact_path;
use tidemill_app::{artifact, trace};

use crate::mlflow::artifact::download;
use crate::mlflow::call::{Place, pairs};
use crate::mlflow::error::MlflowError;

pub(super) async fn get_artifact(
    place: Place,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, MlflowError> {
    let pairs = pairs(uri.query().unwrap_or_default());
    let asked = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let Some(trace_id) = asked("request_id") else {
        return Err(MlflowError::new(
            ErrorCode::BadRequest,
            "Request must include the \"request_id\" query parameter.",
        ));
    };
    let Place { ctx, workspace, .. } = &place;
    let file = match asked("path") {
        Some(path) => {
            let path = artifact_path(path).map_err(|broken| MlflowError::invalid(broken.0))?;
            format!("attachments/{path}")
        }
        None => {
            if let Some(data) = trace::data(ctx, workspace, trace_id).await? {
                let mut response = data.into_response();
                let out = response.headers_mut();
                out.insert(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("application/octet-stream"),
                );
                out.insert(
                    header::CONTENT_DISPOSITION,
                    HeaderValue::from_static("attachment; filename=traces.json"),
                );
                out.insert(
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                );
                return Ok(response);
            }
            "traces.json".to_owned()
        }
    };
    let folder = trace::folder(ctx, workspace, trace_id).await?;
    let path = format!("{}/{file}", artifact::path_here(&folder)?);
    let found = download(ctx, workspace, &path, &headers).await;
    found.map_err(|error| match file.as_str() {
        "traces.json" if error.is(ErrorCode::ResourceDoesNotExist) => {
            MlflowError::new(ErrorCode::NotFound, "Trace data not found for path=traces.json")
        }
        _ => error,
    })
}
