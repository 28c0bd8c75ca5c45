//! `GET …/data/{name}/validations`: what validations found over time, and the page of each.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_api::query::{DataAlarm, DataValidation};
use tidemill_app::data_validation::{self, Alarm, Stored};

use crate::bytes_out;
use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// What validations of a data asset found, the youngest first, by whoever asked for them: a person, or a step of a pipeline. What each
/// expected is in the asset's history (`of=validations`, `of=drift`).
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/validations", operation_id = "data_validation_list", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), PageQuery),
    responses((status = OK, body = List<DataValidation>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<DataValidation>>, ApiError> {
    let found = data_validation::list(&ctx, &ws, &name, &page(query)).await?;
    Ok(Json(List {
        items: found.items.into_iter().map(view).collect(),
        next: found.next,
    }))
}

/// The page of a validation: one file of HTML without scripts.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/validations/{id}/report", operation_id = "data_validation_report", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("id" = String, Path)),
    responses((status = OK, body = String, content_type = "text/html"), (status = "default", body = Problem)))]
pub(super) async fn report(
    Ctx(ctx): Ctx,
    Path((ws, name, id)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let file = data_validation::report(&ctx, &ws, &name, &id).await?;
    let mut response = bytes_out::stream("report.html", file.size_bytes, file.bytes);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    // It is this program's own page; its style stands in it, and nothing of it may run.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'"),
    );
    Ok(response)
}

fn view(row: Stored) -> DataValidation {
    let (drifted, alarms) = (
        data_validation::drifted_of(&row),
        data_validation::alarms_of(&row),
    );
    let Stored {
        id,
        workspace: _,
        asset: _,
        version,
        made_at: _,
        inside,
        at,
        principal,
        job,
        job_try: _,
        baseline,
        passed,
        errors,
        warnings,
        expected,
        compared,
        drifted: _,
        alarms: _,
    } = row;
    DataValidation {
        id,
        version,
        table: inside,
        validated_at: at,
        principal,
        job,
        baseline,
        passed,
        errors: errors as u64,
        warnings: warnings as u64,
        expectations: expected as u64,
        compared: compared as u64,
        drifted,
        alarms: alarms
            .into_iter()
            .map(
                |Alarm {
                     column,
                     windows,
                     since,
                 }| DataAlarm {
                    column,
                    windows: windows as u64,
                    since,
                },
            )
            .collect(),
    }
}
