//! `POST …/data:diff`: two versions of data, row by row.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use tidemill_api::problem::Problem;
use tidemill_api::query::{DiffRequest, QueryAnswer};
use tidemill_app::query::{self, How};

use super::answer;
use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Compare two versions of data row by row, by a key: the rows that were added, removed or changed, and in JSON a summary of
/// how many, and in which columns. It is bounded as a query is.
#[utoipa::path(post, path = "/workspaces/{ws}/data:diff", operation_id = "data_diff", tag = "data",
    params(("ws" = String, Path)),
    request_body = DiffRequest,
    responses((status = OK, body = QueryAnswer), (status = "default", body = Problem)))]
pub(super) async fn diff(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(request): Body<DiffRequest>,
) -> Result<Response, ApiError> {
    let DiffRequest {
        before,
        after,
        key,
        format,
        rows,
        time_s,
    } = request;
    let how = How {
        format: answer::format(format),
        rows,
        time: time_s.map(Duration::from_secs),
    };
    Ok(answer::response(
        query::diff(&ctx, &ws, before, after, key, how).await?,
    ))
}
