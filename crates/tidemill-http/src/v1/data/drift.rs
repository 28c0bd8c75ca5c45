//! `GET …/data/{name}/versions/{version}/drift`: how a version differs from its baseline.

use axum::Json;
use axum::extract::{Path, Query};
use serde::Deserialize;
use serde_json::Value;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, data_drift};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What is asked of the comparison.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The version to compare with, as `azureml:flights:1`; the one with the label `baseline` where it is not said.
    baseline: Option<String>,
    /// Where the table lies in data of several tables, such as `weather`.
    path: Option<String>,
    /// Compare dates, instants and rising keys too.
    #[serde(default)]
    time: bool,
    /// Fewer values give no verdict; 100 where nothing is said.
    min_values: Option<u64>,
    /// Look at all columns together, too: can a classifier tell the rows of the two tables apart?
    #[serde(default)]
    multivariate: bool,
    /// The column that a model is to learn: is it the same, given the other columns?
    target: Option<String>,
    /// The column with the predictions of a model: are its errors the same? Needs `target`.
    prediction: Option<String>,
}

/// How a version that is a table differs from another one, column by column, by all columns together, and of a target given the
/// rest: from what their profiles keep, so that each content is read once. `docs/data-profile.md` defines each field.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/versions/{version}/drift", operation_id = "data_drift_get", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path), Asked),
    responses((status = OK, body = Value), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, ApiError> {
    let Asked {
        baseline,
        path,
        time,
        min_values,
        multivariate,
        target,
        prediction,
    } = asked;
    if prediction.is_some() && target.is_none() {
        return Err(
            Error::invalid("failed to compare: `prediction` needs the `target` that it predicts").into(),
        );
    }
    let mut wanted = data_drift::Asked {
        baseline,
        path,
        multivariate,
        target,
        prediction,
        ..data_drift::Asked::default()
    };
    wanted.options.time = time;
    wanted.options.min_values = min_values.unwrap_or(wanted.options.min_values);
    let drift = data_drift::of_version(&ctx, &ws, &name, &version, wanted).await?;
    Ok(Json(serde_json::to_value(drift).map_err(Error::internal)?))
}
