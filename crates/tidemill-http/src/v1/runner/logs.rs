//! `POST /runner/logs`: bytes of a log.

use axum::Json;
use axum::extract::Query;
use bytes::Bytes;
use serde::Deserialize;
use tidemill_api::problem::Problem;
use tidemill_api::runner::{LOG_CHUNK_BYTES, LogAck};
use tidemill_app::{Error, runner};
use utoipa::IntoParams;

use crate::extract::Ctx;
use crate::problem::ApiError;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// Such as `user_logs/std_log.txt`.
    file: String,
    /// Where the bytes start in the file.
    offset: u64,
}

/// Send bytes of a log, from an offset on.
#[utoipa::path(post, path = "/runner/logs", operation_id = "runner_logs", tag = "runner", params(LogQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = OK, body = LogAck), (status = "default", body = Problem)))]
pub(super) async fn logs(
    Ctx(ctx): Ctx,
    Query(query): Query<LogQuery>,
    body: Bytes,
) -> Result<Json<LogAck>, ApiError> {
    if body.len() > LOG_CHUNK_BYTES {
        let message = format!(
            "failed to store a log: {} bytes at once, at most {LOG_CHUNK_BYTES} are taken",
            body.len()
        );
        return Err(Error::invalid(message).into());
    }
    Ok(Json(runner::log(&ctx, &query.file, query.offset, body).await?))
}
