//! Signed links to artifacts: asking for them, and following them.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::artifact::{
    AbortMultipartUpload, CompleteMultipartUpload, CreateMultipartUpload, MultipartUpload, PresignDownload,
    PresignUpload, PresignedDownload, PresignedUpload,
};
use tidemill_app::artifact_link::{self, Followed};
use tidemill_app::{Error, artifact};

use super::download::download;
use crate::Server;
use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::{Call, Place};
use crate::mlflow::error::MlflowError;

/// The address under which the client knows this server.
pub(super) fn base(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto")
        .filter(|scheme| *scheme == "https")
        .unwrap_or("http");
    format!("{scheme}://{}", text("host").unwrap_or("localhost"))
}

/// `POST artifacts/presigned-upload-url`
pub(super) async fn upload_url(headers: HeaderMap, call: Call<PresignUpload>) -> Result<PresignedUpload> {
    let Call {
        ctx,
        workspace,
        request,
    } = call;
    let link = artifact_link::upload(&ctx, &workspace, &base(&headers), request).await?;
    Ok(Answer(link))
}

/// `POST artifacts/presigned-download-url`
pub(super) async fn download_url(
    headers: HeaderMap,
    call: Call<PresignDownload>,
) -> Result<PresignedDownload> {
    let Call {
        ctx,
        workspace,
        request,
    } = call;
    let link = artifact_link::download(&ctx, &workspace, &base(&headers), request).await?;
    Ok(Answer(link))
}

/// `GET mlflow-artifacts/presigned/{path}`
pub(super) async fn presigned(headers: HeaderMap, place: Place) -> Result<Value> {
    let path = place.path("path");
    let link = artifact_link::download_path(&place.ctx, &place.workspace, &base(&headers), path).await?;
    Ok(Answer(json!({
        "url": link.presigned_url, "headers": link.headers, "file_size": link.file_size,
    })))
}

/// `POST mlflow-artifacts/mpu/create/{path}`
pub(super) async fn create(
    headers: HeaderMap,
    Path(params): Path<std::collections::HashMap<String, String>>,
    call: Call<CreateMultipartUpload>,
) -> Result<MultipartUpload> {
    let Call {
        ctx,
        workspace,
        request,
    } = call;
    let base = base(&headers);
    let begun = artifact_link::begin_parts(&ctx, &workspace, &base, folder(&params), request).await?;
    Ok(Answer(begun))
}

/// `POST mlflow-artifacts/mpu/complete/{path}`
pub(super) async fn complete(
    Path(params): Path<std::collections::HashMap<String, String>>,
    call: Call<CompleteMultipartUpload>,
) -> Result<Empty> {
    let Call {
        ctx,
        workspace,
        request,
    } = call;
    artifact_link::complete_parts(&ctx, &workspace, folder(&params), request).await?;
    Ok(Answer(Empty {}))
}

/// `POST mlflow-artifacts/mpu/abort/{path}`
pub(super) async fn abort(
    Path(params): Path<std::collections::HashMap<String, String>>,
    call: Call<AbortMultipartUpload>,
) -> Result<Empty> {
    let Call {
        ctx,
        workspace,
        request,
    } = call;
    let AbortMultipartUpload { path, upload_id } = request;
    artifact_link::abort_parts(&ctx, &workspace, folder(&params), &path, &upload_id).await?;
    Ok(Answer(Empty {}))
}

fn folder(params: &std::collections::HashMap<String, String>) -> &str {
    params.get("folder").map_or("", String::as_str)
}

type Parts = (String, String, i64, String, String);

/// `GET /artifact-links/…`: reads what the link lets read.
pub(super) async fn follow(
    State(server): State<Server>,
    Path((workspace, grant, until, signature, path)): Path<Parts>,
    headers: HeaderMap,
) -> std::result::Result<Response, MlflowError> {
    let ctx = server.app.system();
    let link = Followed {
        workspace: &workspace,
        grant: &grant,
        until,
        signature: &signature,
        path: &path,
    };
    artifact_link::may_read(&ctx, &link)?;
    download(&ctx, &workspace, &path, &headers).await
}

/// `PUT /artifact-links/…`: writes what the link lets write.
pub(super) async fn write(
    State(server): State<Server>,
    Path((workspace, grant, until, signature, path)): Path<Parts>,
    body: Body,
) -> std::result::Result<Response, MlflowError> {
    let ctx = server.app.system();
    let link = Followed {
        workspace: &workspace,
        grant: &grant,
        until,
        signature: &signature,
        path: &path,
    };
    let bytes = body.into_data_stream().map_err(artifact::broken_upload).boxed();
    let etag = artifact_link::write(&ctx, &link, bytes).await?;
    let etag = HeaderValue::from_str(&format!("\"{etag}\""))
        .map_err(|error| MlflowError::from(Error::internal(error)))?;
    Ok((StatusCode::OK, [(header::ETAG, etag)]).into_response())
}
