//! `POST …/data:query`: SQL over versions of data.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use tidemill_api::problem::Problem;
use tidemill_api::query::{QueryAnswer, QueryRequest};
use tidemill_app::query::{self, Asked, How, Sample};

use super::answer;
use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Answer a query in SQL over versions of data that are tables. It reads and changes nothing: anything else than one SELECT,
/// WITH, VALUES, EXPLAIN, DESCRIBE or SHOW COLUMNS is refused. Memory, time and rows are bounded; what does not fit in memory
/// goes to disk where it can. When the client goes away, the query ends.
#[utoipa::path(post, path = "/workspaces/{ws}/data:query", operation_id = "data_query", tag = "data",
    params(("ws" = String, Path)),
    request_body = QueryRequest,
    responses((status = OK, body = QueryAnswer), (status = "default", body = Problem)))]
pub(super) async fn run(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(request): Body<QueryRequest>,
) -> Result<Response, ApiError> {
    let QueryRequest {
        sql,
        tables,
        format,
        rows,
        time_s,
        sample,
        seed,
        in_order,
    } = request;
    let asked = Asked {
        sql,
        tables,
        sample: sample.map(|rows| Sample {
            rows: usize::try_from(rows).unwrap_or(usize::MAX),
            seed: seed.unwrap_or(0),
        }),
        in_order: in_order || sample.is_some(),
        how: How {
            format: answer::format(format),
            rows,
            time: time_s.map(Duration::from_secs),
        },
    };
    Ok(answer::response(query::run(&ctx, &ws, asked).await?))
}
