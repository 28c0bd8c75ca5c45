//! `…/models/{name}/versions/{version}/validations` and `…/models/{name}/validations`: a version held against what is asked.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use indexmap::IndexMap;
use serde_json::Value;
use tidemill_api::model_validation::{
    ModelValidation, ModelValidationListQuery, ModelValidationRequest, ModelValidations,
};
use tidemill_api::problem::Problem;
use tidemill_app::model_validation;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// The page needs its own styles and pictures, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Validate a version of a model on data: a job scores it, and what it says is held against what is asked. The version is a
/// number, or an alias, as in `@champion`.
#[utoipa::path(post, path = "/workspaces/{ws}/models/{name}/versions/{version}/validations", operation_id = "model_validation_create", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    request_body(content = ModelValidationRequest),
    responses((status = OK, body = ModelValidation), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Body(asked): Body<ModelValidationRequest>,
) -> Result<Json<ModelValidation>, ApiError> {
    let ModelValidationRequest { spec, data, champion } = asked;
    Ok(Json(view(
        model_validation::create(&ctx, &ws, &name, &version, spec, &data, champion).await?,
        true,
    )))
}

/// Validations of a model, newest first: the history of its metrics.
#[utoipa::path(get, path = "/workspaces/{ws}/models/{name}/validations", operation_id = "model_validation_list", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), ModelValidationListQuery),
    responses((status = OK, body = ModelValidations), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(asked): Query<ModelValidationListQuery>,
) -> Result<Json<ModelValidations>, ApiError> {
    let rows = model_validation::list(&ctx, &ws, &name, asked.version).await?;
    Ok(Json(ModelValidations {
        items: rows.into_iter().map(|row| view(row, false)).collect(),
    }))
}

/// One validation, with all that was found.
#[utoipa::path(get, path = "/workspaces/{ws}/models/{name}/validations/{id}", operation_id = "model_validation_get", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), ("id" = String, Path)),
    responses((status = OK, body = ModelValidation), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, id)): Path<(String, String, String)>,
) -> Result<Json<ModelValidation>, ApiError> {
    Ok(Json(view(
        model_validation::get(&ctx, &ws, &name, &id).await?,
        true,
    )))
}

/// The model report: one page of HTML with its pictures in it.
#[utoipa::path(get, path = "/workspaces/{ws}/models/{name}/validations/{id}/report", operation_id = "model_validation_report", tag = "model",
    params(("ws" = String, Path), ("name" = String, Path), ("id" = String, Path)),
    responses((status = OK, content_type = "text/html", body = String), (status = "default", body = Problem)))]
pub(super) async fn report(
    Ctx(ctx): Ctx,
    Path((ws, name, id)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let page = model_validation::report(&ctx, &ws, &name, &id).await?;
    let head = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    Ok((head, page).into_response())
}

fn view(row: model_validation::Row, whole: bool) -> ModelValidation {
    let model_validation::Row {
        id,
        workspace: _,
        name,
        version,
        digest,
        state,
        reason,
        job,
        data,
        champion,
        training,
        spec,
        result,
        report: _,
        created_by,
        created_at,
        ended_at,
    } = row;
    let result: Value = result
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let metrics: Option<IndexMap<String, f64>> = result
        .pointer("/figures/metrics")
        .and_then(|metrics| serde_json::from_value(metrics.clone()).ok());
    ModelValidation {
        id,
        model: name,
        version: match version {
            model_validation::UNREGISTERED => String::new(),
            version => version.to_string(),
        },
        digest,
        state,
        reason,
        job,
        data,
        champion,
        training,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        metrics: metrics.unwrap_or_default(),
        checks: result
            .get("checks")
            .cloned()
            .unwrap_or_else(|| Value::Array(Vec::new())),
        result: (whole && !result.is_null()).then_some(result),
        created_by,
        created_at,
        ended_at,
    }
}
