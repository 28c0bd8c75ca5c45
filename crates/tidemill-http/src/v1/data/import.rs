//! `POST /workspaces/{ws}/data-imports`: brings data in from a database or a web server, as a version.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use tidemill_api::asset::AssetVersion;
use tidemill_api::data_import::DataImportSpec;
use tidemill_api::problem::Problem;
use tidemill_app::data_import;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;
use crate::v1::asset::told;

/// Bring data in: rows of a SQL database become Parquet files, a file of a web server is copied, and a version names exactly these
/// bytes. With `Accept: text/event-stream` come the events `progress`, then `done` with the version, or `problem`. A client that goes
/// away stops it; the same request goes on where it ended.
#[utoipa::path(post, path = "/workspaces/{ws}/data-imports", operation_id = "data_import", tag = "data",
    params(("ws" = String, Path)),
    request_body = DataImportSpec,
    responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    headers: HeaderMap,
    Body(spec): Body<DataImportSpec>,
) -> Result<Response, ApiError> {
    told(&headers, |counter| async move {
        data_import::run(&ctx, &ws, spec, &*counter).await
    })
    .await
}
