//! `GET …/runs/{run}/metric-series`: a metric reduced for a chart.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::problem::Problem;
use tidemill_api::run::{MetricSeries, SeriesQuery};
use tidemill_app::metric;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// A metric of a run, reduced to a number of stretches: a chart of a million points needs a thousand.
#[utoipa::path(get, path = "/workspaces/{ws}/runs/{run}/metric-series", operation_id = "run_metric_series", tag = "run",
    params(("ws" = String, Path), ("run" = String, Path), SeriesQuery),
    responses((status = OK, body = MetricSeries), (status = "default", body = Problem)))]
pub(super) async fn metric_series(
    Ctx(ctx): Ctx,
    Path((ws, run)): Path<(String, String)>,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<MetricSeries>, ApiError> {
    Ok(Json(metric::series(&ctx, &ws, &run, query).await?))
}
