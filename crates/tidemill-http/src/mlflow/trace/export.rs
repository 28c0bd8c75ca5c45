//! `POST /v1/traces`: spans by OpenTelemetry's own protocol, as protobuf or JSON.

use std::io::Read;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tidemill_api::otlp::{from_json, from_proto};
use tidemill_app::trace::{ExportError, export as keep};

use crate::mlflow::call::Place;
use crate::mlflow::error::MlflowError;
use crate::router::BODY_LIMIT_BYTES;

pub(super) async fn export(place: Place, headers: HeaderMap, body: Bytes) -> Result<Response, Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(experiment_id) = text("x-mlflow-experiment-id") else {
        let missing = json!([{
            "type": "missing", "loc": ["header", "x-mlflow-experiment-id"], "msg": "Field required", "input": null,
        }]);
        return Err(detail(StatusCode::UNPROCESSABLE_ENTITY, missing));
    };
    let refuse = |why: &str| detail(StatusCode::BAD_REQUEST, why.into());
    let given = text("content-type");
    let kind = given.and_then(|kind| kind.split(';').next()).map(str::trim);
    let is_json = match kind {
        Some("application/json") => true,
        Some("application/x-protobuf") => false,
        _ => {
            return Err(refuse(&format!(
                "Invalid Content-Type: {}. Expected: application/x-protobuf or application/json",
                given.unwrap_or("None")
            )));
        }
    };
    let body = match text("content-encoding").map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "identity") => body,
        Some(encoding) => decompress(&body, encoding).map_err(|why| refuse(&why))?,
    };
    let read = if is_json {
        from_json(&body)
    } else {
        from_proto(&body)
    };
    let resources = read.map_err(|_| refuse("Invalid OpenTelemetry format"))?;
    if resources.is_empty() {
        return Err(refuse("Invalid OpenTelemetry format - no spans found"));
    }
    let run_id = text("x-mlflow-run-id");
    match keep(&place.ctx, &place.workspace, experiment_id, run_id, resources).await {
        Ok(()) if is_json => Ok(axum::Json(json!({})).into_response()),
        Ok(()) => {
            let kind = HeaderValue::from_static("application/x-protobuf");
            Ok(([(header::CONTENT_TYPE, kind)], Bytes::new()).into_response())
        }
        Err(ExportError::Unreadable) => Err(detail(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Cannot convert OpenTelemetry span to MLflow span".into(),
        )),
        Err(ExportError::Refused(error)) => Err(MlflowError::from(error).into_response()),
    }
}

/// An error as MLflow's server tells it here.
fn detail(status: StatusCode, detail: Value) -> Response {
    (status, axum::Json(json!({ "detail": detail }))).into_response()
}

/// Unpacks a body, which may not become larger than any other.
fn decompress(body: &[u8], encoding: &str) -> Result<Bytes, String> {
    let broken = || format!("Failed to decompress {encoding} payload");
    let mut unpacked = Vec::new();
    let limit = BODY_LIMIT_BYTES as u64 + 1;
    match encoding {
        "gzip" => flate2::read::GzDecoder::new(body)
            .take(limit)
            .read_to_end(&mut unpacked)
            .map_err(|_| broken())?,
        "deflate" => match flate2::read::ZlibDecoder::new(body)
            .take(limit)
            .read_to_end(&mut unpacked)
        {
            Ok(read) => read,
            Err(_) => {
                unpacked.clear();
                flate2::read::DeflateDecoder::new(body)
                    .take(limit)
                    .read_to_end(&mut unpacked)
                    .map_err(|_| broken())?
            }
        },
        other => return Err(format!("Unsupported Content-Encoding: {other}")),
    };
    if unpacked.len() > BODY_LIMIT_BYTES {
        return Err(format!(
            "failed to unpack the body: it is larger than {BODY_LIMIT_BYTES} bytes"
        ));
    }
    Ok(unpacked.into())
}
