//! `GET …/data/{name}/history`: what is kept of data over time, for any tool that reads CSV, JSON, Arrow or Parquet.

use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use tidemill_api::problem::Problem;
use tidemill_api::query::{QueryAnswer, QueryFormat};
use tidemill_app::history::{self, What};
use tidemill_app::query::How;

use super::answer;
use crate::extract::Ctx;
use crate::problem::ApiError;

/// What is asked.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `statistics` (the default), `validations` or `drift`.
    #[param(inline)]
    of: Option<Kept>,
    /// `json` (the default), `json_lines`, `csv`, `arrow` or `parquet`.
    #[param(inline)]
    format: Option<QueryFormat>,
    /// Rows at most; 100,000 for JSON.
    rows: Option<u64>,
}

/// What is kept.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    /// Statistics by version and column.
    Statistics,
    /// Expectations and what was found.
    Validations,
    /// Columns against those of the baseline.
    Drift,
}

/// The statistics of every version that was profiled (`asset`, `version`, `table`, `created_at`, `column`, `statistic`, `value`), or
/// what every validation found (`validated_at`, `baseline`, `passed`, `column`, `expected`, `found`, `met`, `level`, …), or
/// how each column differed from the baseline then (`verdict`, `psi`, `wasserstein`, `moved`, `windows`, `alarm`, …). The same rows
/// lie as Parquet files in the datastore `workspaceblobstore`, under `history/data/{name}/`.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/history", operation_id = "data_history_get", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), Asked),
    responses((status = OK, body = QueryAnswer), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(Asked { of, format, rows }): Query<Asked>,
) -> Result<Response, ApiError> {
    let what = match of {
        None | Some(Kept::Statistics) => What::Statistics,
        Some(Kept::Validations) => What::Validations,
        Some(Kept::Drift) => What::Drift,
    };
    let how = How {
        format: answer::format(format.unwrap_or_default()),
        rows: Some(rows.unwrap_or(100_000)),
        time: None,
    };
    Ok(answer::response(history::get(&ctx, &ws, &name, what, how).await?))
}
