//! `GET /workspaces/{ws}/jobs`: jobs, newest first.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::job::{Job, JobQuery};
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::job::{self, Status};
use tidemill_app::{Error, JobFilter};

use super::view;
use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Jobs, newest first; steps only when their parent is named.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs", operation_id = "job_list", tag = "job",
    params(("ws" = String, Path), JobQuery),
    responses((status = OK, body = List<Job>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<JobQuery>,
) -> Result<Json<List<Job>>, ApiError> {
    let JobQuery {
        parent,
        status,
        archived,
        limit,
        after,
    } = query;
    let status = match status {
        Some(word) => Some(
            word.parse::<Status>()
                .map_err(|()| Error::invalid(format!("failed to list jobs: `{word}` is no status")))?
                .as_str()
                .to_owned(),
        ),
        None => None,
    };
    let archived = match archived.as_deref() {
        None | Some("exclude") => Some(false),
        Some("only") => Some(true),
        Some("include") => None,
        Some(other) => {
            let message = format!("failed to list jobs: archived={other}: expected exclude, include or only");
            return Err(Error::invalid(message).into());
        }
    };
    let filter = JobFilter {
        parent,
        status,
        archived,
    };
    let rows = job::list(&ctx, &ws, &filter, &page(PageQuery { limit, after }))
        .await?
        .map(view::brief);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
